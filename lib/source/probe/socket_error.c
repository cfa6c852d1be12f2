/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "socket_error.h"
#include <errno.h>
#include <k8sdns/base/address.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/probe_facts.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

static void set_flag(int fd, int level, int name)
{
    int on = 1;

    (void)!setsockopt(fd, level, name, &on, sizeof(on));
}

void socket_watch(int fd, int family)
{
    set_flag(fd, SOL_SOCKET, SO_TIMESTAMPNS);
    if (family == AF_INET6)
        set_flag(fd, IPPROTO_IPV6, IPV6_RECVERR);
    else
        set_flag(fd, IPPROTO_IP, IP_RECVERR);
}

uint64_t socket_stamp_ns(struct msghdr *msg)
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

bool socket_error_next(int fd, struct socket_error *ret_error)
{
    char control[512], who[ADDRESS_TEXT];
    struct sockaddr_storage to;
    struct iovec iov = {ret_error->returned, sizeof(ret_error->returned)};
    struct msghdr msg = {.msg_name = &to,
                         .msg_namelen = sizeof(to),
                         .msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

    if (n < 0)
        return false;
    ret_error->status = PROBE_UNREACHABLE;
    ret_error->returned_len = (size_t)n;
    snprintf(ret_error->text, sizeof(ret_error->text), "cannot be reached");
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        struct sock_extended_err *ee;
        struct address offender = {0};

        if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
            !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
            continue;
        ee = (struct sock_extended_err *)CMSG_DATA(c);
        if (ee->ee_origin == SO_EE_ORIGIN_LOCAL || address_from_sockaddr(SO_EE_OFFENDER(ee), &offender) < 0)
            snprintf(ret_error->text, sizeof(ret_error->text), "cannot be reached: %s",
                     strerror((int)ee->ee_errno));
        else
            snprintf(ret_error->text, sizeof(ret_error->text), "ICMP %s from %s", icmp_words(ee),
                     address_format(&offender, who, sizeof(who)));
    }
    return true;
}

void socket_error_of_send(int errno_code, struct socket_error *ret_error)
{
    ret_error->status = errno_code == EPERM ? PROBE_ERROR : PROBE_UNREACHABLE;
    ret_error->returned_len = 0;
    if (errno_code == EPERM)
        snprintf(ret_error->text, sizeof(ret_error->text),
                 "a rule of this namespace forbids to send there (EPERM)");
    else
        snprintf(ret_error->text, sizeof(ret_error->text), "cannot send: %s", strerror(errno_code));
}
