/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/diagnosis/diagnose_facts.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/model/statistics/frequency.h>

static const struct shape_field check_fields[] = {
    SHAPE_FIELD_NAME(struct check_facts, id, "id", "of the finding looked for"),
    SHAPE_FIELD_CHOICE(struct check_facts, state, "state", finding_state_names, "fires, quiet or unknown"),
    SHAPE_FIELD_TEXT(struct check_facts, detail, "detail", "what is well, or what is missing to tell"),
};
const struct shape check_facts_shape = SHAPE(struct check_facts, check_fields, "check");

static const struct shape_field lookup_fields[] = {
    SHAPE_FIELD_NAME(struct seen_lookup, name, "name", "as an application gives it"),
    SHAPE_FIELD_CHOICE(struct seen_lookup, resolver, "resolver", resolver_names, "whose lookup it is"),
    SHAPE_FIELD_BOOL(struct seen_lookup, found, "found", "it gets an address"),
    SHAPE_FIELD_BOOL(struct seen_lookup, exists, "exists", "some server has an address for it"),
    SHAPE_FIELD_TEXT(struct seen_lookup, error, "error", "the resolver's words for a failure"),
    SHAPE_FIELD_REAL(struct seen_lookup, total_ms, "total_ms", "how long the application waits"),
};
const struct shape seen_lookup_shape = SHAPE(struct seen_lookup, lookup_fields, "seen_lookup");

static const struct shape_field load_fields[] = {
    SHAPE_FIELD_REAL(struct report_load, latency_ms, "latency_ms",
                     "the median over the servers of the median of their answers"),
    SHAPE_FIELD_REAL(struct report_load, conntrack_fill_ratio, "conntrack_fill_ratio",
                     "of the node's conntrack table, 0 to 1"),
    SHAPE_FIELD_REAL(struct report_load, cpu_pressure_percent, "cpu_pressure_percent",
                     "of ten seconds that some process waited for a CPU"),
    SHAPE_FIELD_REAL(struct report_load, queries_per_second, "queries_per_second",
                     "of all replicas, by what they count"),
};
const struct shape report_load_shape = SHAPE(struct report_load, load_fields, "report_load");

static const struct shape_field latency_fields[] = {
    SHAPE_FIELD_NAME(struct server_latency, server, "server", "its address"),
    SHAPE_FIELD_REAL(struct server_latency, p50_ms, "p50_ms", "half of its answers take no longer"),
    SHAPE_FIELD_REAL(struct server_latency, p99_ms, "p99_ms", "99 of 100 answers take no longer"),
};
const struct shape server_latency_shape = SHAPE(struct server_latency, latency_fields, "server_latency");

static const struct shape_field tally_fields[] = {
    SHAPE_FIELD_NAME(struct server_tally, server, "server", "its address, with the port when that is not 53"),
    SHAPE_FIELD_NAME(struct server_tally, role, "role", "what it is to the cluster"),
    SHAPE_FIELD_COUNT(struct server_tally, asked, "asked", "queries"),
    SHAPE_FIELD_COUNT(struct server_tally, failed, "failed", "of these: lost, or answered with an error"),
};
const struct shape server_tally_shape = SHAPE(struct server_tally, tally_fields, "server_tally");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct diagnose_facts, status, "status", health_names,
                     "the whole in one word, by the worst finding; the exit status says the same"),
    SHAPE_FIELD_NAME(struct diagnose_facts, verdict, "verdict", "one sentence"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, time, "time", "when it was seen"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, node, "node", "where, as far as known"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, pod, "pod", "likewise"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, as_pod, "as_pod",
                     "namespace of the Pod as which names were completed; null when as resolv.conf says"),
    SHAPE_FIELD_POINTER(struct diagnose_facts, names_as, "names_as", &name_view_shape,
                        "the same with the cluster's domain and how it is known"),
    SHAPE_FIELD_WORD(struct diagnose_facts, frequency, "frequency", frequency_names,
                     "how often it fails; null when too little was asked"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, frequency_text, "frequency_text", "the numbers behind it"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, scope, "scope", "how wide, as far as one place can tell"),
    SHAPE_FIELD_COUNT(struct diagnose_facts, asked, "asked", "queries"),
    SHAPE_FIELD_COUNT(struct diagnose_facts, answered, "answered", "of these"),
    SHAPE_FIELD_COUNT(struct diagnose_facts, failed, "failed",
                      "of those asked: lost, or answered with an error"),
    SHAPE_FIELD_REAL(struct diagnose_facts, failure_ratio, "failure_ratio", "failed of asked"),
    SHAPE_FIELD_OBJECTS(struct diagnose_facts, servers, "servers", &server_tally_shape,
                        "asked and failed by server"),
    SHAPE_FIELD_OBJECTS(struct diagnose_facts, latency, "latency", &server_latency_shape,
                        "how fast each server answers the same query again and again"),
    SHAPE_FIELD_OBJECTS(struct diagnose_facts, lookups, "lookups", &seen_lookup_shape,
                        "what an application sees: the lookups of its resolver, replayed on these answers"),
    SHAPE_FIELD_POINTER(struct diagnose_facts, load, "load", &report_load_shape,
                        "how busy it was, which k8sdns scope compares with the failures; null what was not "
                        "seen"),
    SHAPE_FIELD_TEXTS(struct diagnose_facts, healthy, "healthy", "what was looked at and found well"),
    SHAPE_FIELD_TEXTS(struct diagnose_facts, next, "next", "commands that would tell more"),
    SHAPE_FIELD_POINTER(
        struct diagnose_facts, for_admin, "for_admin", &step_shape,
        "what to send to your cluster's admin, where this Pod lacks rights; null when it does not, and when "
        "the fault is the Pod's own"),
    SHAPE_FIELD_OBJECTS(struct diagnose_facts, checks, "checks", &check_facts_shape, "every rule"),
};
const struct shape diagnose_facts_shape = SHAPE(struct diagnose_facts, fields, "diagnose");
