/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_PENDING_H
#define K8SDNS_MODEL_LOG_PENDING_H

#include <k8sdns/model/logs/log_stream.h>
#include <k8sdns/model/logs/logs_facts.h>

/*
 * Queries that the dump plugin saw, waiting for their line of the log plugin.
 *
 * A dump line is written when a query comes, a log line when its answer has gone. What has the first and not
 * the second for longer than the threshold is unanswered; what is younger is merely in flight.
 *
 * Ages come from the times of the lines. Without times they are a lower bound: an answer that took d came d
 * after its query, so each source has a clock that goes to (clock at the query) + d with each answer. Answers
 * to queries one after another add up; parallel ones do not.
 */
struct log_pending;

/* So many may wait at once; the oldest are given up for more, and counted. */
#define LOG_PENDING_MAX 65536
/* So many of the unanswered are told one by one. */
#define LOG_UNANSWERED_MAX 100

struct log_pending *log_pending_new(struct arena *arena, uint64_t threshold_ns);

void log_pending_received(struct log_pending *pending, const struct log_entry *dump);
void log_pending_answered(struct log_pending *pending, const struct log_entry *query);
/* The server of this source has ended: what waits there will never be answered. */
void log_pending_ended(struct log_pending *pending, const struct log_source *source);

/* What is known by `now_ns`, the last time of any line (0: none has a time). */
void log_pending_facts(const struct log_pending *pending, struct arena *arena, uint64_t now_ns,
                       struct logs_facts *facts);

#endif
