/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_METRICS_RECORD_H
#define K8SDNS_MODEL_METRICS_RECORD_H

#include <k8sdns/base/arena.h>
#include <k8sdns/wire/metrics/prometheus_text.h>

/*
 * One scrape of a CoreDNS: of all that it counts what tells of its health, in bounded memory, by one name for
 * each thing whatever the version called it.
 *
 * CoreDNS renamed its counters in 1.7.0, and moved those of forward to "proxy" in 1.11.0. Server blocks and
 * views are added up. Source: the READMEs of plugin/metrics, cache, forward, kubernetes and reload, the
 * release notes, and kubernetes/dns for node-local-dns.
 */

/* Names that are kept apart in one list; what more there are is added to `rest`. */
#define METRICS_NAMES_MAX   64
#define METRICS_NAME_MAX    255 /* bytes; a longer one is cut */
#define METRICS_BUCKETS_MAX 64

enum metrics_scalar {
    METRICS_REQUESTS,
    METRICS_RESPONSES,
    METRICS_CACHE_HITS,
    METRICS_CACHE_MISSES,
    METRICS_CACHE_REQUESTS,
    METRICS_CACHE_ENTRIES, /* how many there are now */
    METRICS_CACHE_EVICTIONS,
    METRICS_CACHE_STALE, /* served though they had expired */
    METRICS_PANICS,
    METRICS_RELOAD_FAILED,
    METRICS_FORWARD_REJECTS, /* over max_concurrent */
    METRICS_FORWARD_BROKEN,  /* every upstream was marked down, and one was asked all the same */
    METRICS_HEALTH_FAILURES, /* CoreDNS did not answer itself */
    METRICS_SETUP_ERRORS,    /* of node-local-dns: its address or its rules */
    METRICS_CPU_SECONDS,
    METRICS_MEMORY_BYTES, /* the rest are values of now, not counts */
    METRICS_START_SECONDS,
    METRICS_CPUS, /* GOMAXPROCS, which >= 1.12.0 sets by the CPU quota */
    METRICS_OPEN_FILES,
    METRICS_MAX_FILES,
};
#define METRICS_SCALARS (METRICS_MAX_FILES + 1)

enum metrics_list {
    METRICS_BY_TYPE,
    METRICS_BY_RCODE,
    METRICS_OWN_RCODES, /* of these: made by the server itself, when no plugin had an answer */
    METRICS_BY_FAMILY,
    METRICS_BY_TRANSPORT,
    METRICS_CACHE_HITS_BY_TYPE,
    METRICS_API_CODES, /* what the API server answered */
};
#define METRICS_LISTS (METRICS_API_CODES + 1)

struct metrics_tally {
    const char *name;
    double value;
};

struct metrics_tallies {
    struct metrics_tally *items;
    size_t count;
    double rest; /* of the names over the maximum */
};

/* Cumulative, as Prometheus has them; by ascending bounds, the last of which is infinite. */
struct metrics_bucket {
    double bound_s, count;
};

struct metrics_histogram {
    struct metrics_bucket *buckets;
    size_t count;
    double sum_s, total;
};

/* A zone, or an upstream. */
struct metrics_part {
    const char *name;
    struct metrics_histogram latency;
    struct metrics_tallies rcodes; /* of an upstream: as counted */
    struct metrics_tallies
        timed; /* of an upstream: by those whose time was taken; all there is since 1.11.0 */
    double requests, healthcheck_failures, reused, connects;
};

struct metrics_parts {
    struct metrics_part *items;
    size_t count;
};

struct metrics_record {
    struct arena *arena;
    const char *error; /* why there is no scrape; NULL */
    uint64_t at_ns;    /* when it came, monotonic; 0 of a file, which has no time */
    double wall_s;     /* the same since 1970 */
    const char *version, *config_hash;
    bool is_coredns; /* something in it is CoreDNS's */
    struct {         /* of kube-dns: its own (port 10055), and dnsmasq's by its sidecar (10054) */
        bool seen;
        double queries, nxdomains, errors, hits, misses, dnsmasq_errors; /* 0 for what is not there */
    } kube_dns;
    bool tells_plugin;               /* its answers say which plugin made them (since 1.8.7) */
    uint64_t dropped;                /* samples of names, or of bounds, over the maximum */
    double scalars[METRICS_SCALARS]; /* NAN: not there, which of a counter means 0 */
    struct metrics_tallies lists[METRICS_LISTS];
    struct metrics_histogram latency, api_latency;
    struct metrics_parts zones, upstreams;
    struct prometheus_counts counts;
};

/* Begin one whose memory is the arena's. */
struct metrics_record *metrics_record_new(struct arena *arena);

/* Take one sample: a prometheus_on_sample for a record. Names that mean nothing here are passed over. */
void metrics_record_add(void *record, const struct prometheus_sample *sample);

/* What kube-dns counts, in a sentence; NULL when nothing of it was in the text. */
const char *metrics_kube_dns_text(const struct metrics_record *record);

double metrics_tallies_sum(const struct metrics_tallies *tallies);
/* The value of that name; 0 when it is not there, since a counter appears with its first event. */
double metrics_tallies_value(const struct metrics_tallies *tallies, const char *name);
const struct metrics_part *metrics_parts_find(const struct metrics_parts *parts, const char *name);

#endif
