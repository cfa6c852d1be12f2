/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_KUBE_OBJECTS_H
#define K8SDNS_WIRE_KUBE_OBJECTS_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/corefile/corefile.h>

/*
 * Of Kubernetes objects in JSON, those that say where the cluster's DNS is: Services, EndpointSlices,
 * Endpoints and Pods of CoreDNS (or kube-dns) and of node-local-dns; and those that say how it fares: its
 * Deployment, the ConfigMap with its Corefile, Events that warn of it, the Nodes and NetworkPolicies. All
 * others are passed over and counted.
 *
 * A Pod belongs to it, too, when an endpoint's targetRef names it or the selector of its Service fits it.
 *
 * Which Service it is, is told best by the address that Pods ask (`wanted`): where a Service has it, whatever
 * its name, namespace and labels are, other servers of DNS in the cluster are passed over.
 *
 * CoreDNS goes by the Service names kube-dns (kubeadm and most others), coredns, kube-dns-upstream
 * (node-local-dns's own Service) and dns-default (OpenShift), or by the labels k8s-app=kube-dns,
 * k8s-app=coredns, app.kubernetes.io/name=coredns and those of OpenShift's DNS operator. Source: the
 * manifests of kubeadm and of the CoreDNS chart, and
 * kubernetes.io/docs/tasks/administer-cluster/nodelocaldns.
 */

/* More than this is not of one cluster's DNS; `kubectl ... -l k8s-app=kube-dns` makes it small. */
#define KUBE_JSON_MAX (56 * 1024 * 1024)

enum kube_answer {
    KUBE_UNKNOWN = -1,
    KUBE_NO = 0,
    KUBE_YES = 1,
};

struct kube_service {
    const char *name, *space;
    struct address *addresses; /* clusterIPs, with the port of DNS; none for a headless Service */
    size_t addresses_count;
    const char *selector; /* "k8s-app=kube-dns,a=b"; NULL for none */
    const char *labels;   /* likewise */
    bool node_local;
    bool wanted;         /* the one that was asked for: see struct kube_wanted */
    bool no_udp, no_tcp; /* it has no port 53 of that protocol */
    bool local_only;     /* internalTrafficPolicy: Local */
    const char *without; /* why it has no address: "clusterIP: None"; NULL where it has, or may get one */
};

/* Which Service is looked for; nothing set: by names and labels alone. */
struct kube_wanted {
    const struct address *addresses; /* that Pods have as nameserver; ports do not count */
    size_t addresses_count;
    const char *space, *service; /* by flags; NULL */
    bool every;                  /* whatever serves DNS: who is asked is told later */
};

/* A ConfigMap of DNS, whatever it holds. */
enum kube_map_kind {
    KUBE_MAP_COREFILE,
    KUBE_MAP_CUSTOM, /* what a Corefile imports: coredns-custom */
    KUBE_MAP_KUBE_DNS,
    KUBE_MAP_NODE_LOCAL,
};

struct kube_map {
    const char *name, *space, *labels;
    int kind;
    bool reconciled; /* somebody puts it back as it was (addonmanager.kubernetes.io/mode: Reconcile) */
};

/* What a node says of the machine and of whose cluster it is. */
struct kube_node {
    const char *version, *provider, *image, *kernel; /* kubelet's, providerID, osImage; NULL */
    const char *labels;                              /* "a=b,c=d"; NULL */
};
#define KUBE_NODES_MAX 32

/* How many ready endpoints a Service of DNS has; it may have none. */
struct kube_backing {
    const char *service, *space;
    uint64_t ready;
};

/* What says that a Pod is one of DNS: its name, or a selector that fits it. */
struct kube_sign {
    const char *space;    /* "" for any */
    const char *pod;      /* NULL for a selector */
    const char *selector; /* "k8s-app=kube-dns" */
};

/* A port of a Service that has a name, by which SRV finds it. */
struct kube_port {
    const char *name;
    const char *protocol; /* "tcp", "udp", "sctp" */
};

/* Any Service of the cluster, by its name. */
struct kube_name {
    const char *name, *space;
    struct kube_port *ports; /* none of a Service that stands for a name elsewhere (ExternalName) */
    size_t ports_count;
};
#define KUBE_NAMES_MAX 50000

/* Of one kind: no cluster's DNS has so many, and readers compare each with each. */
#define KUBE_OBJECTS_MAX 10000

struct kube_endpoint {
    struct address where; /* with the port of DNS over UDP */
    const char *service, *space;
    const char *node, *pod; /* NULL when not said */
    int ready;              /* enum kube_answer */
    bool terminating;
    bool node_local;
    bool no_port; /* its slice has none, since the Pods have no port of the name that the Service wants */
};

struct kube_pod {
    const char *name, *space, *node, *version; /* NULL when not said; version by the image's tag, "1.11.1" */
    struct address *addresses;                 /* ports are 0 */
    size_t addresses_count;
    int ready; /* enum kube_answer */
    uint64_t restarts;
    const char *last_end, *last_end_time;  /* of the container that serves DNS: "OOMKilled"; NULL for never */
    int64_t exit_code;                     /* of that end; -1 when not said */
    const char *waiting, *waiting_message; /* why its container does not run now: "CrashLoopBackOff"; NULL */
    const char *phase;                     /* "Pending", "Running", "Terminating" as kubectl says it; NULL */
    const char *unscheduled;               /* why no node takes it; NULL */
    const char *labels;                    /* "k8s-app=kube-dns,..."; NULL */
    const char *started, *cpu_limit;       /* NULL when not said */
    bool selected;                         /* the selector of a Service of DNS fits it */
    bool kube_dns;                         /* it is kube-dns, and not CoreDNS; then it has no version */
    bool node_local;
    const char *owner;     /* as kubectl takes it: "deployment/coredns"; NULL */
    const char *container; /* the one that serves DNS; NULL */
    const char *image;     /* of that; NULL */
    const char *account;   /* serviceAccountName; NULL */
    size_t containers;
    uint64_t port; /* of DNS over UDP, by its container; 0 when not said */
};

/* The Deployment of CoreDNS, or its DaemonSet. */
struct kube_deployment {
    bool daemon_set;
    const char *name, *space, *changed;               /* when its ReplicaSet changed last; NULL */
    const char *container, *image, *labels, *account; /* NULL when not said */
    size_t containers;
    uint64_t port;              /* of DNS over UDP; 0 when not said */
    uint64_t wanted, available; /* UINT64_MAX when not said */
};

/* The ConfigMap that holds the Corefile. */
struct kube_config {
    const char *name, *space, *corefile,
        *changed;               /* NULL when not said; corefile NULL for one that it imports */
    struct corefile_file *keys; /* its other keys */
    size_t keys_count;
};

/* A warning about CoreDNS. */
struct kube_event {
    const char *object, *reason, *message, *time;
    uint64_t count; /* UINT64_MAX when not said */
};

/* A range of addresses. */
struct kube_net {
    struct address base; /* its port is 0 */
    unsigned bits;
};

/* An ipBlock of a NetworkPolicy. */
struct kube_block {
    struct kube_net net, *excepts;
    size_t excepts_count;
};

/* Ports that a rule of a NetworkPolicy lets through, and to or from whom. */
struct kube_opening {
    bool egress; /* else ingress */
    bool udp, tcp;
    uint64_t first, last;
    const char *space;              /* peers in this namespace alone; NULL: they may be anywhere */
    const char *pods;               /* peers with these labels alone, "a=b,c=d"; NULL: any */
    const struct kube_block *block; /* peers with these addresses alone; NULL: any */
};

/* A NetworkPolicy: what it selects it shuts, but for its openings and those of other policies. */
struct kube_policy {
    const char *name, *space;
    const char *selector; /* of Pods of its namespace: "a=b"; NULL: all */
    bool unsure;          /* it selects by expressions as well, which are not evaluated */
    bool ingress, egress; /* the directions that it shuts */
    struct kube_opening *openings;
    size_t openings_count;
};

struct kube_objects {
    struct kube_service *services;
    size_t services_count;
    struct kube_backing *backings;
    size_t backings_count;
    struct kube_sign *signs;
    size_t signs_count;
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
    struct kube_wanted wanted;   /* the caller's; the rest is what was read */
    struct kube_name *strangers; /* Services of DNS, but of another than that which is wanted */
    size_t strangers_count;
    struct kube_map *maps;
    size_t maps_count;
    struct kube_deployment *local_sets; /* of node-local-dns */
    size_t local_sets_count;
    const char *autoscaler, *autoscaler_map; /* a Deployment that scales it, and its ConfigMap; NULL */
    struct kube_node *node_signs;            /* at most KUBE_NODES_MAX */
    size_t node_signs_count;
    const char **service_ranges; /* of ServiceCIDR objects: "10.96.0.0/12" */
    size_t service_ranges_count;
    uint64_t nodes;          /* of the cluster, as many as were read */
    struct kube_name *names; /* of all Services that were read, DNS's or not; at most KUBE_NAMES_MAX */
    size_t names_count;
    size_t names_dropped;   /* beyond them */
    const char **not_ready; /* the names of those that say so */
    size_t not_ready_count;
    struct kube_policy *policies;
    size_t policies_count;
    bool too_many;             /* of a kind; the rest was not read */
    size_t others;             /* objects of other kinds or of other applications */
    const char *continue_from; /* of the last list, when it has further pages; else NULL */
    const char *status;        /* the message of a Status object, which is an answer of failure; else NULL */
};

/*
 * Read JSON or YAML documents, each an object, a List of mixed kinds as kubectl writes it, or a list as the
 * API does. What it holds is appended to `*objects`, which the caller zeroes (but for `wanted`) before the
 * first; texts are copied. Return 0, or -EBADMSG with a message that says where it cannot be read, or what it
 * is instead.
 */
int kube_objects_read(struct arena *arena, const char *bytes, size_t len, struct kube_objects *objects,
                      struct err *err) MUST_USE;

#endif
