/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_DROP_TRACE_H
#define K8SDNS_SOURCE_DROP_TRACE_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/tracing/drops_facts.h>
#include <stddef.h>
#include <stdint.h>

/* DNS packets that the kernel throws away, seen by programs in it. Whoever asks only in part gets it counted
 * in part: all filters but the name's work in the kernel. */
#define DROP_TRACE_PORTS_MAX   8
#define DROP_TRACE_FILTERS_MAX 64

struct drop_trace_options {
    const uint16_t *ports; /* what counts as DNS, at either end */
    size_t ports_count;
    const uint32_t *namespaces; /* inodes; none: all */
    size_t namespaces_count;
    const struct address *clients; /* none: all */
    size_t clients_count;
    const char **reasons; /* the kernel's words, with or without SKB_DROP_REASON_; none: all */
    size_t reasons_count;
    const char **names; /* a name, and all below it; none: all */
    size_t names_count;
    uint64_t rate;       /* events a second and CPU; 0: all */
    uint32_t ring_bytes; /* for events that wait: a power of two, and pages; 0: the usual 4 MiB */
    bool own;            /* only what this process asked, or was to be answered, from now on */
};

struct drop_trace;

/*
 * Put the programs into the kernel. Return 0 and the trace, or a negative errno with a message: kind
 * ERR_UNOBSERVED where privileges or kernel features are missing, ERR_USAGE for a reason that this kernel
 * does not know. Free it with drop_trace_free(), which takes all out again; so does the end of the process,
 * however it comes.
 */
int drop_trace_new(const struct drop_trace_options *options, struct drop_trace **ret_trace,
                   struct err *err) MUST_USE;
void drop_trace_free(struct drop_trace *trace);

/*
 * Wait for events, up to `timeout_ms`, and give each to `each`, with memory that lasts until it returns; it
 * ends the poll by returning anything but 0. Return what it returned last, or 0.
 */
int drop_trace_poll(struct drop_trace *trace, int timeout_ms,
                    int (*each)(void *user, struct arena *arena, const struct drop_facts *drop), void *user);

/* Fill everything but `events`. */
void drop_trace_summary(struct drop_trace *trace, struct arena *arena, struct drops_facts *ret);

#endif
