/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of a group: its one of UDP, and the hooks of c-ares for TCP.
 *
 * UDP sockets are not connected, so that an answer from a wrong address is seen; what the kernel tells
 * besides is socket_watch()'s.
 */
#include "prober_run.h"
#include "socket_error.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/own_limits.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* A kernel that would give only used ports for so long has none left. */
#define BIND_TRIES 200

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
    mark = (run->options->target_numbers ? run->options->target_numbers[group->target_index]
                                         : run->options->first_target + group->target_index) +
           1;
    if (run->port_targets[any.port] && run->port_targets[any.port] != mark)
        return -EADDRINUSE; /* used towards another target in this run */
    run->port_targets[any.port] = (uint16_t)mark;
    return any.port;
}

/* A bound socket, or a negative errno. */
static int open_socket(struct group *group, int family, int type, int *ret_port)
{
    int port = -EADDRINUSE, fd = -1;

    for (int i = 0; i < BIND_TRIES && port == -EADDRINUSE && !group->run->failed; i++) {
        if (fd >= 0)
            close(fd);
        fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return -errno;
        port = prober_bind(group, fd);
    }
    if (port < 0) {
        if (fd >= 0)
            close(fd);
        return port;
    }
    *ret_port = port;
    return fd;
}

static void question_unreachable(struct group *group, struct question *q, const struct socket_error *error)
{
    if (q->open) {
        q->facts.unreachable = error->kind;
        q->facts.own_kernel = error->own;
        q->facts.reported_by = *error->from ? arena_text(group->run->arena, error->from) : NULL;
    }
    question_failed(group, q, error->status, error->text);
}

/* Each error closes the questions of this socket that wait. Return how many there were. */
static int read_errors(struct group *group)
{
    struct socket_error error;
    int errors = 0;

    for (; group->udp >= 0 && socket_error_next(group->udp, &error); errors++)
        for (size_t i = 0; i < group->questions_count; i++)
            if (group->questions[i].facts.transport == TRANSPORT_UDP)
                question_unreachable(group, &group->questions[i], &error);
    return errors;
}

/* Take all that has come over UDP, answers and errors. */
void prober_receive(struct group *group)
{
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
        ssize_t n = group->udp < 0 ? -1 : recvmsg(group->udp, &msg, MSG_DONTWAIT);

        if (n < 0 && read_errors(group) == 0)
            return;
        if (n >= 0 && address_from_sockaddr((struct sockaddr *)&sa, &where) >= 0)
            datagram_judge(group, group->run->buffer, (size_t)n, &where, socket_stamp_ns(&msg),
                           clock_monotonic_ns());
    }
}

/* Return 0 or a negative errno. */
static int open_udp(struct group *group)
{
    int port, fd = open_socket(group, group->target->where.family, SOCK_DGRAM, &port);

    if (fd < 0)
        return fd;
    group->udp = fd;
    group->udp_port = (uint16_t)port;
    socket_watch(fd, group->target->where.family);
    return 0;
}

int prober_reserve(struct group *group)
{
    struct run_state *run = group->run;
    int r, port;

    if (run->options->tcp)
        r = group->reserved = open_socket(group, group->target->where.family, SOCK_STREAM, &port);
    else
        r = open_udp(group);
    if (r >= 0)
        return 0;
    if (run->failed)
        return run->failed;
    if (!own_limits_are_met(-r))
        return 0;
    run->own_errno = -r;
    return -EAGAIN;
}

int prober_no_socket(struct group *group)
{
    struct run_state *run = group->run;

    if (run->failed)
        return run->failed;
    if (run->own_errno == EADDRINUSE)
        run->failed = err_set(run->err, ERR_UNOBSERVED, EADDRINUSE,
                              "cannot ask %s: no source port is free; see net.ipv4.ip_local_port_range",
                              group->target->id);
    else
        run->failed = err_set_errno(run->err, ERR_UNOBSERVED, run->own_errno,
                                    "cannot ask %s: no socket can be opened here", group->target->id);
    event_base_loopbreak(run->base);
    return run->failed;
}

/* Where it is for want of what this machine has: end the run. Return its error, 0 for another cause. */
static int no_room(struct group *group, int errno_code)
{
    if (!own_limits_are_met(errno_code))
        return 0;
    group->run->own_errno = errno_code;
    return prober_no_socket(group);
}

void prober_send(struct group *group, struct question *q, const uint8_t *bytes, size_t len)
{
    struct sockaddr_storage sa;
    socklen_t sa_len = address_to_sockaddr(&group->target->where, &sa);
    struct socket_error error;
    ssize_t n;
    int code;

    if (group->udp < 0 && (code = open_udp(group)) < 0) {
        if (no_room(group, -code) == 0)
            question_failed(group, q, PROBE_ERROR, "no socket could be opened for it");
        return;
    }
    q->sent = clock_stamp_now();
    n = sendto(group->udp, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&sa, sa_len);
    code = errno;
    /* What is reported here may be the ICMP error to an earlier query: then this one has not been sent. */
    if (n < 0 && read_errors(group) > 0) {
        n = sendto(group->udp, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&sa, sa_len);
        code = errno;
    }
    if (n < 0) {
        socket_error_of_send(code, &error);
        question_unreachable(group, q, &error);
    }
}

/* The port that a socket is bound to. */
static int port_of(int fd)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    struct address where;

    return getsockname(fd, (struct sockaddr *)&sa, &len) == 0 &&
                   address_from_sockaddr((struct sockaddr *)&sa, &where) == 0
               ? where.port
               : 0;
}

static ares_socket_t hook_socket(int family, int type, int protocol, void *user)
{
    struct group *group = user;
    int fd = group->reserved, port = 0;

    (void)protocol;
    group->reserved = -1;
    if (fd >= 0)
        port = port_of(fd);
    else
        fd = open_socket(group, family, type, &port);
    if (fd < 0) {
        (void)no_room(group, -fd);
        errno = -fd;
        return ARES_SOCKET_BAD;
    }
    group->tcp_port = (uint16_t)port;
    stream_end(group);
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
    int r = connect(fd, sa, len);

    if (r < 0 && errno != EINPROGRESS)
        group->tcp_errno = errno;
    return r;
}

static ares_ssize_t hook_send(ares_socket_t fd, const struct iovec *iov, int iovcnt, void *user)
{
    struct group *group = user;
    ssize_t n = writev(fd, iov, iovcnt);

    if (n > 0)
        stream_sent(group, iov, iovcnt);
    if (n < 0 && errno != EAGAIN)
        group->tcp_errno = errno;
    return n;
}

static ares_ssize_t hook_recv(ares_socket_t fd, void *data, size_t size, int flags, struct sockaddr *from,
                              ares_socklen_t *from_len, void *user)
{
    struct group *group = user;
    ssize_t n = recvfrom(fd, data, size, flags, from, from_len);

    if (n > 0)
        stream_received(group, data, (size_t)n);
    if (n < 0 && errno != EAGAIN)
        group->tcp_errno = errno;
    return n;
}

const struct ares_socket_functions *prober_socket_functions(void)
{
    static const struct ares_socket_functions functions = {hook_socket, hook_close, hook_connect, hook_recv,
                                                           hook_send};

    return &functions;
}
