/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/model/tracing/traced_lookups_facts.h>

const char *const lookups_method_names[] = {"call", "packets", NULL};

static const struct shape_field process_fields[] = {
    SHAPE_FIELD_COUNT(struct process_facts, pid, "pid",
                      "null when it is in a pid namespace that k8sdns does not see"),
    SHAPE_FIELD_TEXT(struct process_facts, name, "name", "of the thread, as in /proc/PID/comm"),
    SHAPE_FIELD_WORD(struct process_facts, resolver, "resolver", resolver_kind_names,
                     "that its program is linked with"),
    SHAPE_FIELD_TEXT(struct process_facts, pod, "pod", "host name inside of the Pod"),
    SHAPE_FIELD_TEXT(struct process_facts, pod_uid, "pod_uid", "of the Pod, by its control group"),
    SHAPE_FIELD_TEXT(struct process_facts, pod_namespace, "pod_namespace",
                     "of the Pod, by the search list of its resolv.conf"),
    SHAPE_FIELD_TEXT(struct process_facts, container, "container", "id, by its control group"),
    SHAPE_FIELD_COUNT(struct process_facts, netns, "netns", "inode of the network namespace"),
};
const struct shape process_facts_shape = SHAPE(struct process_facts, process_fields, "process");

static const struct shape_field call_fields[] = {
    SHAPE_FIELD_NAME(struct lookups_call_facts, time, "time", "when it began"),
    SHAPE_FIELD_CHOICE(struct lookups_call_facts, method, "way", lookups_method_names,
                       "seen by a probe in the C library, or by its packets"),
    SHAPE_FIELD_NAME(struct lookups_call_facts, call, "call", "the function; of packets the record type"),
    SHAPE_FIELD_NAME(struct lookups_call_facts, name, "name",
                     "as the program gave it; of packets the full name"),
    SHAPE_FIELD_NAME(struct lookups_call_facts, result, "result",
                     "ok, EAI_* or h_errno's word; of packets the response code; \"no answer\"; \"exited\""),
    SHAPE_FIELD_BOOL(struct lookups_call_facts, failed, "failed",
                     "it gave no address for want of an answer or a name"),
    SHAPE_FIELD_COUNT(struct lookups_call_facts, latency_us, "latency_us", "null when it did not end"),
    SHAPE_FIELD_COUNT(struct lookups_call_facts, age_us, "age_us",
                      "of one that did not end: how long it has run"),
    SHAPE_FIELD_TEXT(struct lookups_call_facts, server, "server", "of packets: who was asked"),
    SHAPE_FIELD_OBJECT(struct lookups_call_facts, process, "process", &process_facts_shape, "who asked"),
};
const struct shape lookups_call_facts_shape = SHAPE(struct lookups_call_facts, call_fields, "lookups_call");

static const struct shape_field method_fields[] = {
    SHAPE_FIELD_CHOICE(struct lookups_method_facts, method, "way", lookups_method_names,
                       "how these were seen"),
    SHAPE_FIELD_COUNT(struct lookups_method_facts, lookups, "lookups", "ended, or given up"),
    SHAPE_FIELD_COUNT(struct lookups_method_facts, failed, "failed", "of these"),
    SHAPE_FIELD_COUNT(struct lookups_method_facts, slow, "slow", "of these, by --slow"),
    SHAPE_FIELD_COUNT(struct lookups_method_facts, min_us, "min_us", "fastest"),
    SHAPE_FIELD_COUNT(struct lookups_method_facts, avg_us, "avg_us", "mean"),
    SHAPE_FIELD_COUNT(struct lookups_method_facts, p50_us, "p50_us", "half were as fast"),
    SHAPE_FIELD_COUNT(struct lookups_method_facts, p90_us, "p90_us", "nine of ten were as fast"),
    SHAPE_FIELD_COUNT(struct lookups_method_facts, p99_us, "p99_us", "99 of 100 were as fast"),
    SHAPE_FIELD_COUNT(struct lookups_method_facts, max_us, "max_us", "slowest"),
    SHAPE_FIELD_OBJECTS(struct lookups_method_facts, latency, "latency", &histogram_octave_facts_shape,
                        "histogram"),
};
const struct shape lookups_method_facts_shape =
    SHAPE(struct lookups_method_facts, method_fields, "lookups_way");

static const struct shape_field group_fields[] = {
    SHAPE_FIELD_NAME(struct lookups_group_facts, name, "name", "of the process, or asked for"),
    SHAPE_FIELD_TEXT(struct lookups_group_facts, container, "container", "id, of processes"),
    SHAPE_FIELD_TEXT(struct lookups_group_facts, pod, "pod", "host name inside of the Pod, of processes"),
    SHAPE_FIELD_COUNT(struct lookups_group_facts, lookups, "lookups", "ended, or given up"),
    SHAPE_FIELD_COUNT(struct lookups_group_facts, failed, "failed", "of these"),
    SHAPE_FIELD_COUNT(struct lookups_group_facts, slow, "slow", "of these, by --slow"),
    SHAPE_FIELD_COUNT(struct lookups_group_facts, avg_us, "avg_us", "mean of those that ended"),
    SHAPE_FIELD_COUNT(struct lookups_group_facts, max_us, "max_us", "slowest of those that ended"),
};
const struct shape lookups_group_facts_shape =
    SHAPE(struct lookups_group_facts, group_fields, "lookups_group");

static const struct shape_field library_fields[] = {
    SHAPE_FIELD_NAME(struct lookups_library_facts, path, "path", "as the process sees it"),
    SHAPE_FIELD_CHOICE(struct lookups_library_facts, kind, "kind", resolver_kind_names, "glibc or musl"),
    SHAPE_FIELD_OBJECT(struct lookups_library_facts, process, "process", &process_facts_shape,
                       "the first that was seen with it"),
    SHAPE_FIELD_TEXTS(struct lookups_library_facts, calls, "calls", "functions with probes"),
    SHAPE_FIELD_TEXT(struct lookups_library_facts, error, "error", "why it has none, or not all"),
};
const struct shape lookups_library_facts_shape =
    SHAPE(struct lookups_library_facts, library_fields, "lookups_library");

static const struct shape_field lookups_fields[] = {
    SHAPE_FIELD_BOOL(struct traced_lookups_facts, summary, "summary",
                     "of the whole run; else the lookups since the last"),
    SHAPE_FIELD_REAL(struct traced_lookups_facts, span_ms, "span_ms", "the time that this is about"),
    SHAPE_FIELD_OBJECTS(struct traced_lookups_facts, calls, "lookups", &lookups_call_facts_shape,
                        "one by one, in the order of their ends; empty in the summary"),
    SHAPE_FIELD_COUNT(struct traced_lookups_facts, lookups, "lookups_total", "of the run so far"),
    SHAPE_FIELD_COUNT(struct traced_lookups_facts, failed, "failed_total", "of these"),
    SHAPE_FIELD_COUNT(struct traced_lookups_facts, slow, "slow_total", "of these, by --slow"),
    SHAPE_FIELD_COUNT(struct traced_lookups_facts, slow_us, "slow_us", "what --slow says; null without"),
    SHAPE_FIELD_OBJECTS(struct traced_lookups_facts, methods, "ways", &lookups_method_facts_shape,
                        "latency by the way of seeing"),
    SHAPE_FIELD_OBJECTS(struct traced_lookups_facts, by_process, "by_process", &lookups_group_facts_shape,
                        "most lookups first"),
    SHAPE_FIELD_OBJECTS(struct traced_lookups_facts, by_name, "by_name", &lookups_group_facts_shape,
                        "most lookups first"),
    SHAPE_FIELD_COUNT(struct traced_lookups_facts, ungrouped, "ungrouped",
                      "lookups of processes or names over the number that is kept"),
    SHAPE_FIELD_OBJECTS(struct traced_lookups_facts, in_flight, "in_flight", &lookups_call_facts_shape,
                        "begun and not ended, oldest first"),
    SHAPE_FIELD_OBJECTS(struct traced_lookups_facts, libraries, "libraries", &lookups_library_facts_shape,
                        "the C libraries found in processes"),
    SHAPE_FIELD_COUNT(struct traced_lookups_facts, libraries_left_out, "libraries_left_out",
                      "over the number that is kept"),
    SHAPE_FIELD_COUNT(struct traced_lookups_facts, lost, "lost",
                      "seen in the kernel, but there was no room to remember or to hand over"),
    SHAPE_FIELD_COUNT(struct traced_lookups_facts, abandoned, "abandoned",
                      "calls that a jump left, which never return"),
};
const struct shape traced_lookups_facts_shape =
    SHAPE(struct traced_lookups_facts, lookups_fields, "traced_lookups");
