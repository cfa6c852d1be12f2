/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "socket_error.h"
#include <errno.h>
#include <k8sdns/base/address.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/own_limits.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
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

/* By the message that came, or by the errno where the kernel itself gave up. */
static enum unreachable kind_of(const struct sock_extended_err *ee)
{
    if (ee->ee_origin == SO_EE_ORIGIN_ICMP)
        return unreachable_of_icmp(ee->ee_type, ee->ee_code);
    if (ee->ee_origin == SO_EE_ORIGIN_ICMP6)
        return unreachable_of_icmp6(ee->ee_type, ee->ee_code);
    return unreachable_of_errno((int)ee->ee_errno);
}

bool socket_error_next(int fd, struct socket_error *ret_error)
{
    char control[512];
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
    ret_error->kind = UNREACHABLE_OTHER;
    ret_error->own = false;
    ret_error->from[0] = 0;
    ret_error->returned_len = (size_t)n;
    snprintf(ret_error->text, sizeof(ret_error->text), "cannot be reached");
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        struct sock_extended_err *ee;
        struct address offender = {0};

        if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
            !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
            continue;
        ee = (struct sock_extended_err *)CMSG_DATA(c);
        ret_error->kind = kind_of(ee);
        if (ee->ee_origin != SO_EE_ORIGIN_LOCAL && address_from_sockaddr(SO_EE_OFFENDER(ee), &offender) == 0)
            address_format(&offender, ret_error->from, sizeof(ret_error->from));
        ret_error->own = ee->ee_origin == SO_EE_ORIGIN_LOCAL;
        if (!ret_error->from[0])
            snprintf(ret_error->text, sizeof(ret_error->text), "cannot be reached: %s",
                     strerror((int)ee->ee_errno));
        else if (ret_error->kind == UNREACHABLE_OTHER)
            snprintf(ret_error->text, sizeof(ret_error->text), "ICMP type %u, code %u (%s) from %s",
                     ee->ee_type, ee->ee_code, strerror((int)ee->ee_errno), ret_error->from);
        else
            snprintf(ret_error->text, sizeof(ret_error->text), "ICMP %s from %s",
                     unreachable_phrase(ret_error->kind), ret_error->from);
    }
    return true;
}

void socket_error_of_send(int errno_code, struct socket_error *ret_error)
{
    ret_error->status =
        errno_code == EPERM || own_limits_are_met(errno_code) ? PROBE_ERROR : PROBE_UNREACHABLE;
    ret_error->kind = (int)unreachable_of_errno(errno_code);
    ret_error->returned_len = 0;
    ret_error->own = errno_code != ECONNREFUSED; /* that is an earlier ICMP error */
    ret_error->from[0] = 0;
    if (errno_code == EPERM)
        snprintf(ret_error->text, sizeof(ret_error->text), "%s (EPERM)",
                 unreachable_phrase(UNREACHABLE_LOCAL_RULE));
    else
        snprintf(ret_error->text, sizeof(ret_error->text), "cannot send: %s", strerror(errno_code));
}
