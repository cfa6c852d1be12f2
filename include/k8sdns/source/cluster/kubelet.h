/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_KUBELET_H
#define K8SDNS_SOURCE_KUBELET_H

#include <k8sdns/wire/cluster/kubelet_config.h>
#include <stdbool.h>

/* What this node's kubelet gives to Pods, as far as it can be seen. */
struct kubelet {
    struct kubelet_config config;
    const char *domain_where, *servers_where; /* the file, or "the kubelet's command line"; NULL */
};

/* Whether this system is a node of a cluster: the kubelet keeps its state here. */
bool kubelet_is_here(void);

/*
 * Look at the kubelet's command line, where its process can be seen, and at its configuration file: the one
 * that the command line names, else where distributions have it. A flag overrides the file, as it does for
 * the kubelet. Where there is none all of `*ret` is unset.
 */
void kubelet_observe(struct arena *arena, struct kubelet *ret);

#endif
