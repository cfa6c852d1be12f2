/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_NAME_SUGGESTIONS_H
#define K8SDNS_MODEL_NAME_SUGGESTIONS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/wire/cluster/kube_objects.h>

/*
 * Names of Services like one that does not exist, in full ("web.default.svc.cluster.local"), the likeliest
 * first, each once, at most `max`.
 *
 * Where Services are known, those whose name and namespace are at most a third of the letters away. Else what
 * people mistake: another namespace (that of the Pod, default, kube-system), service and namespace swapped,
 * "svc" left out, doubled or in the wrong place, the cluster's domain misspelled; two letters swapped, one
 * too many, a vowel or one of two letters left out.
 *
 * `domain` is the cluster's ("cluster.local"), `space` the Pod's namespace, or NULL. Pure. Return how many.
 */
size_t name_suggestions(struct arena *arena, const char *name, const char *domain, const char *space,
                        const struct kube_name *services, size_t services_count, size_t max,
                        const char ***ret_names);

#endif
