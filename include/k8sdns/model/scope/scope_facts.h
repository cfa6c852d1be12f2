/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SCOPE_FACTS_H
#define K8SDNS_MODEL_SCOPE_FACTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>
#include <k8sdns/model/scope/fleet_facts.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/statistics/frequency.h>

/* How wide it fails: the second of the two questions. The words are pinned. */
enum scope {
    SCOPE_NONE,
    SCOPE_WHOLE_CLUSTER,
    SCOPE_SOME_NODES,
    SCOPE_FIXED_PODS,
    SCOPE_RANDOM_PODS,
};
extern const char
    *const scope_names[]; /* "none", "whole-cluster", "some-nodes", "fixed-pods", "random-pods" */

/* How sure an answer is. The words are pinned. */
enum scope_confidence {
    SCOPE_CONFIDENCE_LOW,
    SCOPE_CONFIDENCE_MEDIUM,
    SCOPE_CONFIDENCE_HIGH,
};
extern const char *const scope_confidence_names[]; /* "low", "medium", "high" */

/* What a report saw of the load where it was made. */
enum scope_load {
    SCOPE_LOAD_LATENCY,
    SCOPE_LOAD_CONNTRACK,
    SCOPE_LOAD_PRESSURE,
    SCOPE_LOAD_QUERIES,
    SCOPE_LOADS,
};
extern const char *const scope_load_names[];

/* Whether failures follow one of them; see scope_peak.h. */
struct scope_peak_facts {
    int load; /* enum scope_load */
    bool follows;
    uint64_t windows;
    double correlation, chance;
    double calm_load, busy_load;
    double calm_failing_ratio, busy_failing_ratio;
};
extern const struct shape scope_peak_facts_shape;

/* One report, as far as scope needs it. */
struct scope_report {
    const char *node, *pod, *time; /* "" when not known */
    bool fails;                    /* a finding of warning or above */
    bool is_critical;              /* one of these is critical */
    int frequency;                 /* enum frequency; -1 */
    struct report_load load;       /* NAN what is not known */
    const char **ids;              /* of its leading findings of warning or above */
    size_t ids_count;
};

enum scope_row_kind {
    SCOPE_ROW_NODE,
    SCOPE_ROW_POD,
    SCOPE_ROW_TIME,
    SCOPE_ROW_KINDS,
};
extern const char *const scope_row_names[]; /* "node", "pod", "time" */

/* A node, a Pod or a stretch of time: how many of its reports fail. */
struct scope_row {
    int kind;               /* enum scope_row_kind */
    const char *node, *pod; /* NULL when the row is about more than one, or no report says */
    const char *time;       /* of a stretch: its beginning, RFC 3339, UTC */
    uint64_t reports, failing, pods, failing_pods;
    const char *findings; /* the most frequent ones, in text */
};
extern const struct shape scope_row_shape;

/* A finding that the reports name, or that the pattern points to. */
struct scope_cause {
    const char *id, *title;
    uint64_t reports; /* that name it; from Prometheus: nodes */
    bool pattern;     /* how often and how wide point to it as well */
};
extern const struct shape scope_cause_shape;

/* `data` of the scope command. */
struct scope_facts {
    int status; /* enum health; -1: not judged */
    int scope;
    const char *scope_text;  /* with the numbers */
    double scope_ratio;      /* the share of Pods, or of nodes, that fail; NAN */
    const char **scope_else; /* what else would look the same */
    size_t scope_else_count;
    int frequency;
    const char *frequency_text;
    double frequency_ratio;   /* the share of reports, or of time, that fails; NAN */
    int frequency_confidence; /* enum scope_confidence; -1: not judged */
    const char **frequency_else;
    size_t frequency_else_count;
    struct scope_peak_facts *peak; /* NULL when nothing fails, or too few moments are there to tell */
    const char *confidence;        /* "high", "medium", "low" */
    const char *confidence_text;
    uint64_t files, reports, failing, unread;
    uint64_t nodes, pods, failing_pods;
    struct scope_cause *causes;
    size_t causes_count;
    struct scope_row *rows; /* by node, then by Pod (those that fail), then by time */
    size_t rows_count;
    struct step *steps; /* what to do next */
    size_t steps_count;
    const char **next; /* the same as phrases */
    size_t next_count;
    struct fleet_facts *fleet; /* what Prometheus told; NULL: reports were read */
};
extern const struct shape scope_facts_shape;

/*
 * Judge many reports. Pure: the shuffles of its tests are always the same.
 *
 * none           no report fails.
 * whole-cluster  nine of ten Pods fail.
 * some-nodes     failing Pods crowd on some nodes more than by chance (a permutation test, p < 0.01).
 * fixed-pods     with several reports a Pod: failing reports crowd on some Pods more than by chance
 * (likewise). random-pods    else.
 */
void scope_judge(struct arena *arena, const struct scope_report *reports, size_t count,
                 struct scope_facts *facts);

#endif
