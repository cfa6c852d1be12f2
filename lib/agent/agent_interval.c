/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes while an interval lasts: answers to the agent's queries, and lookups of others. */
#include "agent_interval.h"
#include "agent_state.h"
#include <k8sdns/base/clock.h>

/* A lookup of this long had no answer to its first query, or waited for an upstream. Of our choice. */
#define SLOW_US 1000000

void agent_interval_begin(struct agent_record *record)
{
    sampling_parts_reset(&record->parts);
    arena_reset(record->lookups_arena);
    record->lookups = lookups_tally_new(record->lookups_arena, SLOW_US);
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
