/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_LOG_EVIDENCE_H
#define K8SDNS_DIAG_LOG_EVIDENCE_H

#include <k8sdns/diag/rule.h>

/* What rules ask of CoreDNS's logs. */

/* Less often than this is an accident. */
#define LOG_FEW 3

/* Lines of a kind (enum log_event_kind), 0 without logs. */
uint64_t log_events(const struct diagnosis *diagnosis, int kind);

/* The most frequent group of lines of a kind; NULL for none. */
const struct log_event_facts *log_event(const struct diagnosis *diagnosis, int kind);

/*
 * Whether the log has lines of all answers, so that a share of them tells. With "log { class error }" in the
 * Corefile it has failures alone; so it does when everything fails.
 */
bool log_has_all_answers(const struct diagnosis *diagnosis);

/* ", last at TIME", or "" without times. */
const char *log_last(struct diagnosis *diagnosis, const struct log_event_facts *event);

#endif
