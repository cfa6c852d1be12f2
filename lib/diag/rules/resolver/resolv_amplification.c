/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
#include <string.h>

static size_t by_search(const struct plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->queries_count; i++)
        count += plan->queries[i].suffix != NULL;
    return count;
}

/* The name has as many dots as ndots wants: where it exists, nothing under a search domain is asked for. */
static bool is_tried_first(const struct plan *plan)
{
    return plan->queries_count && !plan->queries[0].suffix;
}

static bool answered_by_search(const struct facts *facts, const char *name)
{
    for (size_t i = 0; facts->matrix && i < facts->matrix->probes_count; i++) {
        const struct probe_facts *p = &facts->matrix->probes[i];

        if (strcmp(p->name, name) == 0 && p->status == PROBE_ANSWER && strcmp(p->candidate, name) != 0)
            return true;
    }
    return false;
}

/* Every answer for the name is NXDOMAIN: then it is no external name either. */
static bool is_missing(const struct facts *facts, const char *name)
{
    bool denied = false;

    for (size_t i = 0; facts->matrix && i < facts->matrix->probes_count; i++) {
        const struct probe_facts *p = &facts->matrix->probes[i];

        if (strcmp(p->name, name) != 0)
            continue;
        if (p->status != PROBE_NXDOMAIN)
            return false;
        denied = true;
    }
    return denied;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct expand_facts *plans = d->facts->plans;
    struct finding *finding;

    for (size_t i = 0; plans && i < plans->names_count; i++) {
        const struct name_plans *name = &plans->names[i];
        int kind = name_kind_of(d->facts, name->name);

        if (!name->plans_count || (kind != NAME_EXTERNAL && kind != NAME_GIVEN))
            continue;
        /* One of the cluster's own needs the search list. */
        if ((double)name->plans[0].queries_count < d->thresholds->amplification_queries ||
            !strchr(name->name, '.') || is_tried_first(&name->plans[0]) ||
            answered_by_search(d->facts, name->name) ||
            (kind == NAME_GIVEN && is_missing(d->facts, name->name)))
            continue;
        finding = finding_new(d, rule, name->name);
        finding_evidence(d, finding, "%zu queries for one lookup of %s, %zu of them for the search list",
                         name->plans[0].queries_count, name->name, by_search(&name->plans[0]));
        return;
    }
}

static const struct step steps[] = {
    {.text = "write external names with a final dot (www.example.com.) where the application allows it",
     .undo = "without the dot"},
    {.text = "set dnsConfig.options ndots to 2 in the Pod template; Service names with one dot still "
             "resolve",
     .undo = "remove the option"},
    {.text = "run NodeLocal DNSCache, which answers these queries on the node",
     .undo = "delete its DaemonSet"},
    {0},
};

static const char *const checks[] = {
    "k8sdns expand www.example.com",
    NULL,
};

const struct rule rule_resolv_amplification = {
    .id = "resolv-amplification",
    .title = "the search list multiplies queries for external names",
    .severity = SEVERITY_INFO,
    .needs = NEED_RESOLV,
    .healthy = "external names take few queries",
    .cause = "A name with fewer dots than ndots is tried under every search domain first, for A and "
             "AAAA. That multiplies the queries, the load on {dns} and the risk of a loss.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
