/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TOP_SAMPLING_PARTS_H
#define K8SDNS_TOP_SAMPLING_PARTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/watch/watch_facts.h>

/* The reports of a watch that make an interval together; zeroed it has none. */
struct sampling_parts {
    struct arena *arena;
    const struct watch_facts **parts;
    size_t count;
    double span_ms; /* of all */
};

/* Add a report, which is copied. */
void sampling_parts_add(struct sampling_parts *parts, const struct watch_facts *facts);

/* All of them as one, which is good until the next call; NULL: there is none. */
struct watch_facts *sampling_parts_merge(struct sampling_parts *parts);

/* Begin anew. */
void sampling_parts_reset(struct sampling_parts *parts);
void sampling_parts_fini(struct sampling_parts *parts);

#endif
