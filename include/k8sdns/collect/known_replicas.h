/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_KNOWN_REPLICAS_H
#define K8SDNS_COLLECT_KNOWN_REPLICAS_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/cluster/replica_facts.h>

/*
 * The replicas and ClusterIPs that the options, resolv.conf and Kubernetes name. What the kernel's tables
 * show is left out: these are compared with them, and are no witness for themselves.
 */
struct known_replicas {
    struct address *replicas, *cluster_ips;
    size_t replicas_count, cluster_ips_count;
    const char **names; /* of the replicas: their addresses */
    size_t names_count;
    const char **pods; /* as many; NULL where it is not known */
    size_t pods_count;
};

/* Those of facts that discovery made; of the kernel's own sightings nothing is taken. */
void known_replicas_of(struct arena *arena, const struct replicas_facts *facts,
                       struct known_replicas *ret_known);

/* Return 0, or a negative errno with a message in survey->err. */
int known_replicas_find(struct survey *survey, const struct target_options *options,
                        struct known_replicas *ret_known) MUST_USE;

#endif
