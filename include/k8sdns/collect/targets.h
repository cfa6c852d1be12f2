/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_TARGETS_H
#define K8SDNS_COLLECT_TARGETS_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/cluster/replica_facts.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/model/resolver/resolv_facts.h>

#define TARGETS_MAX 256

/*
 * Whom to ask: what the options name, and (unless they forbid it) the nameservers that `view` uses. When the
 * options name nobody, or a file of endpoints, what discovery finds is added. An address stands once, as what
 * it was first named for. `resolv` tells whether the first nameserver is the ClusterIP.
 *
 * Return the count, or a negative errno with a message in survey->err: none, or more than TARGETS_MAX.
 */
int targets_collect(struct survey *survey, const struct target_options *options,
                    const struct resolv_facts *resolv, const struct resolver_view *view,
                    struct target_facts **ret_targets) MUST_USE;

/* The same when discovery was done before: `replicas` is what it found, NULL for nothing. */
int targets_put_together(struct survey *survey, const struct target_options *options,
                         const struct resolv_facts *resolv, const struct resolver_view *view,
                         const struct replicas_facts *replicas, struct target_facts **ret_targets) MUST_USE;

/* The addresses of those that are the cluster's own DNS, ClusterIP and replicas. Return how many. */
size_t targets_of_cluster(struct arena *arena, const struct target_facts *targets, size_t count,
                          struct address **ret_addresses);

#endif
