/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "step.h"
#include <k8sdns/diag/pattern.h>
#include <k8sdns/diag/rule.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <stdlib.h>
#include <string.h>

#define ANY (-1)

#define STEPS_MAX 3

/* What a pattern alone points to. */
static const struct {
    int scope, frequency; /* ANY: whatever */
    const char *ids[8];
    struct step steps[STEPS_MAX + 1]; /* ends with one without a text */
} patterns[] = {
    {SCOPE_WHOLE_CLUSTER,
     FREQUENCY_ALWAYS,
     {"all-unreachable", "coredns-errors", "upstream-failing", "coredns-panic", "apiserver-disconnected",
      "recent-change"},
     {{.text = "read the log of CoreDNS", .command = "kubectl -n {ns} logs -l {sel} --tail=200"}}},
    {SCOPE_WHOLE_CLUSTER,
     FREQUENCY_AT_PEAK,
     {"coredns-cpu", "conntrack-full", "resolv-amplification"},
     {{.text = "compare CoreDNS's CPU use with the times that fail",
       .command = "kubectl -n {ns} top pods -l {sel}"}}},
    {SCOPE_WHOLE_CLUSTER,
     FREQUENCY_INTERMITTENT,
     {"replica-unreachable", "replica-refused", "conntrack-race", "ipvs-port-reuse", "coredns-panic"},
     {{.text = "query each replica for a while",
       .command = "k8sdns watch kubernetes.default --duration 10m"}}},
    {SCOPE_SOME_NODES,
     FREQUENCY_ALWAYS,
     {"clusterip-unreachable", "path-filtered", "neighbour-full", "nodelocal-down", "recent-change"},
     {{.text = "on a node that fails, as root", .command = "k8sdns diagnose --netns /proc/1/ns/net"}}},
    {SCOPE_SOME_NODES,
     FREQUENCY_AT_PEAK,
     {"conntrack-full", "node-overloaded", "socket-limits"},
     {{.text = "on a node that fails, as root", .command = "k8sdns conntrack --interval 1s"}}},
    {SCOPE_SOME_NODES,
     FREQUENCY_INTERMITTENT,
     {"conntrack-race", "conntrack-stale", "ipvs-port-reuse", "node-overloaded", "path-lossy"},
     {{.text = "on a node that fails, as root", .command = "k8sdns conntrack --interval 1s"},
      {.text = "the same place", .command = "k8sdns ipvs"},
      {.text = "the same place", .command = "k8sdns node --interval 1s"}}},
    {SCOPE_FIXED_PODS,
     ANY,
     {"resolv-policy", "resolv-invalid", "path-filtered", "flows-unanswered", "name-not-found",
      "resolver-differs"},
     {{.text = "in a Pod that fails and in one that does not", .command = "k8sdns resolv"},
      {.text = "in both, with the name that fails", .command = "k8sdns diagnose NAME"}}},
    {SCOPE_RANDOM_PODS,
     FREQUENCY_AT_PEAK,
     {"coredns-cpu", "conntrack-full", "port-collision"},
     {{.text = "at peak", .command = "k8sdns watch kubernetes.default --duration 10m"}}},
    {SCOPE_RANDOM_PODS,
     ANY,
     {"conntrack-race", "ipvs-port-reuse", "port-collision", "replica-unreachable", "replica-inconsistent"},
     {{.text = "gather again: more reports tell fixed Pods from random ones"}}},
};

static struct scope_cause *cause_at(struct arena *arena, const char *id, struct scope_facts *facts)
{
    const struct rule *rule = rule_find(id);
    struct scope_cause *cause;

    for (size_t i = 0; i < facts->causes_count; i++)
        if (strcmp(facts->causes[i].id, id) == 0)
            return &facts->causes[i];
    cause = ARENA_PUSH(arena, facts->causes, facts->causes_count);
    *cause = (struct scope_cause){.id = id,
                                  .title = rule ? cluster_words_expand(arena, NULL, rule->title)
                                                : "not known to this version"};
    return cause;
}

static int by_reports(const void *a, const void *b)
{
    const struct scope_cause *x = a, *y = b;

    if (x->reports != y->reports)
        return x->reports < y->reports ? 1 : -1;
    return (int)y->pattern - (int)x->pattern;
}

void pattern_cause_add(struct arena *arena, const char *id, uint64_t reports, struct scope_facts *facts)
{
    cause_at(arena, id, facts)->reports += reports;
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
        for (const struct step *step = patterns[i].steps; step->text; step++) {
            *ARENA_PUSH(arena, facts->steps, facts->steps_count) =
                (struct step){.text = cluster_words_expand(arena, NULL, step->text),
                              .command = cluster_words_expand(arena, NULL, step->command),
                              .undo = cluster_words_expand(arena, NULL, step->undo)};
            *ARENA_PUSH(arena, facts->next, facts->next_count) = step_phrase(arena, step);
        }
    }
    if (facts->causes_count)
        qsort(facts->causes, facts->causes_count, sizeof(*facts->causes), by_reports);
}
