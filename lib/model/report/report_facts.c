/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/facts_read.h>
#include <k8sdns/model/report/report_facts.h>
#include <k8sdns/model/resolver/lookup_matrix.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/model/shape/redact.h>
#include <k8sdns/model/shape/shape_json.h>

const char *const report_format_names[] = {"html", "markdown", "text", NULL};

static const struct shape_field fields[] = {
    SHAPE_FIELD_POINTER(struct report_facts, diagnosis, "diagnosis", &diagnose_facts_shape,
                        "what k8sdns diagnose makes of the facts; its findings stand in the envelope"),
    SHAPE_FIELD_POINTER(struct report_facts, lookups, "lookups", &lookups_facts_shape,
                        "each name as glibc, musl and Go look it up, replayed on the answers"),
    SHAPE_FIELD_POINTER(struct report_facts, facts, "facts", &facts_shape, "what was seen"),
    SHAPE_FIELD_POINTER(struct report_facts, timeline, "timeline", &timeline_facts_shape,
                        "of the recording that the facts are from: what k8sdns history says; else null"),
};
const struct shape report_facts_shape = SHAPE(struct report_facts, fields, "report");

int report_redact(struct arena *arena, struct facts *facts, const char *word, struct err *err)
{
    struct envelope_facts envelope = {.schema = ENVELOPE_SCHEMA, .host = facts->host};
    json_t *json = shape_to_json(&envelope_facts_shape, &envelope);
    int r;

    json_object_set_new(json, "data", shape_to_json(&facts_shape, facts));
    json_redact(json, &facts_shape, word);
    *facts = (struct facts){0};
    r = facts_from_json(arena, json_object_get(json, "data"), facts, err);
    json_decref(json);
    return r;
}

int report_redact_timeline(struct arena *arena, struct timeline_facts *timeline, const char *word,
                           struct err *err)
{
    struct envelope_facts envelope = {.schema = ENVELOPE_SCHEMA};
    json_t *json = shape_to_json(&envelope_facts_shape, &envelope);
    int r;

    json_object_set_new(json, "data", shape_to_json(&timeline_facts_shape, timeline));
    json_redact(json, &timeline_facts_shape, word);
    r = shape_from_json(arena, &timeline_facts_shape, json_object_get(json, "data"), timeline, err);
    json_decref(json);
    return r;
}

static void replay(struct arena *arena, const struct facts *facts, const struct resolver_view *view,
                   const char *name, struct lookups_facts *lookups)
{
    struct lookup_result result = {0};
    const char *missing;
    struct plan plan;

    plan_make(arena, view, name, &plan);
    if (lookup_from_matrix(arena, view, &plan, facts->matrix, &result, &missing))
        lookup_facts_make(arena, view, name, &plan, &result,
                          ARENA_PUSH(arena, lookups->lookups, lookups->lookups_count));
}

struct lookups_facts *report_lookups(struct arena *arena, const struct facts *facts)
{
    struct lookups_facts *lookups = ARENA_NEW(arena, struct lookups_facts);

    lookups->runtime = -1;
    lookups->names_as = facts->resolv ? facts->resolv->names_as : NULL;
    for (size_t i = 0; facts->resolv && facts->matrix && i < facts->names_count; i++)
        for (size_t v = 0; v < facts->resolv->views_count; v++)
            if (facts->names[i].kind != NAME_MISSING && facts->names[i].kind != NAME_UNCACHED)
                replay(arena, facts, &facts->resolv->views[v], facts->names[i].name, lookups);
    lookups_facts_compare(arena, lookups);
    lookups->status = lookups_health(lookups->lookups, lookups->lookups_count);
    return lookups;
}
