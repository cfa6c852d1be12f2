/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_POD_VIEW_H
#define K8SDNS_COLLECT_POD_VIEW_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/corefile/corefile_facts.h>
#include <k8sdns/model/resolver/resolv_facts.h>

/*
 * A Pod's view from a node. There, and in a Pod with hostNetwork, resolv.conf is the node's, which completes
 * no name of the cluster; so the answers would be other than those that Pods get.
 */

/* Whether resolv.conf is that of this node, and not one that was named, captured or is of a Pod's process. */
bool pod_view_is_node(const struct survey *survey);

/* What this node's kubelet gives to Pods (kubelet_observe()), looked for once. */
const struct kubelet *pod_view_kubelet(struct survey *survey);

/* Whether there is a cluster around: the kubelet's folder, or a Pod with hostNetwork. */
bool pod_view_has_cluster(const struct survey *survey);

/*
 * --as-pod: NAMESPACE, or NAMESPACE.svc.DOMAIN. Without a domain it is that of the file, the kubelet's, or
 * the usual one. Return 0 or -EINVAL with a message.
 */
int pod_view_take_option(struct survey *survey, struct resolv_facts *resolv) MUST_USE;

/* On a node of a cluster: complete names as a Pod does from here on, unless that is done. */
void pod_view_complete(struct survey *survey, bool has_cluster, struct resolv_facts *resolv);

/*
 * The same for what asks the nameservers of the file: they become those that Pods ask, by the kubelet. Where
 * it does not tell, the view stays the node's own, and `resolv->names_as` says so.
 */
void pod_view_complete_with_servers(struct survey *survey, bool asks, struct resolv_facts *resolv);

/*
 * Where the domain is only assumed: take that which the kubernetes plugin of a Corefile serves, or ask
 * servers of the cluster. Return whether it is another one now.
 */
bool pod_view_take_corefile(struct survey *survey, struct resolv_facts *resolv,
                            const struct corefile_facts *corefile);
bool pod_view_ask(struct survey *survey, struct resolv_facts *resolv, const struct address *servers,
                  size_t count);

#endif
