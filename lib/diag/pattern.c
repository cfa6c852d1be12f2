/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "steps/step.h"
#include <k8sdns/base/braces.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/base/text.h>
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
       .command = "kubectl k8sdns {failing-pod} watch kubernetes.default --duration 10m"}}},
    {SCOPE_SOME_NODES,
     FREQUENCY_ALWAYS,
     {"clusterip-unreachable", "path-filtered", "neighbour-full", "nodelocal-down", "recent-change"},
     {{.text = "look at a node that fails", .command = "kubectl k8sdns node/{failing-node}"}}},
    {SCOPE_SOME_NODES,
     FREQUENCY_AT_PEAK,
     {"conntrack-full", "node-overloaded", "socket-limits"},
     {{.text = "watch the conntrack table of a node that fails",
       .command = "kubectl k8sdns node/{failing-node} conntrack --interval 1s"}}},
    {SCOPE_SOME_NODES,
     FREQUENCY_INTERMITTENT,
     {"conntrack-race", "conntrack-stale", "ipvs-port-reuse", "node-overloaded", "path-lossy"},
     {{.text = "watch the conntrack table of a node that fails",
       .command = "kubectl k8sdns node/{failing-node} conntrack --interval 1s"},
      {.text = "look for connections to removed replicas (IPVS)",
       .command = "kubectl k8sdns node/{failing-node} ipvs"},
      {.text = "watch its other limits",
       .command = "kubectl k8sdns node/{failing-node} node --interval 1s"}}},
    {SCOPE_FIXED_PODS,
     ANY,
     {"resolv-policy", "resolv-invalid", "path-filtered", "flows-unanswered", "name-not-found",
      "resolver-differs"},
     {{.text = "look at resolv.conf of a Pod that fails, and of one that does not",
       .command = "kubectl k8sdns {failing-pod} resolv"},
      {.text = "in both, test the name that fails",
       .command = "kubectl k8sdns {failing-pod} diagnose NAME"}}},
    {SCOPE_RANDOM_PODS,
     FREQUENCY_AT_PEAK,
     {"coredns-cpu", "conntrack-full", "port-collision"},
     {{.text = "at peak, query each replica for a while",
       .command = "kubectl k8sdns {failing-pod} watch kubernetes.default --duration 10m"}}},
    {SCOPE_RANDOM_PODS,
     ANY,
     {"conntrack-race", "ipvs-port-reuse", "port-collision", "replica-unreachable", "replica-inconsistent"},
     {{.text = "gather again: more reports tell fixed Pods from random ones"}}},
};

/* The node of most reports that fail, or of the largest share of queries; NULL when none is named. */
static const char *failing_node(const struct scope_facts *facts)
{
    const struct scope_row *worst = NULL;

    for (size_t i = 0; i < facts->rows_count; i++) {
        const struct scope_row *row = &facts->rows[i];

        if (row->kind == SCOPE_ROW_NODE && row->node && row->failing &&
            (!worst || row->failing > worst->failing))
            worst = row;
    }
    for (size_t i = 0; facts->fleet && i < facts->fleet->places_count; i++) {
        const struct fleet_place_facts *place = &facts->fleet->places[i];

        /* Without the label `node` it is an address and a port, by which Kubernetes knows no node. */
        if (place->place == FLEET_PLACE_NODE && place->fails)
            return strchr(place->name, ':') ? NULL : place->name;
    }
    return worst ? worst->node : NULL;
}

/* A Pod as kubectl's plugin takes it, with what is known of it. */
static const char *failing_pod(struct arena *arena, const struct scope_facts *facts)
{
    const struct scope_row *worst = NULL;
    const char *space = NULL;

    for (size_t i = 0; i < facts->rows_count; i++) {
        const struct scope_row *row = &facts->rows[i];

        if (row->kind == SCOPE_ROW_POD && row->pod && (!worst || row->failing > worst->failing))
            worst = row;
    }
    for (size_t i = 0; facts->fleet && i < facts->fleet->places_count && !space; i++)
        if (facts->fleet->places[i].place == FLEET_PLACE_NAMESPACE && facts->fleet->places[i].fails)
            space = facts->fleet->places[i].name;
    return arena_printf(arena, "%s -n %s", shell_word(arena, worst ? worst->pod : "POD"),
                        shell_word(arena, text_or(space, "NAMESPACE")));
}

struct pattern_words {
    struct arena *arena;
    const struct scope_facts *facts;
};

static const char *value_of(void *user, const char *word, size_t len)
{
    const struct pattern_words *words = user;

    if (len == strlen("failing-node") && memcmp(word, "failing-node", len) == 0)
        return shell_word(words->arena, text_or(failing_node(words->facts), "NODE"));
    if (len == strlen("failing-pod") && memcmp(word, "failing-pod", len) == 0)
        return failing_pod(words->arena, words->facts);
    return cluster_word(words->arena, NULL, word, len);
}

static const char *expand(struct arena *arena, const struct scope_facts *facts, const char *text)
{
    return braces_expand(arena, text, value_of, &(struct pattern_words){arena, facts});
}

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
            const struct step told = {.text = expand(arena, facts, step->text),
                                      .command = expand(arena, facts, step->command),
                                      .undo = expand(arena, facts, step->undo)};

            *ARENA_PUSH(arena, facts->steps, facts->steps_count) = told;
            *ARENA_PUSH(arena, facts->next, facts->next_count) = step_phrase(arena, &told);
        }
    }
    if (facts->causes_count)
        qsort(facts->causes, facts->causes_count, sizeof(*facts->causes), by_reports);
}
