/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket hooks of c-ares.
 *
 * UDP sockets are not connected, so that an answer from a wrong address is seen; IP_RECVERR brings the ICMP
 * errors all the same. The kernel stamps what it receives. Sources: ip(7), socket(7), Linux
 * include/uapi/linux/errqueue.h.
 */
#include "prober_run.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/wire/dns_message.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* A kernel that would give only used ports for so long has none left. */
#define BIND_TRIES 200

static int is_udp(int fd)
{
    int type = 0;
    socklen_t len = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM;
}

/* Why a bind to a chosen port failed, for the whole run. */
static int bind_failed(struct run_state *run, unsigned port, int errno_code)
{
    if (run->failed)
        return run->failed;
    if (errno_code == EACCES)
        run->failed = err_set(run->err, ERR_UNOBSERVED, errno_code,
                              "source port %u takes CAP_NET_BIND_SERVICE; choose one from 1024 on", port);
    else
        run->failed =
            err_set_errno(run->err, ERR_UNOBSERVED, errno_code, "cannot bind to source port %u", port);
    event_base_loopbreak(run->base);
    return run->failed;
}

int prober_bind(struct group *group, int fd)
{
    struct run_state *run = group->run;
    struct address any = {.family = group->target->where.family};
    struct sockaddr_storage sa;
    socklen_t len;
    size_t mark;

    if (run->next_port) {
        if (run->next_port > 65535)
            return bind_failed(run, 65535, EADDRNOTAVAIL);
        any.port = (uint16_t)run->next_port++;
    }
    len = address_to_sockaddr(&any, &sa);
    if (bind(fd, (struct sockaddr *)&sa, len) < 0)
        return any.port ? bind_failed(run, any.port, errno) : -errno;
    len = sizeof(sa);
    if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0 ||
        address_from_sockaddr((struct sockaddr *)&sa, &any) < 0)
        return -errno;
    mark = run->options->first_target + group->target_index + 1;
    if (run->port_targets[any.port] && run->port_targets[any.port] != mark)
        return -EADDRINUSE; /* used towards another target in this run */
    run->port_targets[any.port] = (uint16_t)mark;
    return any.port;
}

static void set_flag(int fd, int level, int name)
{
    int on = 1;

    /* Each is a refinement: without it the report is coarser, not wrong. */
    (void)!setsockopt(fd, level, name, &on, sizeof(on));
}

static ares_socket_t hook_socket(int family, int type, int protocol, void *user)
{
    struct group *group = user;
    int port = -EADDRINUSE, fd = -1;

    for (int i = 0; i < BIND_TRIES && port == -EADDRINUSE && !group->run->failed; i++) {
        if (fd >= 0)
            close(fd);
        fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
        if (fd < 0)
            return ARES_SOCKET_BAD;
        port = prober_bind(group, fd);
    }
    if (port < 0) {
        close(fd);
        errno = -port;
        return ARES_SOCKET_BAD;
    }
    if (is_udp(fd)) {
        group->udp_port = (uint16_t)port;
        set_flag(fd, SOL_SOCKET, SO_TIMESTAMPNS);
        if (family == AF_INET6)
            set_flag(fd, IPPROTO_IPV6, IPV6_RECVERR);
        else
            set_flag(fd, IPPROTO_IP, IP_RECVERR);
    } else {
        group->tcp_port = (uint16_t)port;
    }
    return fd;
}

static int hook_close(ares_socket_t fd, void *user)
{
    (void)user;
    return close(fd);
}

static int hook_connect(ares_socket_t fd, const struct sockaddr *sa, ares_socklen_t len, void *user)
{
    struct group *group = user;
    int r;

    if (is_udp(fd))
        return 0;
    r = connect(fd, sa, len);
    if (r < 0 && errno != EINPROGRESS)
        group->tcp_errno = errno;
    return r;
}

static const char *icmp_words(const struct sock_extended_err *ee)
{
    static const char *const v4[] = {
        [ICMP_NET_UNREACH] = "network unreachable",   [ICMP_HOST_UNREACH] = "host unreachable",
        [ICMP_PROT_UNREACH] = "protocol unreachable", [ICMP_PORT_UNREACH] = "port unreachable",
        [ICMP_FRAG_NEEDED] = "fragmentation needed",  [ICMP_NET_ANO] = "network prohibited",
        [ICMP_HOST_ANO] = "host prohibited",          [ICMP_PKT_FILTERED] = "administratively prohibited",
    };
    static const char *const v6[] = {"no route", "administratively prohibited", "beyond scope",
                                     "host unreachable", "port unreachable"};

    if (ee->ee_origin == SO_EE_ORIGIN_ICMP && ee->ee_type == ICMP_DEST_UNREACH &&
        ee->ee_code < sizeof(v4) / sizeof(v4[0]) && v4[ee->ee_code])
        return v4[ee->ee_code];
    if (ee->ee_origin == SO_EE_ORIGIN_ICMP && ee->ee_type == ICMP_TIME_EXCEEDED)
        return "time exceeded (a routing loop?)";
    if (ee->ee_origin == SO_EE_ORIGIN_ICMP6 && ee->ee_type == ICMP6_DST_UNREACH &&
        ee->ee_code < sizeof(v6) / sizeof(v6[0]))
        return v6[ee->ee_code];
    if (ee->ee_origin == SO_EE_ORIGIN_ICMP6 && ee->ee_type == ICMP6_PACKET_TOO_BIG)
        return "packet too big";
    return strerror((int)ee->ee_errno);
}

/* Read the error queue: each error closes the questions of this socket that wait. Return how many there were.
 */
static int read_errors(struct group *group, int fd)
{
    int errors = 0;

    for (;;) {
        char control[512], detail[160], who[ADDRESS_TEXT];
        uint8_t returned[64];
        struct sockaddr_storage to;
        struct iovec iov = {returned, sizeof(returned)};
        struct msghdr msg = {.msg_name = &to,
                             .msg_namelen = sizeof(to),
                             .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};

        if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return errors;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
            struct sock_extended_err *ee;
            struct address offender = {0};

            if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
                !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
                continue;
            ee = (struct sock_extended_err *)CMSG_DATA(c);
            errors++;
            if (ee->ee_origin == SO_EE_ORIGIN_LOCAL ||
                address_from_sockaddr(SO_EE_OFFENDER(ee), &offender) < 0)
                snprintf(detail, sizeof(detail), "cannot be reached: %s", strerror((int)ee->ee_errno));
            else
                snprintf(detail, sizeof(detail), "ICMP %s from %s", icmp_words(ee),
                         address_format(&offender, who, sizeof(who)));
            for (size_t i = 0; i < group->questions_count; i++)
                if (group->questions[i].facts.transport == TRANSPORT_UDP)
                    question_failed(group, &group->questions[i], PROBE_UNREACHABLE, detail);
        }
    }
}

/* The question that a UDP query on its way out asks: by its type, which is unique in a group. */
static struct question *question_of(struct group *group, const struct iovec *iov, int iovcnt)
{
    const uint8_t *bytes = iov[0].iov_base;
    size_t at = 12, len = iov[0].iov_len;

    if (iovcnt != 1)
        return NULL;
    while (at < len && bytes[at])
        at += 1 + (size_t)bytes[at];
    if (at + 4 >= len)
        return NULL;
    for (size_t i = 0; i < group->questions_count; i++) {
        struct question *q = &group->questions[i];

        if (q->facts.transport == TRANSPORT_UDP && q->type == (bytes[at + 1] << 8 | bytes[at + 2]))
            return q;
    }
    return NULL;
}

static void send_failed(struct group *group, struct question *q, int errno_code)
{
    char detail[160];

    if (errno_code == EPERM)
        snprintf(detail, sizeof(detail), "a rule of this namespace forbids to send there (EPERM)");
    else
        snprintf(detail, sizeof(detail), "cannot send: %s", strerror(errno_code));
    if (q)
        question_failed(group, q, errno_code == EPERM ? PROBE_ERROR : PROBE_UNREACHABLE, detail);
}

static ares_ssize_t hook_send(ares_socket_t fd, const struct iovec *iov, int iovcnt, void *user)
{
    struct group *group = user;
    struct sockaddr_storage sa;
    struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)iovcnt};
    struct question *q;
    ssize_t n;
    int code;

    if (!is_udp(fd)) {
        n = writev(fd, iov, iovcnt);
        if (n < 0 && errno != EAGAIN)
            group->tcp_errno = errno;
        return n;
    }
    msg.msg_name = &sa;
    msg.msg_namelen = address_to_sockaddr(&group->target->where, &sa);
    q = question_of(group, iov, iovcnt);
    if (q && q->tries) {
        const uint8_t *bytes = iov[0].iov_base;

        /* Newer c-ares writes an id of its own into what it is given. */
        q->ids[q->tries - 1] = (uint16_t)(bytes[0] << 8 | bytes[1]);
        q->sent_mono_ns = clock_monotonic_ns();
        q->sent_real_ns = clock_realtime_ns();
    }
    n = sendmsg(fd, &msg, MSG_NOSIGNAL);
    code = errno;
    /* What is reported here may be the ICMP error to an earlier query: then this one has not been sent. */
    if (n < 0 && read_errors(group, fd) > 0) {
        n = sendmsg(fd, &msg, MSG_NOSIGNAL);
        code = errno;
    }
    if (n < 0) {
        send_failed(group, q, code);
        n = (ssize_t)iov[0].iov_len; /* c-ares has no say in what comes of it */
    }
    return n;
}

static uint64_t stamp_ns(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        struct timespec ts;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&ts, CMSG_DATA(c), sizeof(ts));
        return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
    }
    return clock_realtime_ns();
}

static ares_ssize_t hook_recv(ares_socket_t fd, void *data, size_t size, int flags, struct sockaddr *from,
                              ares_socklen_t *from_len, void *user)
{
    struct group *group = user;
    ssize_t n;

    if (!is_udp(fd)) {
        n = recvfrom(fd, data, size, flags, from, from_len);
        if (n < 0 && errno != EAGAIN)
            group->tcp_errno = errno;
        return n;
    }
    for (;;) {
        char control[256];
        struct sockaddr_storage sa;
        struct iovec iov = {group->run->buffer, DNS_MESSAGE_MAX};
        struct msghdr msg = {.msg_name = &sa,
                             .msg_namelen = sizeof(sa),
                             .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
        struct address where;

        n = recvmsg(fd, &msg, MSG_DONTWAIT);
        if (n < 0) {
            if (read_errors(group, fd) > 0)
                continue;
            /* Errors are told by the queue; c-ares only hears that there is nothing to read. */
            errno = EAGAIN;
            return -1;
        }
        if (address_from_sockaddr((struct sockaddr *)&sa, &where) < 0 ||
            !datagram_judge(group, group->run->buffer, (size_t)n, &where, stamp_ns(&msg),
                            clock_monotonic_ns()))
            continue;
        /* c-ares may now forget the query; its own buffer can be smaller than the answer. */
        if ((size_t)n > size)
            n = (ssize_t)size;
        memcpy(data, group->run->buffer, (size_t)n);
        if (from && from_len) {
            if (*from_len > msg.msg_namelen)
                *from_len = msg.msg_namelen;
            memcpy(from, &sa, *from_len);
        }
        return n;
    }
}

const struct ares_socket_functions *prober_socket_functions(void)
{
    static const struct ares_socket_functions functions = {hook_socket, hook_close, hook_connect, hook_recv,
                                                           hook_send};

    return &functions;
}
