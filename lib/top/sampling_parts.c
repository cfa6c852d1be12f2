/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/shape/shape_json.h>
#include <k8sdns/model/watch/watch_merge.h>
#include <k8sdns/top/sampling_parts.h>

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

void sampling_parts_add(struct sampling_parts *p, const struct watch_facts *facts)
{
    if (!p->arena)
        p->arena = arena_new();
    *(const struct watch_facts **)arena_push(p->arena, &p->parts, &p->count, sizeof(struct watch_facts *)) =
        copy(p->arena, facts);
    p->span_ms += facts->span_ms;
}

struct watch_facts *sampling_parts_merge(struct sampling_parts *p)
{
    struct watch_facts *merged;

    if (!p->count)
        return NULL;
    merged = ARENA_NEW(p->arena, struct watch_facts);
    watch_merge(p->arena, p->parts, p->count, merged);
    return merged;
}

void sampling_parts_reset(struct sampling_parts *p)
{
    if (p->arena)
        arena_reset(p->arena);
    p->parts = NULL;
    p->count = 0;
    p->span_ms = 0;
}

void sampling_parts_fini(struct sampling_parts *p)
{
    arena_free(p->arena);
    *p = (struct sampling_parts){0};
}
