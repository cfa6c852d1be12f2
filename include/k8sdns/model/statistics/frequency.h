/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_FREQUENCY_H
#define K8SDNS_MODEL_FREQUENCY_H

#include <k8sdns/model/shape/shape.h>
#include <stdbool.h>

/*
 * How often something fails: the first of the two questions that frame every answer. The words are pinned.
 */
enum frequency {
    FREQUENCY_NEVER,
    FREQUENCY_ALWAYS,
    FREQUENCY_AT_PEAK, /* failures follow the load */
    FREQUENCY_INTERMITTENT,
};
extern const char *const frequency_names[]; /* "never", "always", "at-peak", "intermittent" */

/* What the load was told by. */
enum frequency_load {
    LOAD_LATENCY, /* the server's: how long those answers took that came */
    LOAD_RATE,    /* the asker's own: questions a second */
};
extern const char *const frequency_load_names[]; /* "latency", "rate" */

/*
 * A history in constant memory: windows of time of equal width, which doubles when they are used up.
 */
#define SERIES_WINDOWS 128

struct series_window {
    uint32_t sent, done, bad, timed;
    double log_us; /* the sum of the logarithms of `timed` latencies */
};

struct series {
    uint64_t start_ns, width_ns;
    struct series_window windows[SERIES_WINDOWS];
};

/* `start_ns` is the time of the first window's beginning on the clock of all other calls. */
void series_init(struct series *series, uint64_t start_ns);
void series_sent(struct series *series, uint64_t sent_ns);
/* What became of a question; it counts for the window that it was sent in. `us` is SHAPE_UNSET when nothing
 * came. */
void series_done(struct series *series, uint64_t sent_ns, bool bad, uint64_t us);

/* Some windows in one; `us` is the geometric mean of what was timed, SHAPE_UNSET without. */
struct series_part {
    uint64_t begin_ns, sent, bad, us;
};

/*
 * The history in at most `most` parts of equal width, from the first in which something was sent to the last.
 * `parts` has room for these. Return how many.
 */
size_t series_parts(const struct series *series, size_t most, struct series_part *parts);

/* The word, and the numbers behind it. */
struct frequency_facts {
    int word;         /* enum frequency */
    double window_ms; /* time is looked at in windows of this width */
    uint64_t windows; /* in which something was asked and decided */
    uint64_t bad_windows;
    uint64_t episodes;   /* runs of windows in which something failed */
    uint64_t longest_ms; /* the longest of them */
    int load;            /* enum frequency_load, what it was found to follow; -1 for none */
    double correlation;  /* of failures with that load, by rank (Spearman); NAN when there is no say */
    /* The calmer and the busier half of the windows; NAN when there is no say. */
    double calm_load, busy_load; /* in us, or questions a second */
    double calm_bad_ratio, busy_bad_ratio;
};
extern const struct shape frequency_facts_shape;

/*
 * Judge a history. Pure.
 *
 * always   nineteen of twenty fail.
 * at-peak  windows with a higher load have more failures: the rank correlation is at least 0.5 and not by
 *          chance (three standard errors, so that a run of eight windows is the least), the busier half has
 *          at least four fifths of the failures, and its load is at least half as high again.
 * else     from time to time.
 */
void frequency_judge(const struct series *series, struct frequency_facts *ret_facts);

#endif
