/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_HISTORY_FACTS_H
#define K8SDNS_MODEL_HISTORY_FACTS_H

#include <k8sdns/model/probe/probe_facts.h>

/* The worst of a stretch of time. */
struct history_tick_facts {
    uint64_t us; /* the slowest answer; unset when nothing came */
    int status;  /* enum probe_status; -1 when nothing was asked */
};
extern const struct shape history_tick_facts_shape;

/* One of the last answers, or what came instead. */
struct history_answer_facts {
    const char *time; /* when it was asked for */
    const char *name;
    int status;
    uint64_t rtt_us, size; /* unset when nothing came */
    struct rr_facts *answers;
    size_t answers_count;
    const char *detail; /* what is damaged; NULL */
};
extern const struct shape history_answer_facts_shape;

/* One type at one target, over the window. */
struct history_series_facts {
    const char *target, *type; /* target_facts.id */
    int role;
    uint64_t sent; /* that were decided */
    uint64_t lost, bad;
    double loss_ratio; /* NAN when none was decided */
    int last_status;   /* -1: nothing was decided yet */
    uint64_t last_us;  /* unset when nothing came */
    uint64_t p50_us, p99_us, max_us;
    struct shape_tally *outcomes;
    size_t outcomes_count;
    struct history_tick_facts *ticks; /* oldest first; the last is the one that runs */
    size_t ticks_count;
    struct history_answer_facts *answers; /* newest first */
    size_t answers_count;
};
extern const struct shape history_series_facts_shape;

/* The last minutes of the questions that are asked again and again. */
struct history_facts {
    double window_ms;                    /* what the numbers are of */
    double tick_ms;                      /* what a tick is of */
    struct history_series_facts *series; /* by target, then type */
    size_t series_count;
};
extern const struct shape history_facts_shape;

#endif
