/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DIAGNOSE_FACTS_H
#define K8SDNS_MODEL_DIAGNOSE_FACTS_H

#include <k8sdns/model/probe/name_view.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>

/* What became of one rule. */
struct check_facts {
    const char *id;
    int state;          /* enum finding_state */
    const char *detail; /* quiet: what is well; unknown: what is missing; NULL when it fires */
};
extern const struct shape check_facts_shape;

/* What an application here sees of a name: the lookup of its resolver, replayed on the answers. */
struct seen_lookup {
    const char *name;
    int resolver; /* enum resolver */
    bool found;
    bool exists;       /* some server has an address for it */
    const char *error; /* the resolver's words for a failure; NULL */
    double total_ms;
};
extern const struct shape seen_lookup_shape;

/* How busy it was where and when the report was made; NAN what was not seen. */
struct report_load {
    double latency_ms;           /* the median over the servers of the median of their good answers */
    double conntrack_fill_ratio; /* of the node's table */
    double cpu_pressure_percent; /* of ten seconds that some process waited for a CPU */
    double queries_per_second;   /* of all replicas, by what they count */
};
extern const struct shape report_load_shape;

/* How fast one server answers the same query again and again. */
struct server_latency {
    const char *server;
    double p50_ms, p99_ms;
};
extern const struct shape server_latency_shape;

/* What became of all queries to one server: the matrix over UDP and the sampling. */
struct server_tally {
    const char *server;
    const char *role;       /* of target_role_names */
    uint64_t asked, failed; /* failed: lost, damaged, or answered with an error */
};
extern const struct shape server_tally_shape;

/* `data` of the diagnose command; the findings stand in the envelope. */
struct diagnose_facts {
    int status;          /* enum health, by the worst finding; -1 in reports of older versions */
    const char *verdict; /* one sentence, which begins with the status */
    const char *time;    /* when it was seen */
    const char *node;    /* as far as known, as the next */
    const char *pod;
    const char *as_pod; /* names were completed as in a Pod of this namespace; NULL: as resolv.conf says */
    struct name_view *names_as; /* the same with the domain; NULL with that */
    int frequency;              /* enum frequency; -1 when too little was asked */
    const char *frequency_text;
    const char *scope;            /* how wide, as far as one place can tell */
    uint64_t asked, answered;     /* questions, over everything */
    uint64_t failed;              /* of these: lost, or without an answer that is of use */
    double failure_ratio;         /* NAN when nothing was asked */
    struct server_tally *servers; /* the same by server */
    size_t servers_count;
    struct server_latency *latency; /* of each server that was sampled and answers */
    size_t latency_count;
    bool only_files;             /* nothing was asked, but there were files to judge; not in JSON */
    struct seen_lookup *lookups; /* one for each name that should exist */
    size_t lookups_count;
    struct report_load *load; /* NULL in reports of older versions */
    const char **healthy;     /* what was looked at and found well */
    size_t healthy_count;
    const char **next; /* commands that would tell more */
    size_t next_count;
    struct step *for_admin; /* what to send to who runs the cluster; NULL: nothing that they alone see */
    struct check_facts *checks;
    size_t checks_count;
    struct finding *findings; /* the envelope's, for the text; not in JSON */
    size_t findings_count;
    struct unobserved *unobserved; /* likewise */
    size_t unobserved_count;
};
extern const struct shape diagnose_facts_shape;

#endif
