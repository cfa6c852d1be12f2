/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef AGENT_INTERVAL_H
#define AGENT_INTERVAL_H

#include <k8sdns/collect/collection.h>
#include <k8sdns/model/tracing/drops_since.h>
#include <k8sdns/model/tracing/lookups_tally.h>
#include <k8sdns/top/flight_recorder.h>
#include <k8sdns/top/sampling_parts.h>

/* What the agent records, and of the interval that has begun what came so far. */
struct agent_record {
    struct collection_options collection; /* of captures */
    struct flight_recorder *recorder;
    struct event *tick;
    struct sampling_parts parts;
    struct drops_since drops;
    bool fails; /* the last could not be written */

    /* Of this interval. */
    struct arena *arena;
    struct lookups_tally *lookups;
    struct finding *begun; /* told to begin; they may be over when it ends */
    size_t begun_count;
    uint64_t began_ns;
};

/* A new interval: what came so far is forgotten. */
void agent_interval_begin(struct agent_record *record);

#endif
