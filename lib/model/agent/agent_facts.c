/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/agent/agent_facts.h>

const char *const agent_part_names[] = {"probes", "lookups", "drops", "conntrack", "flows", "node", NULL};
const char *const agent_event_names[] = {"listens",      "part-up",      "part-down", "finding-begins",
                                         "finding-ends", "record-fails", "records",   NULL};

static const struct shape_field part_fields[] = {
    SHAPE_FIELD_CHOICE(struct agent_part_facts, part, "part", agent_part_names, "what it does"),
    SHAPE_FIELD_BOOL(struct agent_part_facts, up, "up", "whether it observes"),
    SHAPE_FIELD_TEXT(struct agent_part_facts, why, "why", "why it does not; null when it was left out"),
    SHAPE_FIELD_TEXT(struct agent_part_facts, how, "how", "how to get it"),
};
const struct shape agent_part_facts_shape = SHAPE(struct agent_part_facts, part_fields, "agent-part");

static const struct shape_field event_fields[] = {
    SHAPE_FIELD_TEXT(struct agent_event_facts, time, "time", "when, RFC 3339, UTC"),
    SHAPE_FIELD_CHOICE(struct agent_event_facts, event, "event", agent_event_names, "what the line is about"),
    SHAPE_FIELD_TEXT(struct agent_event_facts, listens, "listens", "of listens: the address and port"),
    SHAPE_FIELD_POINTER(struct agent_event_facts, part, "part", &agent_part_facts_shape,
                        "of part-up and part-down: the part"),
    SHAPE_FIELD_POINTER(struct agent_event_facts, finding, "finding", &active_finding_facts_shape,
                        "of finding-begins and finding-ends: the finding"),
    SHAPE_FIELD_TEXT(struct agent_event_facts, why, "why", "of record-fails: why nothing can be recorded"),
};
const struct shape agent_event_facts_shape = SHAPE(struct agent_event_facts, event_fields, "agent-event");

static const struct shape_field server_fields[] = {
    SHAPE_FIELD_NAME(struct agent_server_facts, server, "server", "the address, with a port other than 53"),
    SHAPE_FIELD_CHOICE(struct agent_server_facts, role, "role", target_role_names, "what it is"),
    SHAPE_FIELD_TALLIES(struct agent_server_facts, results, "results", "queries by what came of them"),
};
const struct shape agent_server_facts_shape = SHAPE(struct agent_server_facts, server_fields, "agent-server");

static const struct shape_field recorded_fields[] = {
    SHAPE_FIELD_COUNT(struct agent_recorded_facts, intervals, "intervals", "that were written"),
    SHAPE_FIELD_COUNT(struct agent_recorded_facts, captures, "captures", "full ones, likewise"),
    SHAPE_FIELD_COUNT(struct agent_recorded_facts, dropped, "dropped",
                      "of both: not written, since the disk was full or they were too large"),
    SHAPE_FIELD_COUNT(struct agent_recorded_facts, bytes, "bytes", "of the folder at the end"),
};
const struct shape agent_recorded_facts_shape =
    SHAPE(struct agent_recorded_facts, recorded_fields, "agent-recorded");

static const struct shape_field fields[] = {
    SHAPE_FIELD_REAL(struct agent_facts, seconds, "seconds", "how long it ran"),
    SHAPE_FIELD_COUNT(struct agent_facts, queries, "queries", "its own that have ended"),
    SHAPE_FIELD_COUNT(struct agent_facts, query_failures, "query_failures", "those that failed"),
    SHAPE_FIELD_COUNT(struct agent_facts, lookups, "lookups",
                      "of all programs; null where they were not observed"),
    SHAPE_FIELD_COUNT(struct agent_facts, lookup_failures, "lookup_failures", "those that failed, likewise"),
    SHAPE_FIELD_COUNT(struct agent_facts, scrapes, "scrapes", "pages of metrics that were asked for"),
    SHAPE_FIELD_OBJECTS(struct agent_facts, parts, "parts", &agent_part_facts_shape,
                        "what it does, and what it may not"),
    SHAPE_FIELD_OBJECTS(struct agent_facts, servers, "servers", &agent_server_facts_shape,
                        "what came of its queries, by server"),
    SHAPE_FIELD_TEXTS(struct agent_facts, standing, "standing", "ids of the findings that stand"),
    SHAPE_FIELD_POINTER(struct agent_facts, recorded, "recorded", &agent_recorded_facts_shape,
                        "what was recorded; null without --record"),
};
const struct shape agent_facts_shape = SHAPE(struct agent_facts, fields, "agent");

void agent_facts_of(const struct agent_counts *counts, struct arena *arena, struct agent_facts *facts)
{
    facts->queries = counts->queries;
    facts->query_failures = counts->query_failures;
    for (size_t i = 0; i < counts->servers_count; i++) {
        const struct agent_server *server = &counts->servers[i];
        struct agent_server_facts *row = ARENA_PUSH(arena, facts->servers, facts->servers_count);

        *row = (struct agent_server_facts){.server = arena_text(arena, server->server), .role = server->role};
        for (int r = 0; r < AGENT_RESULTS; r++)
            *ARENA_PUSH(arena, row->results, row->results_count) =
                (struct shape_tally){agent_result_names[r], server->results[0][r] + server->results[1][r]};
    }
}
