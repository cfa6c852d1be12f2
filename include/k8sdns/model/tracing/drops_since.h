/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DROPS_SINCE_H
#define K8SDNS_MODEL_DROPS_SINCE_H

#include <k8sdns/model/tracing/drops_facts.h>

/* So many kinds of drops are told apart; of further ones the sum alone is known. */
#define DROPS_SINCE_KINDS 256

/* What a trace had counted so far; zeroed: nothing. */
struct drops_since {
    uint64_t kinds[DROPS_SINCE_KINDS], counts[DROPS_SINCE_KINDS]; /* hashes of reason and place */
    size_t count;
    uint64_t drops, fragments, lost, unshown, uncounted;
};

/*
 * What was dropped between two summaries of one trace, the first of which `since` remembers, and `now` is the
 * next: the kinds that grew, and the sums. What points to texts of `now` lives as long as that. Pure.
 */
void drops_since_take(struct drops_since *since, const struct drops_facts *now, struct arena *arena,
                      struct drops_facts *ret_facts);

#endif
