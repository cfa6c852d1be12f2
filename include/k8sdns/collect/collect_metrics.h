/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_METRICS_LOOK_H
#define K8SDNS_CMD_METRICS_LOOK_H

#include "command.h"
#include <k8sdns/model/kube_facts.h>
#include <k8sdns/model/metrics_facts.h>
#include <k8sdns/model/replica_facts.h>
#include <k8sdns/model/resolv_facts.h>
#include <k8sdns/source/metrics_scrape.h>

/* More than a cluster has replicas; those behind are named, not asked. */
#define METRICS_TARGETS_MAX 256

/* Whose metrics are wanted, and the last two scrapes of each. */
struct metrics_target {
    struct metrics_source source;
    int role; /* enum metrics_role */
    const char *pod, *node;
    double cpu_limit_cores; /* NAN: none, or not known */
};

struct metrics_look {
    struct run *run;
    struct metrics_target *targets;
    size_t targets_count;
    uint64_t port, timeout_us;
    const char *path; /* NULL: the usual one */
    struct metrics_trust trust;
    bool given_up_stays; /* who did not answer once is not asked again */
    struct arena *memory[2];
    struct metrics_record **before, **now; /* one for each target; NULL when there was no such scrape */
};

/* Add the replicas that were found, those about to end left out. `kube` may be NULL. */
void metrics_look_add_replicas(struct metrics_look *look, const struct replicas_facts *replicas,
                               const struct kube_facts *kube);
/* Add the node-local caches: those found, and the link-local nameservers of `view` (which may be NULL). */
void metrics_look_add_node_local(struct metrics_look *look, const struct replicas_facts *replicas,
                                 const struct resolver_view *view);
/* Add the ClusterIPs, when nobody else is known: each asks some replica. */
void metrics_look_add_cluster_ips(struct metrics_look *look, const struct replicas_facts *replicas);
void metrics_look_add_address(struct metrics_look *look, const struct address *where, int role);
/* Add a URL, an address or a file. Return 0, or a negative errno with a message in run->err. */
int metrics_look_add_named(struct metrics_look *look, const char *text) MUST_USE;

/* Whether a second scrape tells more than the first. */
bool metrics_look_changes(const struct metrics_look *look);

/* Scrape all at once. Return 0, or a negative errno with a message in run->err for a file that cannot be
 * read. */
int metrics_look_scrape(struct metrics_look *look) MUST_USE;

/* What the last two scrapes tell, in memory of run->arena. */
void metrics_look_facts(const struct metrics_look *look, struct metrics_facts *ret_facts);

/* Say who could not be scraped, and how it could be. */
void metrics_look_unobserved(struct run *run, const struct metrics_facts *facts);

void metrics_look_fini(struct metrics_look *look);

#endif
