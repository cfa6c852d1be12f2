/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_REPLICA_FACTS_H
#define K8SDNS_MODEL_REPLICA_FACTS_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/model/cluster/cluster_dns.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/wire/cluster/kube_objects.h>

/* The ways to find the cluster's DNS, in the order in which they are believed. */
enum discovery_method {
    METHOD_OPTION,
    METHOD_RESOLV_CONF, /* the ClusterIP alone */
    METHOD_KUBELET,     /* likewise: what this node's kubelet gives to Pods */
    METHOD_API,
    METHOD_FILE, /* --endpoints */
    METHOD_CONNTRACK,
    METHOD_IPVS,
    METHOD_IDENTITY, /* NSID, hostname.bind: names, no addresses */
};
#define DISCOVERY_METHODS (METHOD_IDENTITY + 1)
extern const char
    *const discovery_method_names[]; /* "option", "resolv.conf", "api", "endpoints", "conntrack", ... */

enum method_outcome {
    METHOD_FOUND,
    METHOD_NOTHING,     /* it was looked at and names none */
    METHOD_UNAVAILABLE, /* there is no such thing here */
    METHOD_REFUSED,     /* no permission */
    METHOD_FAILED,
};
extern const char *const method_outcome_names[];

/* What came of one way. */
struct method_facts {
    int method;
    int outcome;
    uint64_t found;     /* replicas; of resolv.conf: ClusterIPs */
    const char *detail; /* NULL, or why it is so */
};
extern const struct shape method_facts_shape;

/* One server as one way shows it: what discovery is made of. */
struct candidate_server {
    int method;
    int role;             /* TARGET_CLUSTER_IP, TARGET_REPLICA or TARGET_NODE_LOCAL */
    struct address where; /* port 0: not said (a Pod) */
    const char *node, *pod, *version;
    int ready; /* -1: not said */
    bool terminating;
};

struct replica_facts {
    struct address where;
    const char *address;
    uint64_t port;
    const char *node, *pod, *version; /* NULL: not known */
    int ready;                        /* -1: not known */
    bool terminating;
    const char *identity; /* what it calls itself (NSID or hostname.bind) */
    const char **found_by;
    size_t found_by_count;
    unsigned methods; /* the same as bits, by enum discovery_method */
    bool endpoint;    /* Kubernetes lists it behind the Service, ready or not */
};
extern const struct shape replica_facts_shape;

/* Where the ways disagree. */
struct replica_conflict {
    const char *address; /* NULL when it is about no single one */
    const char *text;    /* one sentence */
};
extern const struct shape replica_conflict_shape;

/* A Service of the cluster's DNS, what stands behind it, and the Pods of CoreDNS that should. */
struct dns_service_facts {
    const char *name, *namespace; /* namespace "" when not said */
    const char *selector;         /* "k8s-app=kube-dns"; NULL when the Service was not seen, or has none */
    bool endpoints_seen;          /* its endpoints were; else the next two are 0 */
    uint64_t ready, not_ready;    /* endpoints */
    const char **not_ready_names; /* "10.244.1.21 (Pod coredns-x)" */
    size_t not_ready_names_count;
    uint64_t pods, pods_ready, pods_selected; /* of CoreDNS in its namespace; those that its selector fits */
    const char *outside_pod, *outside_labels; /* one that is ready and that it does not fit; NULL */
    bool local_only;         /* it leads to Pods of the same node alone (internalTrafficPolicy: Local) */
    const char *ports_fault; /* why its ports lead nowhere; NULL */
    uint64_t endpoint_port,
        declared_port;         /* where they differ, else unset: where it leads, and of a container */
    const char *declaring_pod; /* whose container that is; NULL */
    const char *without_ip;    /* what says that it has no ClusterIP: "clusterIP: None"; NULL */
};
extern const struct shape dns_service_facts_shape;

/* A NetworkPolicy that lets no DNS through, where the network plugin enforces it. */
struct dns_policy_facts {
    const char *name, *namespace;
    bool egress;   /* of the Pods of the namespace that is looked from; else ingress of the Pods of DNS */
    bool udp, tcp; /* what neither it nor another policy lets through */
};
extern const struct shape dns_policy_facts_shape;

struct replicas_facts {
    const char *cluster_ip; /* the first */
    const char **cluster_ips;
    size_t cluster_ips_count;
    struct address *cluster_where; /* the same; not in JSON */
    const char **service_ips; /* of these: what the command line or Kubernetes names, not resolv.conf alone */
    size_t service_ips_count;
    struct replica_facts *replicas;
    size_t replicas_count;
    struct replica_facts *node_local;
    size_t node_local_count;
    const char **cluster_identities; /* who answered at the ClusterIP */
    size_t cluster_identities_count;
    struct dns_service_facts *services; /* by what Kubernetes says */
    size_t services_count;
    struct dns_policy_facts *policies; /* that let no DNS through */
    size_t policies_count;
    struct replica_conflict *conflicts;
    size_t conflicts_count;
    struct method_facts *methods;
    size_t methods_count;
    struct cluster_dns *dns; /* what it is called here; of the command replicas alone */
};
extern const struct shape replicas_facts_shape;

/*
 * Put sightings together: each server once, with what every way adds. Pure. Where two ways contradict each
 * other about one server the more trusted one counts and a conflict is noted.
 */
void replicas_merge(struct arena *arena, const struct candidate_server *servers, size_t count,
                    struct replicas_facts *facts);

/* Note that this way shows it as well. */
void replica_add_method(struct arena *arena, struct replica_facts *replica, int method);

/* Note what the ways disagree on, once `ways` and identities are there. Pure. */
void replicas_compare(struct arena *arena, struct replicas_facts *facts);

/* Put what objects say of the Services of DNS into `facts`; what was said of the same Service before goes.
 * Pure. */
void dns_services_take(struct arena *arena, const struct kube_objects *objects, struct replicas_facts *facts);

/*
 * Put the NetworkPolicies into `facts` that let no DNS through to the Pods of DNS, or out of the namespace
 * `client` (NULL: not known, or nothing that policies select). Pure.
 */
void dns_policies_take(struct arena *arena, const struct kube_objects *objects, const char *client,
                       struct replicas_facts *facts);

#endif
