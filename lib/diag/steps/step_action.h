/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_STEP_ACTION_H
#define K8SDNS_DIAG_STEP_ACTION_H

#include <k8sdns/diag/rule.h>

/*
 * What is done to the cluster's DNS, which each distribution takes in its own way: a rule's command, or its
 * undo, is then one of these words alone.
 *
 *     {edit}      change its configuration
 *     {upstreams} the same, where that is about upstream servers, which kube-dns takes as well
 *     {keep}      keep a copy of that; {putback} writes it back
 *     {restart}   restart its Pods
 *     {rollback}  take back the last change of its workload
 *     {history}   what that was changed to before
 *     {scale}     more replicas
 *     {proxy}     see what routes ClusterIPs to Pods
 *     {memory}    a higher memory limit; {cpu}: no CPU limit
 */
struct step_action {
    const char *command; /* with the words of cluster_words.h; NULL: it cannot be done there */
    const char *undo;    /* NULL: what the rule says */
    const char *note;    /* what to know of it there; NULL */
};

/* The action that a command stands for here; NULL when the command is no such word. */
const struct step_action *step_action_of(const struct cluster_dns *dns, const char *command);

/* Where DNS has no Pods: what can be looked at instead; ends with one without a text. */
const struct step *step_instead(const struct cluster_dns *dns);

/* Of the cache on each node, where that is a service and no Pod; NULL: it is a Pod. */
const struct step *step_node_cache(const struct cluster_dns *dns);

#endif
