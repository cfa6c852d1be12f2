/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DROPS_FACTS_H
#define K8SDNS_MODEL_DROPS_FACTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/model/tracing/drop_place.h>

/* Both ends of a packet. */
struct drop_ends_facts {
    const char *src, *dst;
    uint64_t src_port, dst_port;
};
extern const struct shape drop_ends_facts_shape;

/* One DNS packet that the kernel threw away. */
struct drop_facts {
    const char *time;     /* RFC 3339, UTC */
    const char *reason;   /* the kernel's own word: "NETFILTER_DROP"; NULL on kernels before 5.17 */
    const char *function; /* of the kernel; NULL where it gives no names */
    int cause;            /* enum drop_cause */
    int sure;             /* 1: the stack or a probe shows it; 0: concluded */
    int hook;             /* enum drop_hook, or -1 */
    const char *table, *chain;
    struct drop_ends_facts ends;                    /* as it was when it was dropped */
    struct drop_ends_facts *before_nat, *after_nat; /* NULL where its addresses were not translated */
    const char *transport;                          /* "udp", "tcp" */
    int answer;                                     /* 1: an answer, 0: a question, -1: not read */
    uint64_t id;
    const char *name, *type;
    const char *netns;                     /* its inode */
    const char *pod, *pod_uid, *container; /* whose namespace it is */
    const char *process;                   /* "comm[pid]": who sent it, or was to receive it */
    const char **stack;
    size_t stack_count;
};
extern const struct shape drop_facts_shape;

/* Drops that are alike. */
struct drop_kind_facts {
    const char *reason, *function;
    int cause, sure, hook;
    const char *table, *chain;
    uint64_t count;
    struct drop_facts *example; /* NULL when no event of it came through */
    const char **transports;    /* of the events that came through, each once: "udp", "tcp" */
    size_t transports_count;
    const char **servers; /* likewise: addresses of both a Service and its backend, at most 64 a transport */
    size_t servers_count;
    int has_more_servers; /* 1: than these, 0: no, -1: no event of it came through */
};
extern const struct shape drop_kind_facts_shape;

/* A place in the kernel that was to be watched. */
struct drop_probe_facts {
    const char *where, *tells;
    const char *why; /* it is not attached; NULL: it is */
};
extern const struct shape drop_probe_facts_shape;

/* `data` of drops when it ends; while it runs there is a struct drop_facts a line. The counts are whole even
 * where events were left out. */
struct drops_facts {
    double seconds;
    uint64_t drops;
    uint64_t fragments;     /* later fragments of UDP and TCP: no ports, so perhaps DNS */
    uint64_t lost, unshown; /* events with no room in the buffer; over the rate that is shown */
    uint64_t uncounted;     /* drops counted by reason and place alone: too many clients and names */
    struct drop_kind_facts *kinds;
    size_t kinds_count;
    struct shape_tally *reasons, *hooks, *names, *clients;
    size_t reasons_count, hooks_count, names_count, clients_count;
    struct drop_probe_facts *probes;
    size_t probes_count;
};
extern const struct shape drops_facts_shape;

#endif
