/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_METRICS_FACTS_H
#define K8SDNS_MODEL_METRICS_FACTS_H

#include <k8sdns/model/metrics/metrics_record.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>

/* One name of a counter. */
struct metrics_count_facts {
    const char *name;
    uint64_t total;    /* since the process began */
    uint64_t change;   /* in the window; unset without one */
    double per_second; /* likewise; NAN */
    double ratio;      /* of all names: in the window, without one of the totals; NAN when all are 0 */
};
extern const struct shape metrics_count_facts_shape;

/*
 * Quantiles of a histogram, as histogram_quantile() of Prometheus gives them: linear within a bucket, and
 * the last bound but infinity for what is over it.
 */
/* Percentiles of fewer are a matter of a single answer. */
#define METRICS_OBSERVATIONS_LEAST 100

struct metrics_latency_facts {
    double p50, p90, p99;  /* ms; NAN without observations */
    bool over;             /* p99 is over the last bound, and only that bound is known */
    uint64_t observations; /* that they are of */
    bool window;           /* of the window; else since the process began */
};
extern const struct shape metrics_latency_facts_shape;

/* A zone, or an upstream. */
struct metrics_zone_facts {
    const char *zone;
    double per_second;
    struct metrics_latency_facts latency_ms;
};
extern const struct shape metrics_zone_facts_shape;

struct metrics_upstream_facts {
    const char *to;
    uint64_t answers; /* since the process began, as the next */
    uint64_t healthcheck_failures;
    uint64_t healthcheck_failures_new; /* in the window; unset without one */
    double per_second;
    struct metrics_count_facts *rcodes;
    size_t rcodes_count;
    double servfail_ratio; /* of its answers in the window, without one of all; NAN without answers */
    struct metrics_latency_facts latency_ms;
};
extern const struct shape metrics_upstream_facts_shape;

/* What is forwarded, over all upstreams. */
struct metrics_forward_facts {
    uint64_t answers, healthcheck_failures, all_down, rejected; /* since the process began */
    uint64_t answers_new, servfails_new, healthcheck_failures_new, all_down_new,
        rejected_new; /* in the window; unset without one */
    double reused_ratio;
    struct metrics_upstream_facts *upstreams;
    size_t upstreams_count;
};
extern const struct shape metrics_forward_facts_shape;

struct metrics_cache_facts {
    uint64_t entries, hits, misses, evictions, stale;
    double evictions_per_second;
    struct metrics_count_facts *hits_by_type;
    size_t hits_by_type_count;
};
extern const struct shape metrics_cache_facts_shape;

/* CoreDNS's requests to the API server; it counts them since 1.11.0. */
struct metrics_api_facts {
    uint64_t requests, errors; /* errors: no answer, 401, 403, 429 and 5xx */
    uint64_t errors_new;       /* in the window; unset without one */
    struct metrics_count_facts *codes;
    size_t codes_count;
    struct metrics_latency_facts latency_ms;
};
extern const struct shape metrics_api_facts_shape;

/* How its text was read. */
struct metrics_text_facts {
    uint64_t bytes, samples, malformed, too_long;
    uint64_t dropped; /* samples of more names than are kept apart */
    bool cut;         /* it ended within a line */
};
extern const struct shape metrics_text_facts_shape;

/* Whom the numbers are of. */
enum metrics_role {
    METRICS_OF_REPLICA,
    METRICS_OF_NODE_LOCAL,
    METRICS_OF_CLUSTER_IP, /* some replica, and perhaps another one each time */
    METRICS_OF_NAMED,      /* a URL or a file of the command line */
};
extern const char *const metrics_role_names[];

struct metrics_replica_facts {
    const char *source; /* "10.244.1.21:9153", a URL, a file */
    int role;
    const char *pod, *node;      /* NULL: not known */
    const char *error;           /* why nothing is known of it; NULL when it was scraped */
    const char *version;         /* of CoreDNS */
    const char *config_hash;     /* of its Corefile; after the first reload alone */
    double window_s;             /* between its two scrapes; NAN when there is only one */
    bool restarted;              /* another process between the two: there are no rates */
    double uptime_s;             /* NAN when it is not known */
    uint64_t requests_total;     /* since the process began */
    double qps;                  /* in the window; NAN */
    struct shape_tally *rcodes;  /* of all answers since the process began */
    size_t rcodes_count;         /* */
    uint64_t answers, servfails; /* in the window, without one of all */
    double servfail_ratio;       /* of these; NAN without answers */
    uint64_t own_servfails;      /* of these: made by CoreDNS itself; unset in versions that do not say */
    struct metrics_count_facts *by_rcode, *by_type, *by_family, *by_transport;
    size_t by_rcode_count, by_type_count, by_family_count, by_transport_count;
    struct metrics_latency_facts latency_ms;
    struct metrics_zone_facts *zones;
    size_t zones_count;
    double cache_hit_ratio; /* in the window, without one of all; NAN without questions to the cache */
    struct metrics_cache_facts cache;
    struct metrics_forward_facts forward;
    struct metrics_api_facts api;
    uint64_t panics_total, panics_new;
    uint64_t reload_failed_total, reload_failed_new;
    uint64_t setup_errors_total, setup_errors_new; /* of node-local-dns; unset elsewhere */
    double cpu_cores;                              /* used in the window; NAN */
    double cpu_limit_cores;                        /* of the Pod; NAN when it has none or it is not known */
    uint64_t cpus;                                 /* that it runs on at once (GOMAXPROCS); unset */
    uint64_t memory_bytes, open_files, max_files;
    const char **outliers; /* in which it stands out from the others: "p99", "version" */
    size_t outliers_count;
    struct metrics_text_facts text;
    const char *
        *missing; /* what --check judges and a whole scrape would have: "answers", "latency", "panics" */
    size_t missing_count;
};
extern const struct shape metrics_replica_facts_shape;

/* Seconds that show whether requests to the API server still fail: CoreDNS asks again ever more seldom, up to
 * every 30 s. */
#define METRICS_WINDOW_ENOUGH_S 10

/*
 * Most of its requests to the API server failed since it began, and the window shows neither failure nor
 * success and is too short to: whether they still fail is not known.
 */
bool metrics_api_is_unclear(const struct metrics_replica_facts *replica);

/* The numbers are of the Pod at this address (without a port): their source is a URL of it, or address and
 * port. */
bool metrics_are_of(const struct metrics_replica_facts *replica, const char *address);

/* A rule for Prometheus that draws the same line. */
struct alert_rule_facts {
    const char *alert, *expr, *hold, *severity, *finding, *summary;
};
extern const struct shape alert_rule_facts_shape;

/* What replicas are compared in. */
enum metrics_measure {
    MEASURE_P50,
    MEASURE_P99,
    MEASURE_SERVFAIL,
    MEASURE_LOAD,
    MEASURE_CACHE_HITS,
    MEASURE_CPU,
    MEASURE_VERSION,
    MEASURE_COREFILE,
    MEASURE_PANICS,
    MEASURE_FAILED_RELOADS,
    MEASURE_API_ERRORS,
};
extern const char *const metrics_measure_names[]; /* "p50", "p99", "SERVFAIL", ...; as in `odd` */

/* How one stands out from the others. */
struct metrics_outlier_facts {
    const char *source; /* of the replica */
    int measure;        /* enum metrics_measure */
    const char *text;   /* the sentence, as in `differences` */
};
extern const struct shape metrics_outlier_facts_shape;

/* `data` of the metrics command. */
struct metrics_facts {
    int status; /* enum health; -1: not judged */
    struct metrics_replica_facts *replicas;
    size_t replicas_count;
    const char **differences; /* sentences: how one stands out from the others */
    size_t differences_count;
    struct metrics_outlier_facts *outliers; /* the same, with what each is about */
    size_t outliers_count;
    struct alert_rule_facts *alert_rules;
    size_t alert_rules_count;
    bool checked;             /* the findings of the envelope are about these numbers */
    struct finding *findings; /* the envelope's, for the text; not in JSON, as the next */
    size_t findings_count;
    struct unobserved *unobserved;
    size_t unobserved_count;
};
extern const struct shape metrics_facts_shape;

/*
 * What two scrapes of one replica tell; `before` is NULL when there is only one. Fills all that comes from
 * the text, copied; source, role, pod, node and the limit stay as they are. A counter that went back, or
 * another process, leaves no rates. Pure.
 */
void metrics_read_replica(struct arena *arena, const struct metrics_record *before,
                          const struct metrics_record *now, struct metrics_replica_facts *replica);

/* The quantile `q` of a histogram, in seconds; NAN when it is empty. `ret_over`: it is over the last bound.
 * Source: Prometheus, promql/quantile.go. */
double metrics_quantile(const struct metrics_histogram *histogram, double q, bool *ret_over);

/* Fill `outliers` of each replica and of all, and `differences`. Pure. */
void metrics_compare(struct arena *arena, struct metrics_facts *facts);

#endif
