/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_KUBE_OBJECTS_H
#define K8SDNS_WIRE_KUBE_OBJECTS_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>

/*
 * Of Kubernetes objects in JSON, those that say where the cluster's DNS is: Services, EndpointSlices,
 * Endpoints and Pods of CoreDNS (or kube-dns) and of node-local-dns; and those that say how it fares: its
 * Deployment, the ConfigMap with its Corefile, Events that warn of it, and the Nodes. All others are passed
 * over and counted.
 *
 * CoreDNS goes by the Service names kube-dns (kubeadm and most others), coredns, kube-dns-upstream
 * (node-local-dns's own Service) and dns-default (OpenShift), or by the labels k8s-app=kube-dns,
 * k8s-app=coredns and app.kubernetes.io/name=coredns. Source: the manifests of kubeadm and of the CoreDNS
 * chart, and kubernetes.io/docs/tasks/administer-cluster/nodelocaldns.
 */

/* More than this is not of one cluster's DNS; `kubectl ... -l k8s-app=kube-dns` makes it small. */
#define KUBE_JSON_MAX (64 * 1024 * 1024)

enum kube_answer {
    KUBE_UNKNOWN = -1,
    KUBE_NO = 0,
    KUBE_YES = 1,
};

struct kube_service {
    const char *name, *space;
    struct address *addresses; /* clusterIPs, with the port of DNS; none for a headless Service */
    size_t addresses_count;
    bool node_local;
};

/* Any Service of the cluster, by its name. */
struct kube_name {
    const char *name, *space;
};
#define KUBE_NAMES_MAX 50000

struct kube_endpoint {
    struct address where; /* with the port of DNS over UDP */
    const char *service, *space;
    const char *node, *pod; /* NULL when not said */
    int ready;              /* enum kube_answer */
    bool terminating;
    bool node_local;
};

struct kube_pod {
    const char *name, *space, *node, *version; /* NULL when not said; version by the image's tag, "1.11.1" */
    struct address *addresses;                 /* ports are 0 */
    size_t addresses_count;
    int ready; /* enum kube_answer */
    uint64_t restarts;
    const char *last_end, *last_end_time; /* of the container that serves DNS: "OOMKilled"; NULL for never */
    const char *started, *cpu_limit;      /* NULL when not said */
    bool node_local;
};

/* The Deployment of CoreDNS. */
struct kube_deployment {
    const char *name, *changed; /* when its ReplicaSet changed last; NULL */
    uint64_t wanted, available; /* UINT64_MAX when not said */
};

/* The ConfigMap that holds the Corefile. */
struct kube_config {
    const char *name, *corefile, *changed; /* NULL when not said */
};

/* A warning about CoreDNS. */
struct kube_event {
    const char *object, *reason, *message, *time;
    uint64_t count; /* UINT64_MAX when not said */
};

struct kube_objects {
    struct kube_service *services;
    size_t services_count;
    struct kube_endpoint *endpoints;
    size_t endpoints_count;
    struct kube_pod *pods;
    size_t pods_count;
    struct kube_deployment *deployments;
    size_t deployments_count;
    struct kube_config *configs;
    size_t configs_count;
    struct kube_event *events;
    size_t events_count;
    uint64_t nodes;          /* of the cluster, as many as were read */
    struct kube_name *names; /* of all Services that were read, DNS's or not; at most KUBE_NAMES_MAX */
    size_t names_count;
    size_t names_dropped;   /* beyond them */
    const char **not_ready; /* the names of those that say so */
    size_t not_ready_count;
    size_t others;             /* objects of other kinds or of other applications */
    const char *continue_from; /* of the last list, when it has further pages; else NULL */
    const char *status;        /* the message of a Status object, which is an answer of failure; else NULL */
};

/*
 * Read one JSON document: an object, a List of mixed kinds as kubectl writes it, or a list as the API does.
 * What it holds is appended to `*objects`, which the caller zeroes before the first; texts are copied.
 * Return 0, or -EBADMSG with a message that says where it is no JSON, or what it is instead.
 */
int kube_objects_read(struct arena *arena, const char *bytes, size_t len, struct kube_objects *objects,
                      struct err *err) MUST_USE;

#endif
