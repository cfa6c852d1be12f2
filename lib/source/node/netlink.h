/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_NETLINK_H
#define K8SDNS_SOURCE_NETLINK_H

#include <k8sdns/base/err.h>
#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

/* Questions to the kernel over one netlink socket, one after another. Source: netlink(7). */
struct netlink {
    struct mnl_socket *socket;
    char *buffer;
    unsigned sequence;
    uint64_t left_ns; /* that its answers may still take */
};

/* `bus` is NETLINK_NETFILTER, NETLINK_ROUTE, ... Return 0 or a negative errno; close it in either case. */
int netlink_open(struct netlink *netlink, int bus) MUST_USE;
void netlink_close(struct netlink *netlink);

/*
 * Begin a question: its type, flags besides NLM_F_REQUEST, and the header of its family, which is copied.
 * Attributes may be put behind it. It lies in the buffer, so there is one at a time.
 */
struct nlmsghdr *netlink_request(struct netlink *netlink, uint16_t type, uint16_t flags, const void *head,
                                 size_t head_len);

/*
 * Send it, and hand every message of the whole answer to `each`. Return 0 or a negative errno: what the
 * kernel answers, -ETIMEDOUT when the answer takes longer than there is time, or -EINTR when a dump is not
 * whole since what it shows has changed meanwhile.
 */
int netlink_exchange(struct netlink *netlink, struct nlmsghdr *message, mnl_cb_t each, void *user) MUST_USE;

#endif
