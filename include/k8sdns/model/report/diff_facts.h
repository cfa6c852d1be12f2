/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DIFF_FACTS_H
#define K8SDNS_MODEL_DIFF_FACTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/shape/envelope_facts.h>

/* What became of a thing from one look to the next. The words are pinned. */
enum diff_change {
    DIFF_BETTER, /* of a finding: gone, or less severe */
    DIFF_SAME,
    DIFF_WORSE, /* of a finding: new, or more severe */
};
extern const char *const diff_change_names[]; /* "better", "same", "worse" */

struct diff_finding {
    const char *id, *title, *subject;
    int change;        /* enum diff_change */
    int before, after; /* enum severity; -1: it was not found */
};
extern const struct shape diff_finding_shape;

/* One server that both looks queried. */
struct diff_server {
    const char *server, *role;
    uint64_t asked_before, failed_before, asked_after, failed_after;
    double failed_chance;                 /* of such a difference by chance alone, 0 to 1; NAN */
    int failed_change;                    /* enum diff_change */
    uint64_t p50_before_us, p50_after_us; /* of the sampling; unset without an answer */
    uint64_t p99_before_us, p99_after_us; /* likewise */
    double latency_chance;                /* as failed_chance; NAN where one has no answers */
    int latency_change;                   /* enum diff_change */
};
extern const struct shape diff_server_shape;

/* One setting that is not as it was; NULL: it was not there, or not seen. */
struct diff_setting {
    const char *what, *before, *after;
};
extern const struct shape diff_setting_shape;

/* `data` of the diff command. */
struct diff_facts {
    int change;                           /* enum diff_change: of the whole */
    const char *time_before, *time_after; /* of the two looks; NULL */
    bool reversed;                        /* the first look is the later one */
    int health_before, health_after;      /* enum health */
    struct diff_finding *findings;        /* worse first, then better, then same */
    size_t findings_count;
    struct diff_server *servers;
    size_t servers_count;
    struct diff_setting *settings;
    size_t settings_count;
};
extern const struct shape diff_facts_shape;

/* One look: the facts and what diagnose makes of them. */
struct diff_side {
    const struct facts *facts;
    const struct diagnose_facts *diagnosis;
};

/* A difference counts when chance alone makes one as large in fewer than 1 of 100 cases. */
#define DIFF_CHANCE 0.01

/*
 * Compare two looks. The whole is worse when a finding is new or more severe (remarks do not count), when a
 * server fails more beyond chance, or answers more slowly beyond chance and in twice the time at the median;
 * better when nothing is worse and any of these is better. Pure.
 */
void diff_make(struct arena *arena, const struct diff_side *before, const struct diff_side *after,
               struct diff_facts *ret_facts);

/* The chance that two shares differ so by chance alone: the two-proportion z-test, two-sided; NAN of none. */
double diff_share_chance(uint64_t part, uint64_t whole, uint64_t other_part, uint64_t other_whole);

/*
 * The same of two histograms of latency: Mann and Whitney's rank sum, with its correction for ties, since all
 * of an octave are alike. Return NAN when one is empty.
 */
double diff_latency_chance(const struct histogram_octave_facts *a, size_t a_count,
                           const struct histogram_octave_facts *b, size_t b_count);

#endif
