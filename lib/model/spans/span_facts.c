/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/spans/span_facts.h>

const char *const trace_outcome_names[] = {"fine", "slow", "error", "panic", NULL};

static const struct shape_field plugin_fields[] = {
    SHAPE_FIELD_NAME(struct span_plugin_facts, name, "name",
                     "of the plugin; connect is forward's own upstream"),
    SHAPE_FIELD_COUNT(struct span_plugin_facts, count, "count", "spans"),
    SHAPE_FIELD_COUNT(struct span_plugin_facts, total_us, "total_us", "with the plugins that it called"),
    SHAPE_FIELD_COUNT(struct span_plugin_facts, self_us, "self_us", "without them"),
    SHAPE_FIELD_REAL(struct span_plugin_facts, self_ratio, "self_ratio", "of the time of all"),
    SHAPE_FIELD_COUNT(struct span_plugin_facts, max_self_us, "max_self_us", "the longest"),
    SHAPE_FIELD_COUNT(struct span_plugin_facts, slow_self_us, "slow_self_us", "within the slow traces"),
    SHAPE_FIELD_REAL(struct span_plugin_facts, slow_ratio, "slow_ratio", "of their time"),
};
const struct shape span_plugin_facts_shape = SHAPE(struct span_plugin_facts, plugin_fields, "span_plugin");

static const struct shape_field group_fields[] = {
    SHAPE_FIELD_TEXT(struct span_group_facts, name, "name",
                     "what they have in common; null when the traces do not say"),
    SHAPE_FIELD_COUNT(struct span_group_facts, count, "count", "queries"),
    SHAPE_FIELD_COUNT(struct span_group_facts, failed, "failed", "with an error, or a panic"),
    SHAPE_FIELD_COUNT(struct span_group_facts, total_us, "total_us", "their time"),
    SHAPE_FIELD_COUNT(struct span_group_facts, max_us, "max_us", "the longest"),
};
const struct shape span_group_facts_shape = SHAPE(struct span_group_facts, group_fields, "span_group");

static const struct shape_field node_fields[] = {
    SHAPE_FIELD_NAME(struct span_node_facts, name, "name", "of the plugin"),
    SHAPE_FIELD_COUNT(struct span_node_facts, depth, "depth", "0 for a root"),
    SHAPE_FIELD_COUNT(struct span_node_facts, at_us, "at_us", "since the trace began"),
    SHAPE_FIELD_COUNT(struct span_node_facts, duration_us, "duration_us", "with the plugins that it called"),
    SHAPE_FIELD_COUNT(struct span_node_facts, self_us, "self_us", "without them"),
    SHAPE_FIELD_TEXT(struct span_node_facts, peer, "peer", "the upstream of connect"),
};
const struct shape span_node_facts_shape = SHAPE(struct span_node_facts, node_fields, "span_node");

static const struct shape_field trace_fields[] = {
    SHAPE_FIELD_NAME(struct trace_facts, id, "id", "hexadecimal"),
    SHAPE_FIELD_NAME(struct trace_facts, time, "time", "it began, RFC 3339, UTC"),
    SHAPE_FIELD_CHOICE(struct trace_facts, outcome, "outcome", trace_outcome_names, "the worst that fits"),
    SHAPE_FIELD_COUNT(struct trace_facts, duration_us, "duration_us", "of its root"),
    SHAPE_FIELD_TEXT(struct trace_facts, name, "name", "asked for; null for a panic"),
    SHAPE_FIELD_TEXT(struct trace_facts, type, "type", "asked for"),
    SHAPE_FIELD_TEXT(struct trace_facts, rcode, "rcode", "as CoreDNS tagged it"),
    SHAPE_FIELD_TEXT(struct trace_facts, client, "client", "its address"),
    SHAPE_FIELD_TEXT(struct trace_facts, server, "server", "of CoreDNS"),
    SHAPE_FIELD_TEXT(struct trace_facts, protocol, "protocol", "udp, tcp"),
    SHAPE_FIELD_TEXT(struct trace_facts, error, "error", "in CoreDNS's words"),
    SHAPE_FIELD_TEXT(struct trace_facts, slowest_plugin, "slowest_plugin",
                     "the one with the most time of its own"),
    SHAPE_FIELD_OBJECTS(struct trace_facts, spans, "spans", &span_node_facts_shape, "each below its caller"),
};
const struct shape trace_facts_shape = SHAPE(struct trace_facts, trace_fields, "trace");

static const struct shape_field sender_fields[] = {
    SHAPE_FIELD_NAME(struct span_sender_facts, address, "address", "of a CoreDNS"),
    SHAPE_FIELD_COUNT(struct span_sender_facts, posts, "posts", "taken"),
    SHAPE_FIELD_COUNT(struct span_sender_facts, octets, "octets", "in these"),
};
const struct shape span_sender_facts_shape = SHAPE(struct span_sender_facts, sender_fields, "span_sender");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct spans_facts, status, "status", health_names,
                     "the whole in one word; the exit status says the same; null when nothing was judged"),
    SHAPE_FIELD_BOOL(struct spans_facts, summary, "summary", "of the whole run, not of an interval"),
    SHAPE_FIELD_NAME(struct spans_facts, source, "source", "the file, or the address that was listened at"),
    SHAPE_FIELD_COUNT(struct spans_facts, traces, "traces", "complete ones, of CoreDNS"),
    SHAPE_FIELD_COUNT(struct spans_facts, spans, "spans", "read"),
    SHAPE_FIELD_COUNT(struct spans_facts, foreign, "foreign", "traces that are not of CoreDNS"),
    SHAPE_FIELD_COUNT(struct spans_facts, incomplete, "incomplete",
                      "traces whose root never came, or whose rest came late"),
    SHAPE_FIELD_COUNT(struct spans_facts, repeated, "repeated", "spans that were there already: sent again"),
    SHAPE_FIELD_COUNT(struct spans_facts, malformed, "malformed", "spans without an id"),
    SHAPE_FIELD_COUNT(struct spans_facts, dropped, "dropped", "spans beyond the most that are held"),
    SHAPE_FIELD_COUNT(struct spans_facts, refused, "refused", "posts that could not be read"),
    SHAPE_FIELD_COUNT(struct spans_facts, panics, "panics", "traces that ended in a panic"),
    SHAPE_FIELD_COUNT(struct spans_facts, errors, "errors", "traces with the error of a plugin"),
    SHAPE_FIELD_REAL(struct spans_facts, slow_ms, "slow_ms", "what counts as slow"),
    SHAPE_FIELD_COUNT(struct spans_facts, slow, "slow", "traces that took so long"),
    SHAPE_FIELD_COUNT(struct spans_facts, slow_us, "slow_us", "their time"),
    SHAPE_FIELD_COUNT(struct spans_facts, p50_us, "p50_us", "of traces"),
    SHAPE_FIELD_COUNT(struct spans_facts, p90_us, "p90_us", "of traces"),
    SHAPE_FIELD_COUNT(struct spans_facts, p99_us, "p99_us", "of traces"),
    SHAPE_FIELD_COUNT(struct spans_facts, max_us, "max_us", "of traces"),
    SHAPE_FIELD_OBJECTS(struct spans_facts, plugins, "plugins", &span_plugin_facts_shape,
                        "by their own time"),
    SHAPE_FIELD_OBJECTS(struct spans_facts, rcodes, "rcodes", &span_group_facts_shape,
                        "traces by response code"),
    SHAPE_FIELD_OBJECTS(struct spans_facts, names, "names", &span_group_facts_shape,
                        "those that took most time"),
    SHAPE_FIELD_OBJECTS(struct spans_facts, servers, "servers", &span_group_facts_shape,
                        "CoreDNS, by address"),
    SHAPE_FIELD_OBJECTS(struct spans_facts, upstreams, "upstreams", &span_group_facts_shape,
                        "what forward connected to"),
    SHAPE_FIELD_COUNT(struct spans_facts, names_dropped, "names_dropped",
                      "traces whose name is not among those kept"),
    SHAPE_FIELD_OBJECTS(struct spans_facts, senders, "senders", &span_sender_facts_shape, "who sent spans"),
    SHAPE_FIELD_OBJECTS(struct spans_facts, slowest, "slowest", &trace_facts_shape, "the slowest first"),
    SHAPE_FIELD_OBJECTS(struct spans_facts, events, "events", &trace_facts_shape,
                        "slow, failed or panicked since the last report"),
    SHAPE_FIELD_COUNT(struct spans_facts, events_dropped, "events_dropped", "beyond those told"),
};
const struct shape spans_facts_shape = SHAPE(struct spans_facts, fields, "spans");
