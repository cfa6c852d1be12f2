/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOOKUP_FACTS_H
#define K8SDNS_MODEL_LOOKUP_FACTS_H

#include <k8sdns/model/lookup.h>
#include <k8sdns/model/shape.h>

/* One question of a lookup, as it is shown. */
struct lookup_query_facts {
    double at_ms;  /* since the lookup began */
    double rtt_ms; /* NAN without an answer */
    const char *server, *name, *type;
    int transport; /* enum probe_transport */
    uint64_t socket, attempt;
    int status;  /* enum probe_status */
    bool wasted; /* the name that it asks for is not the one that was found */
};
extern const struct shape lookup_query_facts_shape;

enum lookup_outcome {
    LOOKUP_OK,
    LOOKUP_FAIL,
};

/* One lookup, as the application would see it. */
struct lookup_facts {
    const char *name;
    int resolver;      /* enum resolver */
    int result;        /* enum lookup_outcome */
    const char *error; /* the resolver's words; NULL when it is ok */
    const char *note;  /* why nothing was asked; NULL otherwise */
    double total_ms;
    const char **addresses;
    size_t addresses_count;
    struct lookup_query_facts *queries;
    size_t queries_count;
    uint64_t wasted;     /* how many of them */
    uint64_t wise_ndots; /* with this, the name that was found goes out first; unset when none would do */
};
extern const struct shape lookup_facts_shape;

/* A name on which the resolvers disagree here: one finds it and another does not, or not the same addresses.
 */
struct disagreement_facts {
    const char *name;
    const char *text; /* one sentence */
};
extern const struct shape disagreement_facts_shape;

/* `data` of the lookup command. */
struct lookups_facts {
    struct lookup_facts *lookups;
    size_t lookups_count;
    struct disagreement_facts *disagreements;
    size_t disagreements_count;
};
extern const struct shape lookups_facts_shape;

/* Fill the disagreements by comparing the lookups of each name, which stand together. */
void lookups_facts_compare(struct arena *arena, struct lookups_facts *facts);

/* The facts of a replayed lookup. A plan without queries is an address, which is its own answer, or fails. */
void lookup_facts_make(struct arena *arena, const struct resolver_view *view, const char *name,
                       const struct plan *plan, const struct lookup_result *result,
                       struct lookup_facts *ret_facts);

#endif
