/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/resolver/plan_facts.h>

static const char *const stage_names[] = {"search", "as-is", NULL};

static const struct shape_field query_fields[] = {
    SHAPE_FIELD_NAME(struct planned_query, name, "name", "without the final dot; \".\" is the root"),
    SHAPE_FIELD_NAME(struct planned_query, type, "type", "A or AAAA"),
    SHAPE_FIELD_COUNT(struct planned_query, socket, "socket", "numbers the source ports, from 0"),
    SHAPE_FIELD_CHOICE(struct planned_query, stage, "stage", stage_names,
                       "from the search list, or the name as it is"),
    SHAPE_FIELD_TEXT(struct planned_query, suffix, "suffix", "the search suffix; null as-is"),
    SHAPE_FIELD_TEXT(struct planned_query, server, "server", "asked first; null when all are asked at once"),
};
const struct shape planned_query_shape = SHAPE(struct planned_query, query_fields, "planned_query");

static const struct shape_field plan_fields[] = {
    SHAPE_FIELD_CHOICE(struct plan, resolver, "resolver", resolver_all_names, "who would send them"),
    SHAPE_FIELD_OBJECTS(struct plan, queries, "queries", &planned_query_shape,
                        "in order, if every answer were NXDOMAIN; A and AAAA of one name go out together"),
    SHAPE_FIELD_TEXT(struct plan, note, "note", "why there are none, or what is special"),
    SHAPE_FIELD_TEXT(struct plan, address, "address",
                     "the address that the name stands for, as with 127.1; null for other names"),
};
const struct shape plan_shape = SHAPE(struct plan, plan_fields, "plan");

static const struct shape_field name_fields[] = {
    SHAPE_FIELD_NAME(struct name_plans, name, "name", "as given"),
    SHAPE_FIELD_OBJECTS(struct name_plans, plans, "plans", &plan_shape, "one for each resolver asked for"),
};
const struct shape name_plans_shape = SHAPE(struct name_plans, name_fields, "name_plans");

static const struct shape_field fields[] = {
    SHAPE_FIELD_OBJECTS(struct expand_facts, names, "names", &name_plans_shape, "in the order given"),
    SHAPE_FIELD_WORD(struct expand_facts, detected, "detected", resolver_kind_names,
                     "resolver of the process looked at; null when nothing was detected"),
    SHAPE_FIELD_POINTER(struct expand_facts, names_as, "names_as", &name_view_shape,
                        "as whom names were completed; null when as resolv.conf says"),
};
const struct shape expand_facts_shape = SHAPE(struct expand_facts, fields, "expand");
