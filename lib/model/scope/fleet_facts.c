/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/scope/fleet.h>
#include <k8sdns/model/scope/fleet_facts.h>
#include <k8sdns/model/scope/scope_facts.h>

const char *const fleet_place_names[] = {"node", "zone", "server", "namespace", "pods", NULL};

static const struct shape_field signal_fields[] = {
    SHAPE_FIELD_CHOICE(struct fleet_signal_facts, signal, "signal", fleet_signal_names,
                       "queries: the agents' own; lookups: those of the nodes' programs"),
    SHAPE_FIELD_REAL(struct fleet_signal_facts, asked, "asked", "how many"),
    SHAPE_FIELD_REAL(struct fleet_signal_facts, failed, "failed", "of these"),
    SHAPE_FIELD_REAL(struct fleet_signal_facts, failed_ratio, "failed_ratio", "0 to 1"),
    SHAPE_FIELD_REAL(struct fleet_signal_facts, usual_ratio, "usual_ratio",
                     "what a typical healthy node fails; null when all fail"),
    SHAPE_FIELD_REAL(struct fleet_signal_facts, spread, "spread",
                     "the standard deviation of the logarithm of the nodes' usual shares"),
    SHAPE_FIELD_BOOL(struct fleet_signal_facts, history, "history",
                     "each node was compared with itself a day before"),
    SHAPE_FIELD_COUNT(struct fleet_signal_facts, as_before, "as_before",
                      "nodes that fail much, but as much as a day before"),
    SHAPE_FIELD_COUNT(struct fleet_signal_facts, nodes, "nodes", "with enough of these to be judged"),
    SHAPE_FIELD_COUNT(struct fleet_signal_facts, failing_nodes, "failing_nodes", "of these"),
    SHAPE_FIELD_REAL(struct fleet_signal_facts, failing_node_ratio, "failing_node_ratio",
                     "what the median failing node fails, 0 to 1"),
    SHAPE_FIELD_REAL(struct fleet_signal_facts, worst_other_ratio, "worst_other_ratio",
                     "what the worst of the others fails"),
    SHAPE_FIELD_REAL(struct fleet_signal_facts, crowding_chance, "crowding_chance",
                     "the share of shuffles in which failures crowd on nodes as much; null when not tested"),
    SHAPE_FIELD_TEXT(struct fleet_signal_facts, zone, "zone", "the failing nodes are those of this zone"),
    SHAPE_FIELD_CHOICE(struct fleet_signal_facts, scope, "scope", scope_names, "how wide it fails"),
    SHAPE_FIELD_CHOICE(struct fleet_signal_facts, confidence, "confidence", scope_confidence_names,
                       "of that"),
    SHAPE_FIELD_CHOICE(struct fleet_signal_facts, frequency, "frequency", frequency_names,
                       "how often it fails"),
    SHAPE_FIELD_CHOICE(struct fleet_signal_facts, frequency_confidence, "frequency_confidence",
                       scope_confidence_names, "of that"),
    SHAPE_FIELD_COUNT(struct fleet_signal_facts, windows, "windows", "of time with any"),
    SHAPE_FIELD_COUNT(struct fleet_signal_facts, failing_windows, "failing_windows",
                      "of these, in which the failing nodes fail"),
};
const struct shape fleet_signal_facts_shape = SHAPE(struct fleet_signal_facts, signal_fields, "fleet_signal");

static const struct shape_field place_fields[] = {
    SHAPE_FIELD_CHOICE(struct fleet_place_facts, place, "place", fleet_place_names,
                       "what the counts are told apart by; pods: of a namespace on one node"),
    SHAPE_FIELD_CHOICE(struct fleet_place_facts, signal, "signal", fleet_signal_names, "what was counted"),
    SHAPE_FIELD_NAME(struct fleet_place_facts, name, "name", "of the node, zone, server or namespace"),
    SHAPE_FIELD_TEXT(struct fleet_place_facts, node, "node", "of pods"),
    SHAPE_FIELD_TEXT(struct fleet_place_facts, role, "role", "of a server"),
    SHAPE_FIELD_REAL(struct fleet_place_facts, asked, "asked", "how many; null when not known"),
    SHAPE_FIELD_REAL(struct fleet_place_facts, failed, "failed", "of these"),
    SHAPE_FIELD_REAL(struct fleet_place_facts, failed_ratio, "failed_ratio", "0 to 1"),
    SHAPE_FIELD_REAL(struct fleet_place_facts, before_ratio, "before_ratio", "a day before"),
    SHAPE_FIELD_BOOL(struct fleet_place_facts, fails, "fails", "far more than the others of its kind"),
};
const struct shape fleet_place_facts_shape = SHAPE(struct fleet_place_facts, place_fields, "fleet_place");

static const struct shape_field moment_fields[] = {
    SHAPE_FIELD_NAME(struct fleet_moment_facts, time, "time", "its beginning"),
    SHAPE_FIELD_REAL(struct fleet_moment_facts, queries, "queries", "of the agents"),
    SHAPE_FIELD_REAL(struct fleet_moment_facts, queries_failed, "queries_failed", "of these"),
    SHAPE_FIELD_REAL(struct fleet_moment_facts, lookups, "lookups", "of programs; null when not counted"),
    SHAPE_FIELD_REAL(struct fleet_moment_facts, lookups_failed, "lookups_failed", "of these"),
    SHAPE_FIELD_REAL(struct fleet_moment_facts, lookups_rate, "lookups_rate", "a second"),
    SHAPE_FIELD_REAL(struct fleet_moment_facts, coredns_rate, "coredns_rate",
                     "queries a second that CoreDNS counted; null when it is not scraped"),
    SHAPE_FIELD_BOOL(struct fleet_moment_facts, fails, "fails", "the failing nodes fail then"),
};
const struct shape fleet_moment_facts_shape = SHAPE(struct fleet_moment_facts, moment_fields, "fleet_moment");

static const struct shape_field count_fields[] = {
    SHAPE_FIELD_NAME(struct fleet_count_facts, kind, "kind",
                     "dropped-packets, unanswered-flows, conntrack, limit, coredns"),
    SHAPE_FIELD_NAME(struct fleet_count_facts, name, "name",
                     "of the reason, backend, event, limit or metric"),
    SHAPE_FIELD_REAL(struct fleet_count_facts, value, "value",
                     "how many; of a limit the largest share that was used, 0 to 1"),
};
const struct shape fleet_count_facts_shape = SHAPE(struct fleet_count_facts, count_fields, "fleet_count");

static const struct shape_field fields[] = {
    SHAPE_FIELD_NAME(struct fleet_facts, source, "source", "its URL"),
    SHAPE_FIELD_NAME(struct fleet_facts, from, "from", "the beginning of what was looked at"),
    SHAPE_FIELD_NAME(struct fleet_facts, to, "to", "its end"),
    SHAPE_FIELD_REAL(struct fleet_facts, window_s, "window_s", "the width of a window of time"),
    SHAPE_FIELD_COUNT(struct fleet_facts, requests, "requests", "that were made of it"),
    SHAPE_FIELD_COUNT(struct fleet_facts, nodes, "nodes", "whose agents have counted anything"),
    SHAPE_FIELD_COUNT(struct fleet_facts, silent, "silent", "of these, those that tell nothing at the end"),
    SHAPE_FIELD_COUNT(struct fleet_facts, known, "known", "nodes of the cluster; null when nothing tells"),
    SHAPE_FIELD_COUNT(struct fleet_facts, left_out, "left_out", "rows of nodes over the maximum"),
    SHAPE_FIELD_COUNT(struct fleet_facts, asked_about, "asked_about",
                      "nodes that servers, namespaces and counts are of: the worst ones and some by chance"),
    SHAPE_FIELD_TEXTS(struct fleet_facts, clusters, "clusters", "the values of the label cluster"),
    SHAPE_FIELD_OBJECTS(struct fleet_facts, signals, "signals", &fleet_signal_facts_shape,
                        "what the agents' queries say, and what the programs' lookups say"),
    SHAPE_FIELD_OBJECTS(struct fleet_facts, places, "places", &fleet_place_facts_shape,
                        "where it fails most, by node, zone, server, namespace"),
    SHAPE_FIELD_OBJECTS(struct fleet_facts, moments, "moments", &fleet_moment_facts_shape, "by time"),
    SHAPE_FIELD_OBJECTS(struct fleet_facts, counts, "counts", &fleet_count_facts_shape,
                        "what else was counted on these nodes"),
    SHAPE_FIELD_TEXTS(struct fleet_facts, warnings, "warnings",
                      "of the server: the answers may be a part of all"),
};
const struct shape fleet_facts_shape = SHAPE(struct fleet_facts, fields, "fleet");
