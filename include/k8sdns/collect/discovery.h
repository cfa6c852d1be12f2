/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_DISCOVERY_H
#define K8SDNS_COLLECT_DISCOVERY_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/cluster/replica_facts.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/wire/cluster/kube_objects.h>

/* How far to go. What the user, resolv.conf and Kubernetes say is always taken. */
struct discovery_asks {
    bool kernel; /* look into this namespace's conntrack and IPVS, too */
    struct kube_objects
        *objects;         /* what Kubernetes says goes here as well, with how CoreDNS fares; or NULL */
    uint64_t api_us;      /* the most that the API may take; 0: the usual time */
    uint64_t identity_us; /* ask the servers who they are, and give them so long; 0: leave them alone */
};

/*
 * Find the cluster's DNS servers, by the most trusted way first, and put what the ways show together.
 * `resolv` may be NULL where there is none. What a way could not see stands in facts->ways, and what the DNS
 * of this cluster is called in survey->dns.
 *
 * Return 0, or a negative errno with a message in survey->err for input that the user named and that cannot
 * be read (--endpoints).
 */
int discovery_run(struct survey *survey, const struct target_options *options,
                  const struct resolv_facts *resolv, const struct resolver_view *view,
                  const struct discovery_asks *asks, struct replicas_facts *facts) MUST_USE;

struct kube_api_options;

/* Whom to ask as, and where, by the command line and the environment; each request may take `timeout_us`. */
void discovery_api_options(const struct survey *survey, const struct target_options *options,
                           uint64_t timeout_us, struct kube_api_options *ret_options);

/* Say in survey->unobserved which ways were closed that should have been open, and how to get round it. */
void discovery_unobserved(struct survey *survey, const struct replicas_facts *facts);

/* The command that shows the cluster's DNS to whoever may ask the API server. */
const char *discovery_remedy(const struct survey *survey);

#endif
