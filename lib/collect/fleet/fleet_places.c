/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the chosen nodes: by server, by namespace, and what else they count. */
#include "fleet_ask.h"
#include <k8sdns/base/text.h>
#include <math.h>
#include <string.h>

#define PLACES_MAX 2000
#define COUNTS_MAX 64

static double value_of(const struct prometheus_row *row)
{
    return row->points_count && isfinite(row->values[0]) && row->values[0] > 0 ? row->values[0] : 0;
}

static struct fleet_place_facts *place_at(const struct fleet_asking *a, enum fleet_place kind,
                                          enum fleet_signal signal, const char *name, const char *node,
                                          const char *role)
{
    struct fleet_facts *facts = a->look->facts;
    struct fleet_place_facts *place;

    for (size_t i = 0; i < facts->places_count; i++) {
        place = &facts->places[i];
        if (place->place == (int)kind && strcmp(place->name, name) == 0 &&
            strcmp(text_or(place->node, ""), text_or(node, "")) == 0 &&
            strcmp(text_or(place->role, ""), text_or(role, "")) == 0)
            return place;
    }
    if (facts->places_count == PLACES_MAX)
        return NULL;
    place = ARENA_PUSH(a->look->survey->arena, facts->places, facts->places_count);
    *place = (struct fleet_place_facts){.place = (int)kind,
                                        .signal = (int)signal,
                                        .name = name,
                                        .node = node,
                                        .role = role,
                                        .before_ratio = (double)NAN};
    return place;
}

/* One row of counts by result. */
static void take(const struct fleet_asking *a, struct fleet_place_facts *place,
                 const struct prometheus_row *row)
{
    const char *result = fleet_label(a, row, "result");
    bool failed = result && (strcmp(result, "failed") == 0 || strcmp(result, "timeout") == 0 ||
                             strcmp(result, "error") == 0);

    if (!place)
        return;
    place->asked += value_of(row);
    place->failed += failed ? value_of(row) : 0;
    place->failed_ratio = place->asked > 0 ? place->failed / place->asked : 0;
}

static void take_server(void *user, const struct prometheus_row *row)
{
    const struct fleet_asking *a = user;
    const char *server = fleet_label(a, row, "server");

    if (server)
        take(a, place_at(a, FLEET_PLACE_SERVER, FLEET_QUERIES, server, NULL, fleet_label(a, row, "role")),
             row);
}

static void take_namespace(void *user, const struct prometheus_row *row)
{
    const struct fleet_asking *a = user;
    const char *name = fleet_label(a, row, "client_namespace");

    if (name)
        take(a, place_at(a, FLEET_PLACE_NAMESPACE, FLEET_LOOKUPS, name, NULL, NULL), row);
}

static void take_pods(void *user, const struct prometheus_row *row)
{
    const struct fleet_asking *a = user;
    const char *name = fleet_label(a, row, "client_namespace"), *node = fleet_row_node(a, row);

    if (name && node)
        take(a,
             place_at(a, FLEET_PLACE_PODS, FLEET_LOOKUPS, name, arena_text(a->look->survey->arena, node),
                      NULL),
             row);
}

static struct fleet_finding *finding_at(struct collect_fleet *look, const char *id)
{
    struct fleet_finding *finding;

    for (size_t i = 0; i < look->findings_count; i++)
        if (strcmp(look->findings[i].id, id) == 0)
            return &look->findings[i];
    if (look->findings_count == COUNTS_MAX)
        return NULL;
    finding = ARENA_PUSH(look->survey->arena, look->findings, look->findings_count);
    *finding = (struct fleet_finding){.id = id, .severity = SEVERITY_INFO};
    return finding;
}

/* Of an id one row without a severity, of the nodes that had it, and one of each severity that it had. */
static void take_finding(void *user, const struct prometheus_row *row)
{
    const struct fleet_asking *a = user;
    const char *id = fleet_label(a, row, "id"), *severity = fleet_label(a, row, "severity");
    struct fleet_finding *finding = id && value_of(row) >= 1 ? finding_at(a->look, id) : NULL;

    if (finding && !severity)
        finding->nodes = (uint64_t)value_of(row);
    for (int i = 0; finding && severity && severity_names[i]; i++)
        if (strcmp(severity, severity_names[i]) == 0 && i < finding->severity)
            finding->severity = i;
}

static void take_count(void *user, const struct prometheus_row *row)
{
    static const char *const names[] = {"reason", "backend", "event", "limit", "name"};
    const struct fleet_asking *a = user;
    const char *kind = fleet_label(a, row, "kind"), *hook = fleet_label(a, row, "hook"), *name = NULL;
    struct fleet_facts *facts = a->look->facts;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !name; i++)
        name = fleet_label(a, row, names[i]);
    if (!kind || !name || value_of(row) <= 0 || facts->counts_count == COUNTS_MAX)
        return;
    if (hook)
        name = arena_printf(a->look->survey->arena, "%s at %s", name, hook);
    *ARENA_PUSH(a->look->survey->arena, facts->counts, facts->counts_count) =
        (struct fleet_count_facts){kind, name, value_of(row)};
}

/* The Pods of a namespace on one node: first those that fail most, then how much these ask. */
static void ask_pods(struct fleet_asking *a)
{
    struct arena *arena = a->look->survey->arena;
    struct fleet_facts *facts = a->look->facts;
    size_t first = facts->places_count;
    struct text spaces = {0}, nodes = {0};

    fleet_ask_optional(a, false, "lookups by node and namespace",
                       arena_printf(arena,
                                    "topk(20, sum by (%s, client_namespace) (increase(k8sdns_lookups_total{"
                                    "result=~\"timeout|failed\",%s%s}[%llus])) > 5)",
                                    a->by, a->match, a->chosen, (unsigned long long)a->window_s),
                       take_pods);
    for (size_t i = first; i < facts->places_count; i++) {
        const char *node = strrchr(facts->places[i].node, '/');

        text_addf(&spaces, "%s%s", spaces.len ? "|" : "", facts->places[i].name);
        text_addf(&nodes, "%s%s", nodes.len ? "|" : "", node ? node + 1 : facts->places[i].node);
    }
    facts->places_count = first;
    if (spaces.len)
        fleet_ask_optional(
            a, false, "lookups by node and namespace",
            arena_printf(arena,
                         "sum by (%s, client_namespace, result) (increase(k8sdns_lookups_total{"
                         "%sclient_namespace=~\"%s\",%s=~\"%s\"}[%llus]))",
                         a->by, a->match, text_string(&spaces), a->node_label, text_string(&nodes),
                         (unsigned long long)a->window_s),
            take_pods);
    text_fini(&spaces);
    text_fini(&nodes);
}

void fleet_ask_places(struct fleet_asking *a)
{
    struct arena *arena = a->look->survey->arena;
    unsigned long long w = a->window_s;
    const char *m = a->match, *c = a->chosen;

    fleet_ask_optional(
        a, false, "queries by server",
        arena_printf(arena,
                     "sum by (role, server, result) (increase(k8sdns_probe_queries_total{%s%s}[%llus]))", m,
                     c, w),
        take_server);
    fleet_ask_optional(
        a, false, "lookups by namespace",
        arena_printf(arena, "sum by (client_namespace, result) (increase(k8sdns_lookups_total{%s%s}[%llus]))",
                     m, c, w),
        take_namespace);
    ask_pods(a);
    fleet_ask_optional(a, false, "the agents' findings",
                       arena_printf(arena,
                                    "topk(30, count by (id) (group by (%s, id) "
                                    "(max_over_time(k8sdns_finding{severity!=\"info\",%s}[%llus]) > 0))) or "
                                    "topk(60, count by (id, severity) "
                                    "(max_over_time(k8sdns_finding{severity!=\"info\",%s}[%llus]) > 0))",
                                    a->by, m, w, m, w),
                       take_finding);
    fleet_ask_optional(
        a, false, "drops, unanswered flows and limits",
        arena_printf(
            arena,
            "label_replace(topk(8, sum by (reason, hook) (increase(k8sdns_dropped_packets_total{%s%s}[%llus]))), "
            "\"kind\", \"dropped-packets\", \"\", \"\") or "
            "label_replace(topk(6, sum by (backend) (increase(k8sdns_unanswered_flows_total{%s%s}[%llus]))), "
            "\"kind\", \"unanswered-flows\", \"\", \"\") or "
            "label_replace(sum by (event) (increase(k8sdns_conntrack_events_total{%s%s}[%llus])), "
            "\"kind\", \"conntrack\", \"\", \"\") or "
            "label_replace(topk(5, max by (limit) (max_over_time(k8sdns_node_limit_ratio{%s%s}[%llus]))), "
            "\"kind\", \"limit\", \"\", \"\")",
            m, c, w, m, c, w, m, c, w, m, c, w),
        take_count);
    fleet_ask_optional(
        a, false, "CoreDNS's own counts",
        arena_printf(
            arena,
            "label_replace(label_replace(sum(increase(coredns_dns_requests_total{%s}[%llus])), \"kind\", \"coredns\", "
            "\"\", \"\"), \"name\", \"queries\", \"\", \"\") or "
            "label_replace(label_replace(sum(increase(coredns_dns_responses_total{%srcode=\"SERVFAIL\"}[%llus])), "
            "\"kind\", \"coredns\", \"\", \"\"), \"name\", \"SERVFAIL answers\", \"\", \"\") or "
            "label_replace(label_replace(sum(increase(coredns_panics_total{%s}[%llus])), \"kind\", \"coredns\", \"\", "
            "\"\"), \"name\", \"panics\", \"\", \"\") or "
            "label_replace(label_replace(sum(increase(coredns_forward_healthcheck_broken_total{%s}[%llus])), "
            "\"kind\", \"coredns\", \"\", \"\"), \"name\", \"times when all upstreams were down\", \"\", \"\")",
            m, w, m, w, m, w, m, w),
        take_count);
}
