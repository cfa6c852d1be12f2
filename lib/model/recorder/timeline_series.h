/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_TIMELINE_SERIES_H
#define K8SDNS_MODEL_TIMELINE_SERIES_H

#include "episodes.h"
#include <k8sdns/model/recorder/timeline.h>

/* What a timeline keeps of each interval until all are there: what is usual is known only then. */
/* What one server, or the lookups of one Pod, showed in one interval. */
struct timeline_sample {
    size_t index;
    uint64_t asked, bad, slow;
    uint64_t p50_us, p90_us;
};

struct timeline_series {
    const char *subject;
    int role; /* enum target_role; -1: of a Pod */
    bool is_pod;
    uint64_t max_us;
    struct timeline_sample *samples;
    size_t count;
};

/* When an interval was. */
struct timeline_span {
    uint64_t from_ns, to_ns, mono_from_ns, mono_to_ns;
};

struct timeline {
    struct arena *arena;
    struct episodes episodes;
    struct timeline_span *spans;
    size_t spans_count;
    struct timeline_series *series;
    size_t series_count;
    struct timeline_capture *captures;
    size_t captures_count;
    uint64_t counters[CONNTRACK_COUNTERS]; /* of connection tracking, in the interval before */
    bool counters_known;
    const char *boot, *hostname, *node, *pod;
};

/* The part of an episode that is this whole interval. */
struct episode_part timeline_part(const struct timeline *timeline, size_t index, uint64_t bad,
                                  uint64_t asked);

#endif
