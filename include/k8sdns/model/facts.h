/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_FACTS_H
#define K8SDNS_MODEL_FACTS_H

#include <k8sdns/model/cluster/cluster_dns.h>
#include <k8sdns/model/cluster/kube_facts.h>
#include <k8sdns/model/cluster/replica_facts.h>
#include <k8sdns/model/corefile/corefile_facts.h>
#include <k8sdns/model/dnstap/dnstap_facts.h>
#include <k8sdns/model/logs/logs_facts.h>
#include <k8sdns/model/metrics/metrics_facts.h>
#include <k8sdns/model/node/conntrack_facts.h>
#include <k8sdns/model/node/dns_socket_facts.h>
#include <k8sdns/model/node/ipvs_facts.h>
#include <k8sdns/model/node/node_facts.h>
#include <k8sdns/model/probe/interception_facts.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/host_facts.h>
#include <k8sdns/model/spans/span_facts.h>
#include <k8sdns/model/tracing/drops_facts.h>
#include <k8sdns/model/watch/history_facts.h>
#include <k8sdns/model/watch/watch_facts.h>

/* Why a name is asked for. */
enum name_kind {
    NAME_GIVEN,    /* somebody wants to know */
    NAME_OWN,      /* one of the cluster's, which CoreDNS answers from memory */
    NAME_EXTERNAL, /* one of the world's, which takes an upstream */
    NAME_MISSING,  /* one that does not exist */
    NAME_UNCACHED, /* one below an external name, which no cache knows: whether it exists does not matter */
};
extern const char *const name_kind_names[];

struct asked_name {
    const char *name;
    int kind;
};
extern const struct shape asked_name_shape;

/*
 * Everything that was seen in one place at one time: what rules judge, what a capture holds. A part that
 * could not be seen is NULL, and `unobserved` says why.
 */
struct facts {
    const char *time; /* of the beginning, RFC 3339, UTC */
    double elapsed_ms;
    struct host_facts host;
    struct asked_name *names;
    size_t names_count;
    struct resolv_facts *resolv;
    struct expand_facts *plans;            /* of the names, by the resolver of this Pod */
    struct matrix_facts *matrix;           /* each name at each server, once */
    struct matrix_facts *small;            /* what was lost, asked again for a small answer */
    struct matrix_facts *name_suggestions; /* names like those that do not exist; NULL when all do */
    struct matrix_facts
        *service_guess;           /* usual addresses of the DNS Service, where resolv.conf's is silent */
    struct matrix_facts *tcp;     /* one name at each server over TCP */
    struct matrix_facts *records; /* SRV of named ports, by Service; PTR of own addresses, by address */
    struct interception_facts *interception; /* whether something redirects port 53 */
    struct watch_facts *sampling;            /* one name at each server, many times */
    struct history_facts *history;           /* the last minutes of that; of top alone */
    struct replicas_facts *replicas;
    struct cluster_dns *dns; /* what the cluster's DNS is called; NULL: not known */
    struct kube_facts *kube;
    struct conntrack_facts *conntrack; /* with its rates over the sampling */
    struct node_facts *node;           /* likewise */
    struct dns_sockets_facts *sockets;
    struct ipvs_facts *ipvs;
    struct corefile_facts *corefile;
    struct metrics_facts *metrics; /* what the replicas count */
    struct logs_facts *logs;       /* what CoreDNS logged */
    bool ipvs_absent;              /* this kernel has none, so it is no cause either */
    struct dnstap_facts *dnstap;
    struct drops_facts *drops; /* what the kernel threw away of that which was asked here */
    struct spans_facts *spans;
    struct unobserved *unobserved;
    size_t unobserved_count;
};
extern const struct shape facts_shape;

#endif
