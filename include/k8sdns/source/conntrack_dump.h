/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_CONNTRACK_DUMP_H
#define K8SDNS_SOURCE_CONNTRACK_DUMP_H

#include <k8sdns/base/address.h>
#include <stdbool.h>

/* One entry of the kernel's table, by its two tuples (conntrack(8), "original" and "reply"). */
struct conntrack_entry {
    struct address orig_src, orig_dst, reply_src, reply_dst;
    uint8_t protocol; /* IPPROTO_UDP, IPPROTO_TCP */
};

/*
 * Walk the connection tracking table of this network namespace, of one address family, in one pass and
 * constant memory, and call `each` for every UDP and TCP entry.
 * Return 0, or a negative errno with a message: -EPERM without CAP_NET_ADMIN, -EPROTONOSUPPORT or -ENOENT
 * where the kernel has no such table, -EINTR when the dump was cut short by changes and is not whole.
 * Source: Linux include/uapi/linux/netfilter/nfnetlink_conntrack.h.
 */
int conntrack_dump(uint8_t family, void (*each)(void *user, const struct conntrack_entry *entry), void *user,
                   struct err *err) MUST_USE;

#endif
