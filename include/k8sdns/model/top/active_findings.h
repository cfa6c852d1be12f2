/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_STANDING_H
#define K8SDNS_MODEL_STANDING_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/top_facts.h>

/*
 * Which findings stand, since when, and which have ended lately. A finding is known by its id and subject.
 */
#define STANDING_MAX 64
/* So long an ended one is remembered: whoever looks away for a moment still sees it. */
#define STANDING_OVER_NS UINT64_C(300000000000)

struct standing;

/* Ownership: standing_free(); NULL is allowed there. */
struct standing *standing_new(void);
void standing_free(struct standing *standing);

/* What fires at `now`; what does not is over from now on. */
void standing_update(struct standing *standing, const struct finding *findings, size_t count,
                     struct clock_stamp now);

/*
 * Those that stand, the newest first and of one time the worst, then those that are over. A finding whose
 * subject grows or shrinks ("replica 10.244.1.21, 10.244.1.22") is another one.
 */
void standing_facts_of(const struct standing *standing, struct clock_stamp now, struct arena *arena,
                       struct top_facts *facts);

#endif
