/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_ACTIVE_FINDINGS_H
#define K8SDNS_MODEL_ACTIVE_FINDINGS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/top/top_facts.h>

/*
 * Which findings stand, since when, and which have ended lately. A finding is known by its id and subject.
 */
#define STANDING_MAX 64
/* So long an ended one is remembered: whoever looks away for a moment still sees it. */
#define STANDING_OVER_NS UINT64_C(300000000000)

struct active_findings;

/* Ownership: active_findings_free(); NULL is allowed there. */
struct active_findings *active_findings_new(void);
void active_findings_free(struct active_findings *active_findings);

/* What fires at `now`; what does not is over from now on. */
void active_findings_update(struct active_findings *active_findings, const struct finding *findings,
                            size_t count, struct clock_stamp now);

/*
 * Those that stand in the order of the last update, then those that are over, the last first. A finding whose
 * subject grows or shrinks ("replica 10.244.1.21, 10.244.1.22") is another one.
 */
void active_finding_facts_of(const struct active_findings *active_findings, struct clock_stamp now,
                             struct arena *arena, struct top_facts *facts);

#endif
