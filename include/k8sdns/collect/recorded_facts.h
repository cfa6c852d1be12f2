/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_RECORDED_FACTS_H
#define K8SDNS_COLLECT_RECORDED_FACTS_H

#include <k8sdns/base/moment.h>
#include <k8sdns/source/recorder/record_reader.h>

/*
 * The facts of a recording at a moment, as if they had been collected then: what diagnose, top, report and
 * all others judge.
 *
 * Of the moment the full capture counts that was taken in it (the last one), since it has all parts. Without
 * one it is the interval in which most queries failed, of several alike the last, together with those beside
 * it and in the moment that look the same (the same servers fail, or none), so that a minute gives a minute's
 * numbers. `history` is of the five minutes up to it.
 *
 * `moment` NULL is the last interval there is, with those of a minute before it that look the same. Return 0,
 * or a negative errno with a message: nothing was recorded then (ERR_UNOBSERVED), or it cannot be read.
 */
int recorded_facts_at(struct arena *arena, const struct recording *recording,
                      const struct wall_moment *moment, struct facts *ret_facts, struct err *err) MUST_USE;

/*
 * The facts of one interval with the history up to it, for whoever goes from one to the next: `cursor` is of
 * `recording`, `index` is of no capture.
 */
int recorded_facts_of(struct recording_cursor *cursor, const struct recording *recording, size_t index,
                      struct arena *arena, struct interval_facts *ret_interval, struct err *err) MUST_USE;

/* The newest time of the wall clock in a recording; 0 when it has no interval. */
uint64_t recording_newest_ns(const struct recording *recording);

#endif
