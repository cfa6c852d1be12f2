/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes while an interval lasts: answers to the agent's queries, and lookups of others. */
#include "agent_interval.h"
#include "agent_state.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape_json.h>

/* A lookup of this long had no answer to its first query, or waited for an upstream. Of our choice. */
#define SLOW_US 1000000

void agent_interval_begin(struct agent_record *record)
{
    sampling_parts_reset(&record->parts);
    arena_reset(record->arena);
    record->lookups = lookups_tally_new(record->arena, SLOW_US);
    record->begun = NULL;
    record->begun_count = 0;
    record->began_ns = clock_monotonic_ns();
}

void agent_record_sampling(struct agent *agent)
{
    struct agent_record *record = agent->record;
    struct watch_facts facts;
    struct arena *arena;

    if (!record)
        return;
    arena = arena_new();
    if (top_session_interval_facts(agent->session, arena, &facts))
        sampling_parts_add(&record->parts, &facts);
    arena_free(arena);
}

void agent_record_finding(struct agent *agent, const struct finding *finding)
{
    struct agent_record *record = agent->record;
    struct err err = {0};
    json_t *json;

    if (!record || !finding)
        return;
    json = shape_to_json(&finding_shape, finding);
    if (!json)
        err_out_of_memory();
    if (shape_from_json(record->arena, &finding_shape, json,
                        ARENA_PUSH(record->arena, record->begun, record->begun_count), &err) < 0)
        record->begun_count--; /* never, since the shape has just written it */
    json_decref(json);
}

void agent_record_lookup(struct agent *agent, const struct lookups_call_facts *call)
{
    enum agent_lookup_result result = agent_lookup_result_of(call);
    struct lookups_call_facts counted = *call;

    if (!agent->record || result == AGENT_LOOKUP_UNCOUNTED)
        return;
    /* A name that does not exist is an answer. */
    counted.failed = result >= AGENT_LOOKUP_TIMEOUT;
    lookups_tally_add(agent->record->lookups, &counted);
}

void agent_capture_forked(void *user)
{
    const struct agent *agent = user;

    if (agent->listener)
        http_listener_forked(agent->listener);
}

void agent_forked(void *user)
{
    const struct agent *agent = user;

    agent_capture_forked(user);
    if (agent->record)
        flight_recorder_forked(agent->record->recorder);
}
