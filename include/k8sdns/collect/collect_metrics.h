/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_METRICS_LOOK_H
#define K8SDNS_COLLECT_METRICS_LOOK_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/cluster/kube_facts.h>
#include <k8sdns/model/cluster/replica_facts.h>
#include <k8sdns/model/metrics/metrics_facts.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/source/metrics/metrics_scrape.h>

/* More than a cluster has replicas; those behind are named, not asked. */
#define METRICS_TARGETS_MAX 256

/* Whose metrics are wanted, and the last two scrapes of each. */
struct metrics_target {
    struct metrics_source source;
    int role; /* enum metrics_role */
    const char *pod, *node;
    double cpu_limit_cores; /* NAN: none, or not known */
};

struct collect_metrics {
    struct survey *survey;
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
void collect_metrics_add_replicas(struct collect_metrics *look, const struct replicas_facts *replicas,
                                  const struct kube_facts *kube);
/* Add the node-local caches: those found, and the link-local nameservers of `view` (which may be NULL). */
void collect_metrics_add_node_local(struct collect_metrics *look, const struct replicas_facts *replicas,
                                    const struct resolver_view *view);
/* Add the ClusterIPs, when nobody else is known: each asks some replica. */
void collect_metrics_add_cluster_ips(struct collect_metrics *look, const struct replicas_facts *replicas);
void collect_metrics_add_address(struct collect_metrics *look, const struct address *where, int role);
/* Add a URL, an address or a file. Return 0, or a negative errno with a message in survey->err. */
int collect_metrics_add_named(struct collect_metrics *look, const char *text) MUST_USE;

/* Whether a second scrape tells more than the first. */
bool collect_metrics_changes(const struct collect_metrics *look);

/* Scrape all at once. Return 0, or a negative errno with a message in survey->err for a file that cannot be
 * read. */
int collect_metrics_scrape(struct collect_metrics *look) MUST_USE;

/* Scrape again in place of the last scrape: the one before it stays, so that the window grows. */
int collect_metrics_scrape_later(struct collect_metrics *look) MUST_USE;

/* What the last two scrapes tell, in memory of survey->arena. */
void collect_metrics_facts(const struct collect_metrics *look, struct metrics_facts *ret_facts);

/* Say who could not be scraped, and how it could be. */
void collect_metrics_unobserved(struct survey *survey, const struct metrics_facts *facts);

void collect_metrics_fini(struct collect_metrics *look);

#endif
