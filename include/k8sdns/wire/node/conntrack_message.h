/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_CONNTRACK_MESSAGE_H
#define K8SDNS_WIRE_CONNTRACK_MESSAGE_H

#include <k8sdns/base/address.h>
#include <stddef.h>

/*
 * What the kernel's connection tracking says by netlink: entries and counters.
 *
 * A message is a struct nfgenmsg (4 bytes: family, version, resource id) and attributes, each
 *
 *     | length (2) | type (2; upper two bits: nested, network order) | value, padded to 4 |
 *
 * in the machine's byte order, with values in network order. Source: Linux
 * include/uapi/linux/netfilter/nfnetlink_conntrack.h, nf_conntrack_common.h.
 */
#define CONNTRACK_UNSET UINT64_MAX

/* Source: Linux include/net/netfilter/nf_conntrack_labels.h, nf_conntrack_helper.h. */
#define CONNTRACK_LABELS_LEN 16
#define CONNTRACK_HELPER_LEN 16

/* What an event says of an entry. */
enum conntrack_change {
    CONNTRACK_NEW,
    CONNTRACK_UPDATE,
    CONNTRACK_DESTROY,
};

/* One entry, by its two tuples (conntrack(8): "original" and "reply"). */
struct conntrack_entry {
    struct address orig_src, orig_dst, reply_src, reply_dst;
    uint8_t protocol; /* IPPROTO_UDP, IPPROTO_TCP, ... */
    bool replied, assured;
    uint64_t timeout_s;                   /* until it expires; unset when not said */
    uint64_t orig_packets, reply_packets; /* unset unless nf_conntrack_acct is on */
    uint64_t started_ns, stopped_ns;      /* CLOCK_REALTIME; unset unless nf_conntrack_timestamp is on */
    uint32_t status;                      /* IPS_* of <linux/netfilter/nf_conntrack_common.h> */
    uint32_t mark, id;                    /* 0 when not said */
    uint16_t zone, orig_zone, reply_zone; /* of both directions, of one alone; 0 is the default zone */
    uint8_t labels[CONNTRACK_LABELS_LEN]; /* a set of bits, the lowest first */
    char helper[CONNTRACK_HELPER_LEN];    /* "" for none */
};

/*
 * Read an entry from the `len` bytes behind the netlink header. With `port` other than 0 only an entry of
 * UDP or TCP whose original destination has it is read whole; all others end at once.
 * Return 1 when `*ret_entry` is filled, 0 for another entry, or -EBADMSG when the bytes end early or lack a
 * tuple.
 */
int conntrack_entry_read(const uint8_t *bytes, size_t len, uint16_t port, struct conntrack_entry *ret_entry);

/* Counters of one CPU, or their sum; unset where the kernel does not have one. */
enum conntrack_counter {
    CONNTRACK_FOUND,
    CONNTRACK_INVALID,
    CONNTRACK_INSERT,
    CONNTRACK_INSERT_FAILED,
    CONNTRACK_DROP,
    CONNTRACK_EARLY_DROP,
    CONNTRACK_ERROR,
    CONNTRACK_SEARCH_RESTART,
    CONNTRACK_CLASH_RESOLVE,
    CONNTRACK_CHAIN_TOOLONG,
    CONNTRACK_COUNTERS,
};

struct conntrack_counters {
    uint64_t cpu; /* its number; unset for a sum */
    uint64_t values[CONNTRACK_COUNTERS];
};

/* Read the counters of one CPU. Return 0 or -EBADMSG. */
int conntrack_counters_read(const uint8_t *bytes, size_t len, struct conntrack_counters *ret_counters);

/* Read how many entries there are and may be. Return 0 or -EBADMSG; what is not said is unset. */
int conntrack_totals_read(const uint8_t *bytes, size_t len, uint64_t *ret_entries, uint64_t *ret_max);

/*
 * The same counters from the text of /proc/net/stat/nf_conntrack: a line of names, then one of hexadecimal
 * numbers for each CPU. Up to `max` of them are read; `*ret_entries` is what the table holds.
 * Return how many, or -EBADMSG when the first line is not of that file.
 */
int conntrack_proc_read(const char *text, struct conntrack_counters *ret_counters, size_t max,
                        uint64_t *ret_entries);

#endif
