/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SPAN_FACTS_H
#define K8SDNS_MODEL_SPAN_FACTS_H

#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>

/* A plugin, over all traces. Times add up its spans; `self` is without those of the plugins that it called.
 */
struct span_plugin_facts {
    const char *name;
    uint64_t count, total_us, self_us;
    double self_ratio; /* of the time of all */
    uint64_t max_self_us;
    uint64_t slow_self_us; /* within the slow traces */
    double slow_ratio;     /* of their time */
};
extern const struct shape span_plugin_facts_shape;

/* Queries with something in common: a name, a response code, a server. */
struct span_group_facts {
    const char *name;
    uint64_t count, failed; /* failed: with an error, or a panic */
    uint64_t total_us, max_us;
};
extern const struct shape span_group_facts_shape;

/* One span of a trace that is shown. */
struct span_node_facts {
    const char *name;
    uint64_t depth; /* 0 for a root */
    uint64_t at_us; /* since the trace began */
    uint64_t duration_us, self_us;
    const char *peer; /* the upstream of connect; NULL */
};
extern const struct shape span_node_facts_shape;

enum trace_outcome {
    TRACE_FINE,
    TRACE_SLOW,
    TRACE_ERROR, /* a plugin gave an error: the upstream failed, ... */
    TRACE_PANIC,
};
extern const char *const trace_outcome_names[];

struct trace_facts {
    const char *id;
    const char *time; /* it began, RFC 3339, UTC */
    int outcome;      /* enum trace_outcome */
    uint64_t duration_us;
    const char *name, *type, *rcode; /* NULL for a panic, of which nothing is known */
    const char *client, *server, *protocol;
    const char *error;
    const char *slowest_plugin; /* the one with the most time of its own */
    struct span_node_facts *spans;
    size_t spans_count;
};
extern const struct shape trace_facts_shape;

/* Who sent spans. */
struct span_sender_facts {
    const char *address;
    uint64_t posts, octets;
};
extern const struct shape span_sender_facts_shape;

struct spans_facts {
    int status;         /* enum health; -1: not judged */
    bool summary;       /* of the whole run; else of what came since the last */
    const char *source; /* the file, or the address that was listened at */
    uint64_t traces, spans;
    uint64_t foreign;    /* traces that are not of CoreDNS */
    uint64_t incomplete; /* traces whose root never came */
    uint64_t repeated;   /* spans that were there already: sent again */
    uint64_t malformed;  /* spans without an id */
    uint64_t dropped;    /* spans beyond the most that are held */
    uint64_t refused;    /* posts that could not be read */
    uint64_t panics, errors;
    double slow_ms; /* what counts as slow */
    uint64_t slow, slow_us;
    uint64_t p50_us, p90_us, p99_us, max_us; /* of traces */
    struct span_plugin_facts *plugins;       /* by their own time */
    size_t plugins_count;
    struct span_group_facts *rcodes, *names, *servers, *upstreams; /* by their time */
    size_t rcodes_count, names_count, servers_count, upstreams_count;
    uint64_t names_dropped; /* traces whose name is not among those kept */
    struct span_sender_facts *senders;
    size_t senders_count;
    struct trace_facts *slowest;
    size_t slowest_count;
    struct trace_facts *events; /* slow, failed or panicked since the last report */
    size_t events_count;
    uint64_t events_dropped;
};
extern const struct shape spans_facts_shape;

#endif
