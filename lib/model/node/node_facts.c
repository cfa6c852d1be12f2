/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/node/node_facts.h>
#include <string.h>

static const struct shape_field limit_fields[] = {
    SHAPE_FIELD_NAME(struct limit_facts, id, "id", "what it is, for runbooks"),
    SHAPE_FIELD_NAME(struct limit_facts, label, "label", "the same for people"),
    SHAPE_FIELD_REAL(struct limit_facts, use, "use", "how much is used"),
    SHAPE_FIELD_REAL(struct limit_facts, limit, "limit", "how much there is"),
    SHAPE_FIELD_REAL(struct limit_facts, ratio, "ratio", "used of what there is, 0 to 1"),
    SHAPE_FIELD_COUNT(struct limit_facts, events, "events", "how often it ran out, since the start"),
    SHAPE_FIELD_REAL(struct limit_facts, events_per_second, "events_per_second", "over the interval"),
    SHAPE_FIELD_NAME(struct limit_facts, unit, "unit", "of use and limit"),
    SHAPE_FIELD_NAME(struct limit_facts, affects, "affects", "what it does to DNS"),
    SHAPE_FIELD_TEXT(struct limit_facts, detail, "detail", "what is special about it"),
};
const struct shape limit_facts_shape = SHAPE(struct limit_facts, limit_fields, "node_limit");

static const struct shape_field fields[] = {
    SHAPE_FIELD_OBJECTS(struct node_facts, limits, "limits", &limit_facts_shape,
                        "what the node has only so much of"),
    SHAPE_FIELD_TEXTS(struct node_facts, unseen, "unseen",
                      "those that this kernel does not have, or does not show here"),
};
const struct shape node_facts_shape = SHAPE(struct node_facts, fields, "node");

void node_facts_compare(const struct node_facts *before, struct node_facts *now, double seconds)
{
    for (size_t i = 0; i < now->limits_count; i++) {
        struct limit_facts *is = &now->limits[i];

        for (size_t k = 0; k < before->limits_count; k++) {
            const struct limit_facts *was = &before->limits[k];

            if (strcmp(was->id, is->id) == 0 && was->events != SHAPE_UNSET && is->events != SHAPE_UNSET &&
                is->events >= was->events)
                is->events_per_second = (double)(is->events - was->events) / seconds;
        }
    }
}
