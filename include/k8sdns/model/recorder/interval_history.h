/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_INTERVAL_HISTORY_H
#define K8SDNS_MODEL_INTERVAL_HISTORY_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/watch/history_facts.h>
#include <k8sdns/model/watch/watch_facts.h>

/* So many intervals fill the strip of a screen, and so many are its "now". */
#define INTERVAL_TICKS  64
#define INTERVAL_WINDOW 6

/*
 * A history as top shows it, out of the samplings of intervals that follow each other, the oldest first: a
 * tick is an interval, and the numbers are of the last INTERVAL_WINDOW. Latencies and outcomes are kept of
 * all types of a server together, so the types differ by what failed of them alone. Pure; NULL without
 * intervals.
 */
struct history_facts *interval_history(struct arena *arena, const struct watch_facts *const *parts,
                                       size_t count);

#endif
