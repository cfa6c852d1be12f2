/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/diag/pattern.h>
#include <k8sdns/diag/rule.h>
#include <stdlib.h>
#include <string.h>

#define ANY (-1)

/* What a pattern alone points to. */
static const struct {
    int scope, frequency; /* ANY: whatever */
    const char *ids[8];
    const char *next;
} patterns[] = {
    {SCOPE_WHOLE_CLUSTER,
     FREQUENCY_ALWAYS,
     {"all-unreachable", "coredns-errors", "upstream-failing", "coredns-panic", "apiserver-disconnected",
      "recent-change"},
     "look at CoreDNS itself: kubectl -n kube-system logs -l k8s-app=kube-dns --tail=200"},
    {SCOPE_WHOLE_CLUSTER,
     FREQUENCY_AT_PEAK,
     {"coredns-cpu", "conntrack-full", "resolv-amplification"},
     "compare CoreDNS's CPU with the times that fail: kubectl -n kube-system top pods -l k8s-app=kube-dns"},
    {SCOPE_WHOLE_CLUSTER,
     FREQUENCY_INTERMITTENT,
     {"replica-unreachable", "replica-refused", "conntrack-race", "ipvs-port-reuse", "coredns-panic"},
     "ask each replica for a while: k8sdns watch kubernetes.default --duration 10m"},
    {SCOPE_SOME_NODES,
     FREQUENCY_ALWAYS,
     {"clusterip-unreachable", "path-filtered", "neighbour-full", "nodelocal-down", "recent-change"},
     "on a node that fails, as root: k8sdns diagnose --netns /proc/1/ns/net"},
    {SCOPE_SOME_NODES,
     FREQUENCY_AT_PEAK,
     {"conntrack-full", "node-overloaded", "socket-limits"},
     "on a node that fails, as root: k8sdns conntrack --interval 1s"},
    {SCOPE_SOME_NODES,
     FREQUENCY_INTERMITTENT,
     {"conntrack-race", "conntrack-stale", "ipvs-port-reuse", "node-overloaded", "path-lossy"},
     "on a node that fails, as root: k8sdns conntrack --interval 1s; k8sdns ipvs; k8sdns node --interval 1s"},
    {SCOPE_FIXED_PODS,
     ANY,
     {"resolv-policy", "resolv-invalid", "path-filtered", "name-not-found", "resolver-differs"},
     "in a Pod that fails and in one that does not: k8sdns resolv; k8sdns diagnose NAME"},
    {SCOPE_RANDOM_PODS,
     FREQUENCY_AT_PEAK,
     {"coredns-cpu", "conntrack-full", "port-collision"},
     "gather at peak: k8sdns watch kubernetes.default --duration 10m"},
    {SCOPE_RANDOM_PODS,
     ANY,
     {"conntrack-race", "ipvs-port-reuse", "port-collision", "replica-unreachable", "replica-inconsistent"},
     "gather again, so that fixed Pods can be told from random ones"},
};

static struct scope_cause *cause_at(struct arena *arena, const char *id, struct scope_facts *facts)
{
    const struct rule *rule = rule_find(id);
    struct scope_cause *cause;

    for (size_t i = 0; i < facts->causes_count; i++)
        if (strcmp(facts->causes[i].id, id) == 0)
            return &facts->causes[i];
    cause = ARENA_PUSH(arena, facts->causes, facts->causes_count);
    *cause = (struct scope_cause){.id = id, .title = rule ? rule->title : "not known to this version"};
    return cause;
}

static int by_reports(const void *a, const void *b)
{
    const struct scope_cause *x = a, *y = b;

    if (x->reports != y->reports)
        return x->reports < y->reports ? 1 : -1;
    return (int)y->pattern - (int)x->pattern;
}

void pattern_causes(struct arena *arena, const struct scope_report *reports, size_t count,
                    struct scope_facts *facts)
{
    bool matched = false;

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < reports[i].ids_count; k++)
            cause_at(arena, reports[i].ids[k], facts)->reports++;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && !matched; i++) {
        if (patterns[i].scope != facts->scope ||
            (patterns[i].frequency != ANY && patterns[i].frequency != facts->frequency))
            continue;
        matched = true;
        for (size_t k = 0; patterns[i].ids[k]; k++)
            cause_at(arena, patterns[i].ids[k], facts)->pattern = true;
        *ARENA_PUSH(arena, facts->next, facts->next_count) = patterns[i].next;
    }
    if (facts->causes_count)
        qsort(facts->causes, facts->causes_count, sizeof(*facts->causes), by_reports);
}
