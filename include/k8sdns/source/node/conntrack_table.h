/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_CONNTRACK_TABLE_H
#define K8SDNS_SOURCE_CONNTRACK_TABLE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/conntrack_facts.h>
#include <k8sdns/wire/node/conntrack_message.h>

/*
 * The connection tracking table of this network namespace, by netlink. Reading takes CAP_NET_ADMIN.
 * Source: Linux net/netfilter/nf_conntrack_netlink.c.
 */

/* How a dump went. */
struct conntrack_dump {
    uint64_t messages; /* entries that the kernel sent */
    uint64_t damaged;  /* of these, not to be read */
    bool filtered;     /* the kernel left out what is not of the port */
    bool ipv6;         /* IPv6 was looked through; not where this namespace can have no DNS over it */
    bool interrupted;  /* the table changed meanwhile: some may be missing or twice */
};

/*
 * Walk the UDP and TCP entries whose original destination has `port`, in one pass and constant memory, and
 * call `each` for every one. The kernel's own filter is used where it has one (it is tried, by family and
 * protocol).
 * Return 0, or a negative errno with a message: -EPERM without CAP_NET_ADMIN, -ENOENT where the kernel has no
 * such table.
 */
int conntrack_dump(uint16_t port, void (*each)(void *user, const struct conntrack_entry *entry), void *user,
                   struct conntrack_dump *ret_dump, struct err *err) MUST_USE;

/* Counters and fill. */
struct conntrack_table {
    uint64_t entries, max, buckets; /* unset where nothing says it */
    struct conntrack_counters sum, *cpus;
    size_t cpus_count;
    int how;                      /* enum table_interface */
    uint64_t port_low, port_high; /* ephemeral range of this namespace; unset when not to be seen */
};

/*
 * Read them by netlink, and what that does not allow from /proc. Return 0, or a negative errno with a message
 * when neither shows anything.
 */
int conntrack_table_read(struct arena *arena, struct conntrack_table *ret_table, struct err *err) MUST_USE;

#endif
