/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_WATCH_MERGE_H
#define K8SDNS_MODEL_WATCH_MERGE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/watch/watch_facts.h>

/*
 * Make one interval of several that follow each other, the oldest first. Pure; `parts` must outlive it.
 *
 * Counts are sums, what is "of the run so far" is the last one's. A percentile of all lies between those of
 * the parts; within these bounds it is told by the histograms' octaves. Servers are known by their ids, in
 * the order in which they were first seen. An interval of no parts has no targets.
 */
void watch_merge(struct arena *arena, const struct watch_facts *const *parts, size_t count,
                 struct watch_facts *ret_facts);

#endif
