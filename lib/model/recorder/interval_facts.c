/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/model/facts_read.h>
#include <k8sdns/model/recorder/interval_facts.h>
#include <k8sdns/model/shape/shape_json.h>

static const struct shape_field fields[] = {
    SHAPE_FIELD_NAME(struct interval_facts, time, "time", "of its end, RFC 3339, UTC"),
    SHAPE_FIELD_REAL(struct interval_facts, span_ms, "span_ms", "how long it was"),
    SHAPE_FIELD_BOOL(struct interval_facts, is_capture, "capture",
                     "a full capture, taken since something began"),
    SHAPE_FIELD_TEXT(struct interval_facts, why, "why", "of a capture: what began"),
    SHAPE_FIELD_POINTER(struct interval_facts, facts, "facts", &facts_shape,
                        "what was seen; the sampling is of this interval alone"),
    SHAPE_FIELD_POINTER(struct interval_facts, lookups, "lookups", &traced_lookups_facts_shape,
                        "lookups of programs; null when they were not watched"),
    SHAPE_FIELD_OBJECTS(struct interval_facts, findings, "findings", &finding_shape,
                        "the findings that stood at its end"),
};
const struct shape interval_facts_shape = SHAPE(struct interval_facts, fields, "interval");

static const char *const timeline_parts[] = {"time",      "elapsed_ms", "host", "sampling",
                                             "conntrack", "node",       "drops"};

static json_t *without_the_rest(const json_t *facts)
{
    json_t *kept = json_object();

    for (size_t i = 0; i < sizeof(timeline_parts) / sizeof(timeline_parts[0]); i++)
        json_object_set(kept, timeline_parts[i], json_object_get(facts, timeline_parts[i]));
    return kept;
}

/* Likewise, with who was asked, and what CoreDNS counts. */
static json_t *for_a_report(const json_t *facts)
{
    json_t *kept = without_the_rest(facts), *matrix = json_copy(json_object_get(facts, "matrix"));

    json_object_set_new(matrix, "probes", json_array());
    json_object_set_new(kept, "matrix", matrix);
    json_object_set(kept, "metrics", json_object_get(facts, "metrics"));
    return kept;
}

int interval_from_json(struct arena *arena, json_t *json, enum interval_parts parts,
                       struct interval_facts *ret_interval, struct err *err)
{
    struct interval_facts interval = {0};
    struct facts *facts = ARENA_NEW(arena, struct facts);
    json_t *inside = json_object_get(json, "facts"), *outside, *kept;
    int r;

    if (!json_is_object(inside))
        return err_set(err, ERR_FORMAT, EBADMSG, "an interval without facts");
    /* Facts are read by themselves, since those of an earlier version are completed. */
    outside = json_copy(json);
    json_object_del(outside, "facts");
    r = shape_from_json(arena, &interval_facts_shape, outside, &interval, err);
    json_decref(outside);
    if (r < 0)
        return r;
    /* Who asks all servers for all names judges what they say. */
    interval.is_judged = json_is_object(json_object_get(inside, "matrix"));
    kept = parts == INTERVAL_TIMELINE                       ? without_the_rest(inside)
           : parts == INTERVAL_REPORT && interval.is_judged ? for_a_report(inside)
                                                            : json_incref(inside);
    r = facts_from_json(arena, kept, facts, err);
    json_decref(kept);
    if (r < 0)
        return r;
    interval.facts = facts;
    *ret_interval = interval;
    return 0;
}
