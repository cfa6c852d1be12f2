/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_CLUSTER_DNS_H
#define K8SDNS_MODEL_CLUSTER_DNS_H

#include <k8sdns/model/cluster/distribution.h>
#include <k8sdns/model/shape/shape.h>

/* The cache that a node may have beside it. NULL for what no object says. */
struct node_cache_dns {
    const char *space, *workload, *config_map, *selector;
    const char **addresses; /* link-local ones that resolv.conf names */
    size_t addresses_count;
};
extern const struct shape node_cache_dns_shape;

/*
 * This cluster's DNS: what its parts are called. NULL for what there is none of, or what neither an object
 * nor the distribution tells.
 */
struct cluster_dns {
    int distribution;           /* enum distribution */
    bool certain;               /* of the distribution: by a sign that only this one has */
    const char **recognised_by; /* the signs */
    size_t recognised_by_count;
    int software;               /* enum dns_software */
    int kind;                   /* enum dns_workload: what runs it */
    const char *space;          /* namespace */
    const char *service;        /* with the ClusterIP that Pods have in resolv.conf */
    const char *workload;       /* as kubectl takes it: "deployment/coredns" */
    const char *container;      /* of its Pods: the one that answers */
    bool many_containers;       /* kubectl has to be told which */
    uint64_t port;              /* of its Pods; unset when not known */
    const char *config_map;     /* with the Corefile, or kube-dns's own */
    const char *custom_map;     /* what that one imports and users may edit */
    bool custom_seen;           /* it is there */
    bool reconciled;            /* the ConfigMap is put back as it was by what installed it */
    const char *selector;       /* of its Pods: "k8s-app=kube-dns" */
    const char *account;        /* its ServiceAccount */
    const char *autoscaler_map; /* of what scales it; NULL for nothing */
    const char *domain;         /* "cluster.local" */
    const char **service_ranges;
    size_t service_ranges_count;
    struct node_cache_dns *node_cache; /* NULL: none was seen */
};
extern const struct shape cluster_dns_shape;

/*
 * By what was seen; NULL when that names nothing of it. `space` and `service` are flags and win; NULL for
 * none. Pure.
 */
struct cluster_dns *cluster_dns_from(struct arena *arena, const struct distribution_signs *signs,
                                     const char *space, const char *service, const char *domain);

/* Whether it has Pods, which kubectl can be asked about. NULL counts as usual: it has. */
bool cluster_dns_has_pods(const struct cluster_dns *dns);

#endif
