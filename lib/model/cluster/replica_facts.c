/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/cluster/replica_facts.h>

const char *const discovery_method_names[] = {"option",    "resolv.conf", "kubelet",  "api", "endpoints",
                                              "conntrack", "ipvs",        "identity", NULL};
const char *const method_outcome_names[] = {"found", "nothing", "unavailable", "refused", "failed", NULL};

static const struct shape_field method_fields[] = {
    SHAPE_FIELD_CHOICE(struct method_facts, method, "way", discovery_method_names, "how it was looked for"),
    SHAPE_FIELD_CHOICE(struct method_facts, outcome, "outcome", method_outcome_names, "what came of it"),
    SHAPE_FIELD_COUNT(struct method_facts, found, "found", "how many it shows"),
    SHAPE_FIELD_TEXT(struct method_facts, detail, "detail", "why"),
};
const struct shape method_facts_shape = SHAPE(struct method_facts, method_fields, "discovery_way");

static const struct shape_field replica_fields[] = {
    SHAPE_FIELD_NAME(struct replica_facts, address, "address", "IP address"),
    SHAPE_FIELD_COUNT(struct replica_facts, port, "port", "port of DNS over UDP"),
    SHAPE_FIELD_TEXT(struct replica_facts, node, "node", "name of its node"),
    SHAPE_FIELD_TEXT(struct replica_facts, pod, "pod", "name of its Pod"),
    SHAPE_FIELD_ANSWER(struct replica_facts, ready, "ready", "Kubernetes sends queries to it"),
    SHAPE_FIELD_BOOL(struct replica_facts, terminating, "terminating", "it is about to end"),
    SHAPE_FIELD_TEXT(struct replica_facts, version, "version", "of CoreDNS, by its image or its own word"),
    SHAPE_FIELD_TEXT(struct replica_facts, identity, "identity",
                     "what it calls itself (NSID, hostname.bind)"),
    SHAPE_FIELD_TEXTS(struct replica_facts, found_by, "found_by", "the ways that show it"),
};
const struct shape replica_facts_shape = SHAPE(struct replica_facts, replica_fields, "replica");

static const struct shape_field conflict_fields[] = {
    SHAPE_FIELD_TEXT(struct replica_conflict, address, "address", "whom it is about; null for no single one"),
    SHAPE_FIELD_NAME(struct replica_conflict, text, "text", "in a sentence"),
};
const struct shape replica_conflict_shape =
    SHAPE(struct replica_conflict, conflict_fields, "replica_conflict");

static const struct shape_field replicas_fields[] = {
    SHAPE_FIELD_TEXT(struct replicas_facts, cluster_ip, "cluster_ip", "the ClusterIP of the cluster's DNS"),
    SHAPE_FIELD_TEXTS(struct replicas_facts, cluster_ips, "cluster_ips", "all of them"),
    SHAPE_FIELD_TEXTS(struct replicas_facts, service_ips, "service_ips",
                      "of these, what the command line or Kubernetes names, not resolv.conf alone"),
    SHAPE_FIELD_OBJECTS(struct replicas_facts, replicas, "replicas", &replica_facts_shape, "CoreDNS Pods"),
    SHAPE_FIELD_OBJECTS(struct replicas_facts, node_local, "node_local", &replica_facts_shape,
                        "node-local-dns Pods"),
    SHAPE_FIELD_TEXTS(struct replicas_facts, cluster_identities, "cluster_identities",
                      "who answered at the ClusterIP"),
    SHAPE_FIELD_OBJECTS(struct replicas_facts, services, "services", &dns_service_facts_shape,
                        "of the cluster's DNS, by what Kubernetes says"),
    SHAPE_FIELD_OBJECTS(struct replicas_facts, policies, "policies", &dns_policy_facts_shape,
                        "NetworkPolicies that let no DNS through, where they are enforced"),
    SHAPE_FIELD_OBJECTS(struct replicas_facts, conflicts, "conflicts", &replica_conflict_shape,
                        "where the ways disagree"),
    SHAPE_FIELD_OBJECTS(struct replicas_facts, methods, "ways", &method_facts_shape,
                        "how they were looked for"),
    SHAPE_FIELD_POINTER(struct replicas_facts, dns, "dns", &cluster_dns_shape,
                        "what the cluster's DNS is called; of replicas alone"),
};
const struct shape replicas_facts_shape = SHAPE(struct replicas_facts, replicas_fields, "replicas");
