/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_AGENT_COUNTS_H
#define K8SDNS_MODEL_AGENT_COUNTS_H

#include <k8sdns/model/node/conntrack_flow_facts.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/model/tracing/drops_facts.h>
#include <k8sdns/model/tracing/traced_lookups_facts.h>

/*
 * What the agent of a node counts since it began, in memory and in label sets that do not grow: whoever
 * scrapes it pays for each label set, on every node. Pure; the page (render/agent) reads it.
 */
#define AGENT_SERVERS_MAX    6
#define AGENT_TYPES          2
#define AGENT_BOUNDS         8
#define AGENT_SPACES_MAX     6
#define AGENT_SPACE_TEXT     64 /* a label of DNS and the NUL, as namespaces are */
#define AGENT_DROP_KINDS_MAX 8
#define AGENT_BACKENDS_MAX   5
#define AGENT_DROP_TEXT      48

/* What came of one query. The words are pinned. */
enum agent_result {
    AGENT_ANSWER,
    AGENT_NEGATIVE, /* NXDOMAIN or no such record, as it should be */
    AGENT_FAILED,   /* an error code, a damaged or a wrong answer, NXDOMAIN for the cluster's own name */
    AGENT_TIMEOUT,
    AGENT_ERROR, /* an ICMP error, or it could not be sent */
    AGENT_RESULTS,
};
extern const char *const agent_result_names[];
extern const char *const agent_type_names[]; /* "A", "AAAA" */

/* What came of one lookup of a program. The words are pinned. */
enum agent_lookup_result {
    AGENT_LOOKUP_UNCOUNTED = -1, /* it did not end: its program did */
    AGENT_LOOKUP_OK,
    AGENT_LOOKUP_NOT_FOUND,
    AGENT_LOOKUP_TIMEOUT,
    AGENT_LOOKUP_FAILED,
    AGENT_LOOKUP_RESULTS,
};
extern const char *const agent_lookup_result_names[];

/* The upper bounds of all histograms' buckets, in seconds; one more bucket is of what is longer. */
extern const double agent_bounds_s[AGENT_BOUNDS];

struct agent_histogram {
    uint64_t buckets[AGENT_BOUNDS + 1], count; /* each bucket alone, and not with those below it */
    uint64_t sum_us;
};

void agent_histogram_add(struct agent_histogram *histogram, uint64_t us);

struct agent_server {
    int role; /* enum target_role */
    char server[ADDRESS_TEXT];
    uint64_t results[AGENT_TYPES][AGENT_RESULTS];
    struct agent_histogram duration;
    bool asked; /* it is one of those that are asked now */
};

/* Lookups of the Pods of one namespace. */
struct agent_space {
    char name[AGENT_SPACE_TEXT];
    uint64_t results[AGENT_LOOKUP_RESULTS], seen_ns;
    bool is_new; /* no page has it yet, as in the next */
};

/* Drops of one reason at one hook. */
struct agent_drop_kind {
    char reason[AGENT_DROP_TEXT], hook[16];
    uint64_t count;
    bool is_new;
};

/* Flows to one server that nobody answered. */
struct agent_backend {
    char address[ADDRESS_TEXT];
    uint64_t unanswered;
    bool is_new;
};

struct agent_counts {
    uint64_t queries, query_failures, lookups, lookup_failures;
    struct agent_server servers[AGENT_SERVERS_MAX];
    size_t servers_count;
    /* The busiest namespaces; the last one is of all others. */
    struct agent_space spaces[AGENT_SPACES_MAX + 1];
    size_t spaces_count;
    struct agent_histogram lookup_duration[AGENT_LOOKUP_RESULTS];
    struct agent_drop_kind drops[AGENT_DROP_KINDS_MAX + 1]; /* likewise */
    size_t drops_count;
    struct agent_backend backends[AGENT_BACKENDS_MAX + 1]; /* the first is of all others */
    size_t backends_count;
    uint64_t servers_overflow, spaces_overflow, drops_overflow; /* what found no label set of its own */
};

void agent_counts_init(struct agent_counts *counts);

/* The servers that are asked from now on, at most AGENT_SERVERS_MAX; those that are no more leave the page.
 */
void agent_counts_servers(struct agent_counts *counts, const struct target_facts *targets, size_t count);

/*
 * One query has ended: `status` is an enum probe_status, `own`: it was for a name that the cluster always
 * has. `rtt_us`: SHAPE_UNSET when nothing came.
 */
void agent_counts_query(struct agent_counts *counts, const struct target_facts *target, size_t type,
                        int status, bool own, uint64_t rtt_us);

/*
 * A lookup of a program has ended. The busiest namespaces are those that came first and go on; one that was
 * silent for an hour gives its place to the next. Lookups without a Pod count as of "(node)".
 */
void agent_counts_lookup(struct agent_counts *counts, const struct lookups_call_facts *call, uint64_t now_ns);

/*
 * The drops of a trace since it began, of which counts->drops then has each kind once. Copies that were meant
 * for nobody, and what waited in a socket that was closed, are no losses and not counted.
 */
void agent_counts_drops(struct agent_counts *counts, const struct drops_facts *drops);

/*
 * The flows that were followed since the beginning. A backend that comes when there is no place any more
 * counts as "other": who tells of backends keeps as many itself, and they come with each roll-out of CoreDNS.
 */
void agent_counts_flows(struct agent_counts *counts, const struct conntrack_follow_facts *flows);

/* A page was made: what was new is so no longer. */
void agent_counts_paged(struct agent_counts *counts);

/* What a lookup's end counts as. */
enum agent_lookup_result agent_lookup_result_of(const struct lookups_call_facts *call);

/* What a query's outcome counts as. */
enum agent_result agent_result_of(int status, bool own);

#endif
