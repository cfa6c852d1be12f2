/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch_recording.h"
#include <inttypes.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/shape/shape_json.h>
#include <k8sdns/model/watch/watch_merge.h>
#include <stdio.h>
#include <string.h>

/* What is not asked again and again is looked at so often, besides when something begins or ends. */
#define CAPTURE_EVERY_US UINT64_C(600000000)

struct watch_recording {
    struct run *run;
    struct collection_options collection;
    struct thresholds thresholds;
    struct flight_recorder *recorder;
    struct arena *arena; /* of the parts */
    const struct watch_facts **parts;
    size_t count;
    double span_ms;
    bool has_told; /* that an interval was dropped */
};

struct watch_recording *watch_recording_begin(struct run *run, const struct recorder_options *options,
                                              const struct target_options *targets, struct event_base *base)
{
    struct watch_recording *r = ARENA_NEW(run->arena, struct watch_recording);
    struct flight_recorder_options recording = {.recorder = *options,
                                                .collection = &r->collection,
                                                .thresholds = &r->thresholds,
                                                .survey = &run->survey,
                                                .base = base,
                                                .capture_every_us = CAPTURE_EVERY_US};

    r->run = run;
    r->collection = (struct collection_options)COLLECTION_DEFAULTS;
    r->collection.targets = *targets;
    /* Standard input was read, and is at its end. */
    if (targets->endpoints && strcmp(targets->endpoints, "-") == 0)
        r->collection.targets.endpoints = NULL;
    thresholds_init(&r->thresholds);
    r->recorder = flight_recorder_new(&recording, &run->err);
    if (!r->recorder)
        return NULL;
    r->arena = arena_new();
    return r;
}

/* What stays as it is between two captures; the rest would be of long ago. */
static void take_lasting(const struct facts *capture, struct facts *facts)
{
    if (!capture)
        return;
    facts->host = capture->host;
    facts->names = capture->names;
    facts->names_count = capture->names_count;
    facts->resolv = capture->resolv;
    facts->plans = capture->plans;
    facts->replicas = capture->replicas;
    facts->dns = capture->dns;
    facts->kube = capture->kube;
    facts->corefile = capture->corefile;
}

static void write_interval(struct watch_recording *r)
{
    struct watch_facts sampling;
    struct facts facts = {.host = *r->run->host, .sampling = &sampling};
    struct interval_facts interval = {.facts = &facts, .span_ms = r->span_ms};
    char time[CLOCK_TEXT];
    struct err err = {0};

    watch_merge(r->arena, r->parts, r->count, &sampling);
    take_lasting(flight_recorder_capture(r->recorder), &facts);
    interval.time = facts.time = clock_format(clock_realtime_ns(), time, sizeof(time));
    facts.elapsed_ms = r->span_ms;
    if (flight_recorder_add(r->recorder, &interval, &err) < 0 && !r->has_told) {
        fprintf(stderr, "k8sdns: not recorded: %s\n", err.text);
        r->has_told = true;
    }
    arena_reset(r->arena);
    r->parts = NULL;
    r->count = 0;
    r->span_ms = 0;
}

/* By way of JSON, which is how facts are copied whole. */
static const struct watch_facts *copy(struct arena *arena, const struct watch_facts *facts)
{
    struct watch_facts *copied = ARENA_NEW(arena, struct watch_facts);
    json_t *json = shape_to_json(&watch_facts_shape, facts);
    struct err ignored;

    /* It was made by the same shape. */
    (void)!shape_from_json(arena, &watch_facts_shape, json, copied, &ignored);
    json_decref(json);
    return copied;
}

void watch_recording_add(struct watch_recording *r, const struct watch_facts *facts)
{
    *(const struct watch_facts **)arena_push(r->arena, &r->parts, &r->count, sizeof(struct watch_facts *)) =
        copy(r->arena, facts);
    r->span_ms += facts->span_ms;
    /* The timers of reports drift by less than half of one. */
    if (r->span_ms + facts->span_ms / 2 >= (double)RECORDER_INTERVAL_US / 1000)
        write_interval(r);
}

void watch_recording_end(struct watch_recording *r)
{
    struct recorder_counts counts;

    if (!r)
        return;
    if (r->count)
        write_interval(r);
    counts = flight_recorder_counts(r->recorder);
    if (counts.dropped)
        fprintf(stderr, "k8sdns: not recorded: %" PRIu64 " of %" PRIu64 " intervals\n", counts.dropped,
                counts.intervals + counts.captures + counts.dropped);
    flight_recorder_free(r->recorder);
    arena_free(r->arena);
}
