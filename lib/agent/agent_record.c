/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recording: all that is known of each ten seconds, and full captures when something begins or ends. */
#include "agent_interval.h"
#include "agent_state.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/heap.h>

/* ---- what there is of an interval ---- */

static void add_findings(const struct agent *agent, struct arena *arena, struct interval_facts *interval)
{
    for (size_t i = 0; i < agent->facts.findings_count; i++) {
        const struct finding *finding = &agent->facts.findings[i];

        /* What stood in one judgement alone is no finding yet. */
        if (agent_is_told(agent, finding->id, finding->subject))
            *ARENA_PUSH(arena, interval->findings, interval->findings_count) = *finding;
    }
    for (size_t i = 0; i < agent->record->begun_count; i++) {
        const struct finding *begun = &agent->record->begun[i];

        if (!agent_finding(agent, begun->id, begun->subject))
            *ARENA_PUSH(arena, interval->findings, interval->findings_count) = *begun;
    }
}

static void add_lookups(const struct agent *agent, double span_ms, struct arena *arena,
                        struct interval_facts *interval)
{
    if (!agent->parts[AGENT_LOOKUPS].up)
        return;
    interval->lookups = ARENA_NEW(arena, struct traced_lookups_facts);
    interval->lookups->summary = true;
    interval->lookups->span_ms = span_ms;
    lookups_tally_facts(agent->record->lookups, true, arena, interval->lookups);
}

static void add_drops(struct agent *agent, struct arena *arena, struct facts *facts)
{
    struct drops_facts now;

    facts->drops = NULL;
    if (!agent_kernel_drops(agent, arena, &now))
        return;
    facts->drops = ARENA_NEW(arena, struct drops_facts);
    drops_since_take(&agent->record->drops, &now, arena, facts->drops);
}

static void tell(struct agent *agent, const struct err *err, bool failed)
{
    struct agent_record *record = agent->record;

    if (record->fails != failed)
        agent_tell_record(agent, failed ? err->text : NULL);
    record->fails = failed;
}

static void write_interval(struct agent *agent)
{
    struct agent_record *record = agent->record;
    double span_ms = (double)(clock_monotonic_ns() - record->began_ns) / 1e6;
    struct interval_facts interval = {.span_ms = span_ms};
    struct arena *arena = arena_new();
    struct facts facts;
    struct err err = {0};

    if (agent->stale)
        agent_renew(agent);
    agent_record_sampling(agent);
    facts = *agent->facts.facts;
    facts.elapsed_ms = span_ms;
    facts.sampling = sampling_parts_merge(&record->parts);
    facts.history = NULL; /* the intervals are it */
    add_drops(agent, arena, &facts);
    add_lookups(agent, span_ms, arena, &interval);
    add_findings(agent, arena, &interval);
    interval.facts = &facts;
    tell(agent, &err, flight_recorder_add(record->recorder, &interval, &err) < 0);
    agent_interval_begin(record);
    arena_free(arena);
    heap_shrink();
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
    (void)fd;
    (void)what;
    write_interval(user);
}

/* ---- begin and end ---- */

/* All that the agent may look at, and what the kernel drops meanwhile. */
static void choose_captures(const struct agent *agent, struct agent_record *record)
{
    const bool *without = agent->options->without;

    record->collection = agent->collection;
    record->collection.no_sampling = agent->options->collection->no_sampling;
    record->collection.no_drops = record->collection.no_drops || without[AGENT_DROPS];
    record->collection.no_kernel =
        record->collection.no_kernel || (without[AGENT_CONNTRACK] && without[AGENT_NODE]);
}

int agent_record_begin(struct agent *agent)
{
    const struct timeval every = {RECORDER_INTERVAL_US / 1000000, 0};
    struct agent_record *record;
    struct flight_recorder_options options = {.recorder = agent->options->record,
                                              .thresholds = agent->options->thresholds,
                                              .survey = agent->survey,
                                              .base = agent->base,
                                              .forked = agent_capture_forked,
                                              .forked_user = agent};

    if (!options.recorder.folder)
        return 0;
    record = ARENA_NEW(agent->survey->arena, struct agent_record);
    choose_captures(agent, record);
    options.collection = agent->options->without[AGENT_PROBES] ? NULL : &record->collection;
    record->recorder = flight_recorder_new(&options, &agent->survey->err);
    if (!record->recorder)
        return -EIO;
    record->arena = arena_new();
    record->tick = event_new(agent->base, -1, EV_PERSIST, on_tick, agent);
    if (!record->tick || event_add(record->tick, &every) < 0)
        err_out_of_memory();
    agent_interval_begin(record);
    agent->record = record;
    return 0;
}

bool agent_record_facts(const struct agent *agent, struct agent_recorded_facts *facts)
{
    struct recorder_counts counts;

    if (!agent->record)
        return false;
    counts = flight_recorder_counts(agent->record->recorder);
    *facts = (struct agent_recorded_facts){.intervals = counts.intervals,
                                           .captures = counts.captures,
                                           .dropped = counts.dropped,
                                           .bytes = counts.bytes};
    return true;
}

void agent_record_last(struct agent *agent)
{
    if (agent->record)
        write_interval(agent);
}

void agent_record_end(struct agent *agent)
{
    struct agent_record *record = agent->record;

    if (!record)
        return;
    agent->record = NULL;
    event_free(record->tick);
    flight_recorder_free(record->recorder);
    sampling_parts_fini(&record->parts);
    arena_free(record->arena);
}
