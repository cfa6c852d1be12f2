/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_WATCH_FACTS_H
#define K8SDNS_MODEL_WATCH_FACTS_H

#include <k8sdns/model/frequency.h>
#include <k8sdns/model/histogram.h>
#include <k8sdns/model/probe_facts.h>

/* How source ports are chosen while watching. */
enum watch_ports {
    PORTS_FRESH, /* a new one for each name and target, as resolvers do */
    PORTS_KEEP,  /* one for each target, for the whole run */
};
extern const char *const watch_ports_words[]; /* "fresh", "keep" */

/* One of the questions that failed. */
struct watch_failure_facts {
    const char *time; /* when it was sent */
    const char *name, *type;
    int status;
    const char *detail;
    uint64_t source_port; /* unset when the socket had none */
};
extern const struct shape watch_failure_facts_shape;

struct watch_type_facts {
    const char *type;
    uint64_t sent, answered, lost;
    double loss_ratio; /* of those decided; NAN when none is */
};
extern const struct shape watch_type_facts_shape;

/*
 * One target over one interval, or over the whole run. Every question sent is answered, lost or still waited
 * for. An answer with an error code is an answer; lost are those that brought nothing that counts.
 */
struct watch_target_facts {
    const char *id, *address;
    int role;
    uint64_t sent, answered, lost;
    uint64_t late; /* of the lost: the answer came after the timeout */
    uint64_t bad;  /* lost, damaged, or answered with an error */
    uint64_t duplicates, mismatches;
    double loss_ratio, bad_ratio; /* of those decided; NAN when none is */
    struct shape_tally *rcodes, *outcomes;
    size_t rcodes_count, outcomes_count;
    uint64_t min_us, avg_us, p50_us, p90_us, p99_us, max_us;
    uint64_t longest_bad_streak; /* bad ones in a row, in the order in which they were decided */
    struct watch_type_facts *types;
    size_t types_count;
    struct watch_failure_facts *first_failure, *last_failure;
    struct histogram_octave_facts *latency;
    size_t latency_count;
    struct frequency_facts frequency; /* of the run so far */
};
extern const struct shape watch_target_facts_shape;

struct watch_facts {
    bool summary;      /* of the whole run; else of one interval */
    uint64_t interval; /* its number from 1; of the summary: how many there were */
    double span_ms;    /* what this is about */
    struct watch_target_facts *targets;
    size_t targets_count;
    int frequency; /* of the run so far, over all targets */
    const char *frequency_text;
    uint64_t sent;
    uint64_t skipped; /* not asked when their time came, since this program was held up or at its limits */
    int ports;
    double histogram_error_ratio;
};
extern const struct shape watch_facts_shape;

#endif
