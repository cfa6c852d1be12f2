/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch_recording.h"
#include <inttypes.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/top/sampling_parts.h>
#include <stdio.h>
#include <string.h>

/* What is not asked again and again is looked at so often, besides when something begins or ends. */
#define CAPTURE_EVERY_US UINT64_C(600000000)

struct watch_recording {
    struct run *run;
    struct collection_options collection;
    struct thresholds thresholds;
    struct flight_recorder *recorder;
    struct sampling_parts parts;
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
                                                .capture_every_us = CAPTURE_EVERY_US,
                                                .keep_capture = true};

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
    struct facts facts = {.host = *r->run->host, .sampling = sampling_parts_merge(&r->parts)};
    struct interval_facts interval = {.facts = &facts, .span_ms = r->parts.span_ms};
    char time[CLOCK_TEXT];
    struct err err = {0};

    take_lasting(flight_recorder_capture(r->recorder), &facts);
    interval.time = facts.time = clock_format(clock_realtime_ns(), time, sizeof(time));
    facts.elapsed_ms = r->parts.span_ms;
    if (flight_recorder_add(r->recorder, &interval, &err) < 0 && !r->has_told) {
        fprintf(stderr, "k8sdns: not recorded: %s\n", err.text);
        r->has_told = true;
    }
    sampling_parts_reset(&r->parts);
}

void watch_recording_add(struct watch_recording *r, const struct watch_facts *facts)
{
    sampling_parts_add(&r->parts, facts);
    /* The timers of reports drift by less than half of one. */
    if (r->parts.span_ms + facts->span_ms / 2 >= (double)RECORDER_INTERVAL_US / 1000)
        write_interval(r);
}

void watch_recording_end(struct watch_recording *r)
{
    struct recorder_counts counts;

    if (!r)
        return;
    if (r->parts.count)
        write_interval(r);
    counts = flight_recorder_counts(r->recorder);
    if (counts.dropped)
        fprintf(stderr, "k8sdns: not recorded: %" PRIu64 " of %" PRIu64 " intervals\n", counts.dropped,
                counts.intervals + counts.captures + counts.dropped);
    flight_recorder_free(r->recorder);
    sampling_parts_fini(&r->parts);
}
