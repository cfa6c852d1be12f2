/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/facts.h>

const char *const name_kind_names[] = {"given", "own", "external", "missing", "uncached", NULL};

static const struct shape_field name_fields[] = {
    SHAPE_FIELD_NAME(struct asked_name, name, "name", "as it was looked up"),
    SHAPE_FIELD_CHOICE(struct asked_name, kind, "kind", name_kind_names, "why it was asked for"),
};
const struct shape asked_name_shape = SHAPE(struct asked_name, name_fields, "asked_name");

static const struct shape_field fields[] = {
    SHAPE_FIELD_NAME(struct facts, time, "time", "when it began, RFC 3339, UTC"),
    SHAPE_FIELD_REAL(struct facts, elapsed_ms, "elapsed_ms", "how long it took"),
    SHAPE_FIELD_OBJECT(struct facts, host, "host", &host_facts_shape, "where it was seen"),
    SHAPE_FIELD_OBJECTS(struct facts, names, "names", &asked_name_shape, "what was asked for"),
    SHAPE_FIELD_POINTER(struct facts, resolv, "resolv", &resolv_facts_shape, "resolv.conf"),
    SHAPE_FIELD_POINTER(struct facts, plans, "plans", &expand_facts_shape, "what the resolver would send"),
    SHAPE_FIELD_POINTER(struct facts, matrix, "matrix", &matrix_facts_shape,
                        "each name at each server, once"),
    SHAPE_FIELD_POINTER(struct facts, small, "small", &matrix_facts_shape,
                        "what was lost, asked again for a small answer"),
    SHAPE_FIELD_POINTER(struct facts, name_suggestions, "near_names", &matrix_facts_shape,
                        "names like those that do not exist"),
    SHAPE_FIELD_POINTER(
        struct facts, service_guess, "service_guess", &matrix_facts_shape,
        "usual addresses of the cluster DNS in the service range; null when resolv.conf's answers"),
    SHAPE_FIELD_POINTER(struct facts, tcp, "tcp", &matrix_facts_shape, "one name at each server over TCP"),
    SHAPE_FIELD_POINTER(struct facts, records, "records", &matrix_facts_shape,
                        "SRV of the named ports of Services, and PTR of the own addresses, at each server"),
    SHAPE_FIELD_POINTER(struct facts, interception, "interception", &interception_facts_shape,
                        "whether something redirects port 53"),
    SHAPE_FIELD_POINTER(struct facts, sampling, "sampling", &watch_facts_shape,
                        "one name at each server, many times"),
    SHAPE_FIELD_POINTER(struct facts, history, "history", &history_facts_shape,
                        "the last minutes of the sampling, in captures that top wrote"),
    SHAPE_FIELD_POINTER(struct facts, replicas, "replicas", &replicas_facts_shape,
                        "who serves the cluster's DNS"),
    SHAPE_FIELD_POINTER(struct facts, dns, "dns", &cluster_dns_shape, "what the cluster's DNS is called"),
    SHAPE_FIELD_POINTER(struct facts, kube, "kube", &kube_facts_shape, "what Kubernetes says of CoreDNS"),
    SHAPE_FIELD_POINTER(struct facts, conntrack, "conntrack", &conntrack_facts_shape, "connection tracking"),
    SHAPE_FIELD_POINTER(struct facts, node, "node", &node_facts_shape, "other limits of the node"),
    SHAPE_FIELD_POINTER(struct facts, sockets, "sockets", &dns_sockets_facts_shape,
                        "UDP sockets of this network namespace that stay connected to a DNS server"),
    SHAPE_FIELD_POINTER(struct facts, ipvs, "ipvs", &ipvs_facts_shape, "IPVS"),
    SHAPE_FIELD_POINTER(struct facts, corefile, "corefile", &corefile_facts_shape, "the Corefile of CoreDNS"),
    SHAPE_FIELD_POINTER(struct facts, spans, "spans", &spans_facts_shape, "traces of CoreDNS"),
    SHAPE_FIELD_BOOL(struct facts, ipvs_absent, "ipvs_absent", "this kernel has no IPVS"),
    SHAPE_FIELD_POINTER(struct facts, metrics, "metrics", &metrics_facts_shape, "what the replicas count"),
    SHAPE_FIELD_POINTER(struct facts, dnstap, "dnstap", &dnstap_facts_shape,
                        "what CoreDNS told of its queries"),
    SHAPE_FIELD_POINTER(struct facts, drops, "drops", &drops_facts_shape,
                        "what the kernel threw away of that which was asked"),
    SHAPE_FIELD_POINTER(struct facts, logs, "logs", &logs_facts_shape, "what CoreDNS logged"),
    SHAPE_FIELD_OBJECTS(struct facts, unobserved, "unobserved", &unobserved_shape, "what could not be seen"),
};
const struct shape facts_shape = SHAPE(struct facts, fields, "facts");
