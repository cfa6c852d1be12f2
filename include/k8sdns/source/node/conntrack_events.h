/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_CONNTRACK_EVENTS_H
#define K8SDNS_SOURCE_CONNTRACK_EVENTS_H

#include <k8sdns/base/err.h>
#include <k8sdns/wire/node/conntrack_message.h>
#include <stddef.h>

/*
 * Entries of this network namespace as they are made, change and end. It takes CAP_NET_ADMIN. What is not of
 * the port, or neither UDP nor TCP, is left out in the kernel. Source: Linux
 * net/netfilter/nf_conntrack_netlink.c, netlink(7).
 *
 * Not everything is an event: a packet dropped before its entry is confirmed makes none, nor does a packet of
 * an entry that is there; the end of an entry comes up to 90 s after it expires. With nf_conntrack_events=2
 * (the default from Linux 6.0 on) an entry that is older than the listener has none.
 */
struct conntrack_events;

struct conntrack_events_options {
    uint16_t port;      /* of the original destination */
    size_t buffer_size; /* bytes of events that may wait to be read; about 1,300 each */
};

/*
 * Return 0 and what is to be closed, or a negative errno with a message (kind ERR_UNOBSERVED): -EPERM without
 * CAP_NET_ADMIN, -ENOENT where the kernel has no such events, -ENODATA where nf_conntrack_events is 0.
 */
int conntrack_events_open(const struct conntrack_events_options *options,
                          struct conntrack_events **ret_events, struct err *err) MUST_USE;
void conntrack_events_close(struct conntrack_events *events);

/* To wait for, readable when there are events. */
int conntrack_events_fd(const struct conntrack_events *events);

/*
 * Give what has come by now to `each`, at most some dozens; never wait. Return how many, 0 when there are no
 * more; -ENOBUFS when events were lost before what comes next, since they came faster than they were read; or
 * another negative errno.
 */
int conntrack_events_read(struct conntrack_events *events,
                          void (*each)(void *user, enum conntrack_change change,
                                       const struct conntrack_entry *entry),
                          void *user) MUST_USE;

struct conntrack_events_state {
    uint64_t overruns;  /* how often events were lost */
    uint64_t lost;      /* how many; unset where the kernel does not say */
    uint64_t damaged;   /* messages that could not be read */
    size_t buffer_size; /* as the kernel gave it */
    bool library; /* libnetfilter_conntrack reads them; else what is built in, where this image has none */
};
void conntrack_events_state(const struct conntrack_events *events, struct conntrack_events_state *ret_state);

#endif
