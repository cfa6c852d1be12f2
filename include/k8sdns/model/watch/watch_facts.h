/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_WATCH_FACTS_H
#define K8SDNS_MODEL_WATCH_FACTS_H

#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/model/statistics/frequency.h>
#include <k8sdns/model/statistics/histogram.h>

/* How source ports are chosen while watching. */
enum watch_ports {
    PORTS_FRESH, /* a new one for each name and target, as resolvers do */
    PORTS_KEEP,  /* one for each target, for the whole run */
};
extern const char *const watch_ports_names[]; /* "fresh", "keep" */

/* One of the questions that failed. */
struct watch_failure_facts {
    const char *time; /* when it was sent */
    const char *name, *type;
    int status;
    const char *detail;
    int unreachable;      /* enum unreachable; -1: no such error came */
    uint64_t source_port; /* unset when the socket had none */
};
extern const struct shape watch_failure_facts_shape;

struct watch_type_facts {
    const char *type;
    uint64_t sent, answered, lost;
    double loss_ratio;          /* of those decided; NAN when none is */
    uint64_t bad;               /* lost, damaged, or answered with an error */
    struct shape_tally *rcodes; /* none in captures of older versions */
    size_t rcodes_count;
    uint64_t avg_us; /* of the answers; unset without */
};
extern const struct shape watch_type_facts_shape;

/* One of equal stretches of a run. A query counts for the one that it was sent in. */
struct watch_window_facts {
    double at_ms; /* of its beginning, since watch_facts.began */
    uint64_t sent, bad;
    uint64_t us; /* geometric mean of its answers; unset without */
};
extern const struct shape watch_window_facts_shape;

/* No more than so many, so that a capture stays small. */
#define WATCH_WINDOWS_MOST 40

/*
 * One target over one interval, or over the whole run. Every question sent is answered, lost or still waited
 * for. An answer with an error code is an answer; lost are those that brought nothing that counts.
 */
struct watch_target_facts {
    const char *id, *address;
    int role;
    uint64_t sent, answered, lost;
    uint64_t late;                    /* of the lost: the answer came after the timeout */
    uint64_t bad;                     /* lost, damaged, or answered with an error */
    const char *first_bad, *last_bad; /* when these were sent, RFC 3339; NULL: none was bad */
    uint64_t duplicates, mismatches;
    double loss_ratio, bad_ratio; /* of those decided; NAN when none is */
    struct shape_tally *rcodes, *outcomes;
    size_t rcodes_count, outcomes_count;
    struct shape_tally *unreachables; /* of unreachable_names */
    size_t unreachables_count;
    const char *rejected_by; /* who said first that the port is unreachable; NULL: nobody, or not known */
    uint64_t min_us, avg_us, p50_us, p90_us, p99_us, max_us;
    uint64_t longest_bad_streak; /* bad ones in a row, in the order in which they were decided */
    uint64_t
        serial; /* when it last saw the cluster change, by its negative answers (Unix time); unset without */
    struct watch_type_facts *types;
    size_t types_count;
    struct watch_failure_facts *first_failure, *last_failure;
    struct histogram_octave_facts *latency;
    size_t latency_count;
    struct frequency_facts frequency;   /* of the run so far */
    struct watch_window_facts *windows; /* of a summary: the run in WATCH_WINDOWS_MOST stretches at most */
    size_t windows_count;
};
extern const struct shape watch_target_facts_shape;

struct watch_facts {
    int status;        /* enum health; -1: not judged */
    bool summary;      /* of the whole run; else of one interval */
    uint64_t interval; /* its number from 1; of the summary: how many there were */
    double span_ms;    /* what this is about */
    const char *began; /* when the first query of the run was sent, RFC 3339; NULL: nothing is decided yet */
    struct watch_target_facts *targets;
    size_t targets_count;
    int frequency; /* of the run so far, over all targets */
    const char *frequency_text;
    uint64_t sent;
    uint64_t skipped; /* not asked when their time came, since this program was held up or at its limits */
    int ports;
    double histogram_error_ratio;
    struct name_view *names_as; /* as whom names were completed; NULL: as resolv.conf says */
};
extern const struct shape watch_facts_shape;

/* None failed: HEALTH_OK; some did: HEALTH_DEGRADED; nothing was answered: HEALTH_FAILING; nothing is decided
 * yet: HEALTH_UNKNOWN. */
int watch_health(const struct watch_facts *facts);

/* A replica that has missed what its peers saw change: how many seconds it is behind; 0: it is not. */
uint64_t watch_behind_s(const struct watch_facts *facts, const struct watch_target_facts *target);

/* A replica that finds fewer of the same names than each other one in the whole run, without an error. */
bool watch_lacks_names(const struct watch_facts *facts, const struct watch_target_facts *target);

/* What a sampling has of the target of that id; NULL when it was none of its targets, or there is no
 * sampling. */
const struct watch_target_facts *watch_target_find(const struct watch_facts *sampling, const char *id);

#endif
