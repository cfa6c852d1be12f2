/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_TIMELINE_H
#define K8SDNS_MODEL_TIMELINE_H

#include <k8sdns/model/recorder/interval_facts.h>
#include <k8sdns/model/recorder/timeline_facts.h>

/*
 * What began and ended in a recording, out of its intervals, each once, as they were written. Pure.
 *
 * An episode is one thing (a server and an outcome, a Pod, a drop's reason and hook, a finding and its
 * subject) in intervals with at most two without it between them. Its ends are those of the first and the
 * last query that failed, where these are known, else those of the intervals. A server is slow while 90 % of
 * its answers take five times as long as is usual for it (the median over all intervals, six at least) and 20
 * ms more; a Pod's lookups fail while three or more of an interval do, and one in ten more than usual. Time
 * within a boot is told by the clock that nobody sets.
 */
#define TIMELINE_EPISODES_MAX 20000
#define TIMELINE_TICKS        60

struct timeline;

/* Where an interval stands. */
struct timeline_stamp {
    uint64_t real_ns, mono_ns; /* of its end */
    const char *boot;          /* of the kernel, to tell one boot from the next */
    int64_t step_ms;           /* so far the wall clock was set before it; 0 */
};

/* All of it lives in `arena`. */
struct timeline *timeline_new(struct arena *arena);

/* The next interval; a capture is listed, and is no interval. What it points to may go after the call. */
void timeline_add(struct timeline *timeline, const struct interval_facts *interval,
                  const struct timeline_stamp *stamp);

/* All of it; once, after the last. What is not of the intervals (the folder, damage) is its owner's to fill.
 */
void timeline_facts_of(struct timeline *timeline, struct timeline_facts *facts);

#endif
