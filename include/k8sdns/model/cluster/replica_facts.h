/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_REPLICA_FACTS_H
#define K8SDNS_MODEL_REPLICA_FACTS_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/model/probe_facts.h>

/* The ways to find the cluster's DNS, in the order in which they are believed. */
enum discovery_way {
    WAY_OPTION,
    WAY_RESOLV_CONF, /* the ClusterIP alone */
    WAY_API,
    WAY_FILE, /* --endpoints */
    WAY_CONNTRACK,
    WAY_IPVS,
    WAY_IDENTITY, /* NSID, hostname.bind: names, no addresses */
};
#define DISCOVERY_WAYS (WAY_IDENTITY + 1)
extern const char
    *const discovery_way_words[]; /* "option", "resolv.conf", "api", "endpoints", "conntrack", ... */

enum way_outcome {
    WAY_FOUND,
    WAY_NOTHING,     /* it was looked at and names none */
    WAY_UNAVAILABLE, /* there is no such thing here */
    WAY_REFUSED,     /* no permission */
    WAY_FAILED,
};
extern const char *const way_outcome_words[];

/* What came of one way. */
struct way_facts {
    int way;
    int outcome;
    uint64_t found;     /* replicas; of resolv.conf: ClusterIPs */
    const char *detail; /* NULL, or why it is so */
};
extern const struct shape way_facts_shape;

/* One server as one way shows it: what discovery is made of. */
struct replica_sighting {
    int way;
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
    unsigned ways; /* the same as bits, by enum discovery_way */
    bool endpoint; /* Kubernetes lists it behind the Service, ready or not */
};
extern const struct shape replica_facts_shape;

/* Where the ways disagree. */
struct replica_conflict {
    const char *address; /* NULL when it is about no single one */
    const char *text;    /* one sentence */
};
extern const struct shape replica_conflict_shape;

struct replicas_facts {
    const char *cluster_ip; /* the first */
    const char **cluster_ips;
    size_t cluster_ips_count;
    struct address *cluster_where; /* the same; not in JSON */
    struct replica_facts *replicas;
    size_t replicas_count;
    struct replica_facts *node_local;
    size_t node_local_count;
    const char **cluster_identities; /* who answered at the ClusterIP */
    size_t cluster_identities_count;
    struct replica_conflict *conflicts;
    size_t conflicts_count;
    struct way_facts *ways;
    size_t ways_count;
};
extern const struct shape replicas_facts_shape;

/*
 * Put sightings together: each server once, with what every way adds. Pure. Where two ways contradict each
 * other about one server the more trusted one counts and a conflict is noted.
 */
void replicas_merge(struct arena *arena, const struct replica_sighting *sightings, size_t count,
                    struct replicas_facts *facts);

/* Note that this way shows it as well. */
void replica_add_way(struct arena *arena, struct replica_facts *replica, int way);

/* Note what the ways disagree on, once `ways` and identities are there. Pure. */
void replicas_compare(struct arena *arena, struct replicas_facts *facts);

#endif
