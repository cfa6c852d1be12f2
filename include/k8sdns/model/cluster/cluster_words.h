/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_CLUSTER_WORDS_H
#define K8SDNS_MODEL_CLUSTER_WORDS_H

#include <k8sdns/model/cluster/cluster_dns.h>

/*
 * The names of this cluster's DNS, which texts and commands have in braces:
 *
 *     {ns} {svc} {deploy} {cm} {sel}  namespace, Service, workload, ConfigMap, label selector of its Pods
 *     {c}                             " -c NAME" where its Pods have several containers, else nothing
 *     {account}                       its ServiceAccount
 *     {autoscaler}                    the ConfigMap of what scales it
 *     {custom}                        the ConfigMap that users may edit
 *     {dns}                           what answers: CoreDNS, kube-dns, Cloud DNS
 *     {cns} {csel} {cset}             namespace, label selector and workload of the cache on each node
 *
 * What nobody told is the usual name (kube-system, kube-dns, coredns). Each name is a word of a shell's
 * command (shell_word.h).
 */

/* The value of the word of `len` bytes (without its braces); NULL for one that is none of these. */
const char *cluster_word(struct arena *arena, const struct cluster_dns *dns, const char *word, size_t len);

/* A text with all of these put in; other braces stay. The text itself where it has none. */
const char *cluster_words_expand(struct arena *arena, const struct cluster_dns *dns, const char *text);

/* Whether a text names what only a cluster DNS in Pods has: its workload, Pods, ConfigMap, selector. */
bool cluster_words_need_pods(const char *text);

/* Whether it names what only a cache on each node that is a Pod has. */
bool cluster_words_need_cache(const char *text);

#endif
