/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_COLLECTION_STATE_H
#define K8SDNS_COLLECT_COLLECTION_STATE_H

#include <k8sdns/collect/collection.h>
#include <k8sdns/collect/known_replicas.h>
#include <k8sdns/source/probe/prober.h>

/* One collection as it goes along; private to collection*.c. */

/* What a few Pods send; far below any server's limits. */
#define QPS 200

/* Shares of the budget, so that the sum is no more than all of it when everything is silent. */
#define SHARE_API      0.15
#define SHARE_MATRIX   0.25
#define SHARE_AGAIN    0.10
#define SHARE_TCP      0.10
#define SHARE_METRICS  0.05
#define SHARE_HOP      0.04
#define SHARE_SAMPLING 0.20
/* The sampling, where nothing has failed until then and nobody else is watched. */
#define SHARE_SPOTLESS 0.12
#define SHARE_LAST     0.15

/* How much of the budget pipes may take, and how much is left to the asking at least. */
#define SHARE_PIPES  0.50
#define SHARE_ASKING 0.75

struct collection_flows;

struct collection {
    struct survey *survey;
    const struct collection_options *options;
    struct facts *facts;
    const struct resolver_view *view;
    const char *domain, *own; /* the cluster's, and a name of it that always is */
    struct target_facts *targets;
    size_t targets_count;
    struct probe_candidate *candidates;
    size_t candidates_count;
    uint16_t *port_targets;
    struct prober_rest *rest; /* what may still be answered of the first questions; NULL: nothing */
    struct prober_rest *records_rest;
    struct matrix_facts *records_again; /* what was lost of the records, asked once more; NULL */
    struct known_replicas known;
    uint64_t began_ns;          /* monotonic */
    uint64_t left_us;           /* of the budget, once the files are read; 0: all of it */
    struct kube_name *services; /* of the whole cluster, as far as they are known */
    size_t services_count;
    struct collection_flows *flows;
    bool tracked; /* the queries of others are in the table that can be read here */
    bool alone;   /* there is no server to query, but files to judge */
};

/* Read resolv.conf, and choose the names and what they are asked as: no question is sent. */
int collection_begin(struct collection *collection) MUST_USE;

/* The file; the names, and what they are asked as; these again, where the cluster's domain shows later. */
int collection_read_resolv(struct collection *collection) MUST_USE;
int collection_choose_names(struct collection *collection) MUST_USE;
int collection_learn_domain(struct collection *collection) MUST_USE;

uint64_t collection_share_us(const struct collection *collection, double share);

/* The name that always is, under the domain that is served, where that is another. */
struct probe_candidate collection_own_candidate(const struct collection *collection);

/* A line on the terminal while people wait: what is being done; "" takes it away. */
void collection_progress(const struct collection *collection, const char *what);

/* Ask everything once: facts->matrix, small, name_suggestions and tcp. */
void collection_ask(struct collection *collection);

/* Ask `targets` for A and AAAA of these; a survey that could not ask anything is a gap, and NULL. */
struct matrix_facts *collection_ask_at(struct collection *collection, struct target_facts *targets,
                                       size_t targets_count, const struct probe_candidate *candidates,
                                       size_t count, const struct prober_options *special);

/*
 * Besides A and AAAA, once each at every server that is heard: SRV of the named ports of Services, and PTR of
 * the own addresses. What is lost is asked once more, and what comes late is taken at the end:
 * facts->records.
 */
void collection_ask_records(struct collection *collection);
void collection_hear_records(struct collection *collection);

/* What has been answered of that since, after its timeout: as late as a program would get it. */
void collection_hear_rest(struct collection *collection);

/*
 * What is sent to addresses that are no servers, or not meant to arrive: facts->service_guess and
 * interception. Not while the kernel is watched, since what it drops of this is no fault.
 */
void collection_ask_aside(struct collection *collection);

/* Whom sockets are connected to that are no server known: whether they answer. */
void collection_ask_strangers(struct collection *collection);

/* Follow the flows of others from here on; at the end: facts->conntrack->flows, when there is such a table,
 * or a gap. */
void collection_flows_begin(struct collection *collection);
void collection_flows_end(struct collection *collection);

/* The same question again and again, for what is lost now and then: facts->sampling. */
void collection_sample(struct collection *collection);

#endif
