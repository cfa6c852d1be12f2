/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_REPLICA_METRICS_H
#define K8SDNS_DIAG_REPLICA_METRICS_H

#include <k8sdns/diag/rule.h>

/* The replicas that were scraped, one after another: NULL at the end, and when there are none. */
const struct metrics_replica_facts *metrics_first(const struct facts *facts);
const struct metrics_replica_facts *metrics_next(const struct facts *facts,
                                                 const struct metrics_replica_facts *replica);

/* Whether something was counted in the window: not where there was none. */
bool metrics_grew(uint64_t change);

/*
 * Whether its numbers may be judged: they are of a window, or of a text that has no other. Not those of a
 * process that has just begun.
 */
bool metrics_is_judged(const struct metrics_replica_facts *replica);

/* The same of a histogram: one in which nothing came in the window tells of its whole life, and is not. */
bool metrics_latency_is_judged(const struct metrics_replica_facts *replica,
                               const struct metrics_latency_facts *latency);

/* "in 1.0 s", "since it began". */
const char *metrics_window(struct arena *arena, const struct metrics_replica_facts *replica);

/* A finding about this replica: `finding`, if there is one already, is about it as well. */
struct finding *metrics_finding(struct diagnosis *diagnosis, const struct rule *rule, struct finding *finding,
                                const struct metrics_replica_facts *replica);

/*
 * Whether a share of failures is over a line: two at the least, since one is an accident. Raises the
 * finding's severity over the second line, and lowers its confidence where there are few answers.
 */
bool metrics_share_is_over(uint64_t failed, uint64_t of, double line);
void metrics_share_weigh(struct finding *finding, uint64_t failed, uint64_t of, double critical);

/*
 * What was counted in the window; of a text that has no other, at least twice since the process began, since
 * one is an accident.
 */
uint64_t metrics_recent(const struct metrics_replica_facts *replica, uint64_t total, uint64_t change);

/* Such a total may be long over: the finding is possible, and no more than a notice below a share of the
 * answers. */
void metrics_past_weigh(struct finding *finding, uint64_t failed, uint64_t of, double line);

/* Of so many the 99th of a hundred says something. */
#define METRICS_MANY 100

#endif
