/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_PLAN_FACTS_H
#define K8SDNS_MODEL_PLAN_FACTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/model/shape/shape.h>
#include <stdbool.h>

/* One query that a resolver would send. */
struct planned_query {
    const char *name;   /* without the final dot */
    const char *type;   /* "A" or "AAAA" */
    uint64_t socket;    /* numbers the source ports, from 0 */
    int stage;          /* 0 "search", 1 "as-is" */
    const char *suffix; /* the search suffix, NULL as-is */
    const char *server; /* the nameserver it would go to first; NULL when to all at once (musl) */
};
extern const struct shape planned_query_shape;

/* What one resolver would send for one name, in order, if every answer were NXDOMAIN. */
struct plan {
    int resolver;
    const char *asked_for; /* the name as given */
    struct planned_query *queries;
    size_t queries_count;
    bool waits_out;      /* musl before 1.2.4 then sends what is no question, and waits for its timeout */
    const char *note;    /* why there are none, or what is special; NULL for an ordinary plan */
    const char *address; /* what a name that is an address stands for; NULL for others */
};
extern const struct shape plan_shape;

struct name_plans {
    const char *name; /* as given */
    struct plan *plans;
    size_t plans_count;
};
extern const struct shape name_plans_shape;

/* `data` of the expand command. */
struct expand_facts {
    struct name_plans *names;
    size_t names_count;
    int detected;               /* enum resolver_kind, or -1 when nothing was detected */
    struct name_view *names_as; /* as whom names were completed; NULL: as resolv.conf says */
};
extern const struct shape expand_facts_shape;

/*
 * Plan the queries for `name` as the resolver of `view` would. Pure: no file, no socket, no clock.
 * A name that the resolver never sends (an address, a bad name, localhost where it is special) gives an
 * empty plan with a note.
 */
void plan_make(struct arena *arena, const struct resolver_view *view, const char *name,
               struct plan *ret_plan);

#endif
