/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOOKUP_FACTS_H
#define K8SDNS_MODEL_LOOKUP_FACTS_H

#include <k8sdns/model/probe/name_view.h>
#include <k8sdns/model/resolver/lookup.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>

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
    /*
     * The same as getaddrinfo(3) would say it, whatever the resolver: EAI_NONAME, the name does not exist;
     * EAI_NODATA, it has no such record; EAI_AGAIN, no server gave an answer of use. NULL when it is ok.
     */
    const char *error_code;
    const char *note;      /* why nothing was asked; NULL otherwise */
    const char *about;     /* whose rules were followed, with the version */
    const char *left_open; /* what chance decides; NULL: nothing */
    double total_ms;
    const char **addresses;
    size_t addresses_count;
    struct lookup_query_facts *queries;
    size_t queries_count;
    uint64_t wasted;     /* how many of them */
    uint64_t wise_ndots; /* with this, the name that was found goes out first; unset when none would do */
};
extern const struct shape lookup_facts_shape;

enum lookup_divergence {
    DIFFERS_NO_SEARCH_LIST,
    DIFFERS_NEVER_AS_IS,
    DIFFERS_STOPS,       /* at `at` of the list */
    DIFFERS_NO_TCP,      /* a truncated answer */
    DIFFERS_ONE_FAMILY,  /* A and AAAA are needed, and one failed */
    DIFFERS_ONE_SERVER,  /* the server that has the answer is not tried */
    DIFFERS_NO_ANSWER,   /* it asked, and got none */
    DIFFERS_ALSO_ERRORS, /* a tool that counts an error beside the address */
    DIFFERS_NOT_ASKED,
    DIFFERS_ELSEWHERE, /* it is found under another name */
};
extern const char *const lookup_difference_names[];

/* Why one resolver does not come to what another finds. */
struct lookup_difference {
    int resolver, why, status; /* enum resolver, difference, probe_status */
    const char *at, *type, *server;
    bool tool;
    const char *text; /* one sentence */
};
extern const struct shape lookup_difference_shape;

/* A name on which the resolvers disagree here: one finds it and another does not, or not the same addresses.
 */
struct disagreement_facts {
    const char *name;
    const char *text; /* one sentence */
    struct lookup_difference *differences;
    size_t differences_count;
};
extern const struct shape disagreement_facts_shape;

/* `data` of the lookup command. */
struct lookups_facts {
    int status; /* enum health; -1: not judged */
    struct lookup_facts *lookups;
    size_t lookups_count;
    struct disagreement_facts *disagreements;
    size_t disagreements_count;
    /* Without --as: the program looked at may also follow these; enum application_runtime. */
    int runtime;
    const char **choices;
    size_t choices_count;
    struct name_view *names_as; /* as whom names were completed; NULL: as resolv.conf says */
};
extern const struct shape lookups_facts_shape;

/*
 * All found: HEALTH_OK. One found after a query timed out, a name that does not exist, or one lookup that
 * fails beside one that does not: HEALTH_DEGRADED. No server gave an answer of use: HEALTH_FAILING. No lookup
 * at all: HEALTH_UNKNOWN.
 */
int lookups_health(const struct lookup_facts *lookups, size_t count);

/* Fill the disagreements by comparing the lookups of each name, which stand together. */
void lookups_facts_compare(struct arena *arena, struct lookups_facts *facts);

/* The facts of a replayed lookup. A plan without queries is an address, which is its own answer, or fails. */
void lookup_facts_make(struct arena *arena, const struct resolver_view *view, const char *name,
                       const struct plan *plan, const struct lookup_result *result,
                       struct lookup_facts *ret_facts);

#endif
