/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../replica_metrics.h"
#include "../server.h"
#include <string.h>

/* The server's answers are damaged or belong to other questions. */
static bool is_garbled(const struct diagnosis *d, const char *id)
{
    for (size_t i = 0; id && i < d->servers_count; i++)
        if (strcmp(d->servers[i].target->id, id) == 0)
            return d->servers[i].malformed || d->servers[i].mismatched;
    return false;
}

/* Silence, SERVFAIL, REFUSED and what cannot be read are findings of their own. */
static bool is_said_elsewhere(const struct diagnosis *d, const struct difference_facts *difference)
{
    return difference->kind == DIFFERS_LATENCY ||
           (difference->kind == DIFFERS_STATUS && is_garbled(d, difference->target)) ||
           strstr(difference->text, "does not answer") || strstr(difference->text, "(SERVFAIL)") ||
           strstr(difference->text, "(REFUSED)");
}

/* What they answered to our own questions. */
static void by_answers(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    struct finding *finding;

    for (size_t i = 0; i < matrix->differences_count; i++) {
        const struct difference_facts *difference = &matrix->differences[i];

        if (is_said_elsewhere(d, difference))
            continue;
        finding = finding_new(d, rule, difference->target);
        if (difference->target)
            finding_about(d, finding, difference->target);
        finding_evidence(d, finding, "%s", difference->text);
    }
}

/* Another version or Corefile is ordinary while one is rolled out, and a cause when it stays. */
static void by_configuration(const struct rule *rule, struct diagnosis *d)
{
    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        struct finding *finding;

        for (size_t i = 0; i < m->odd_count; i++) {
            if (strcmp(m->odd[i], "version") != 0 && strcmp(m->odd[i], "Corefile") != 0)
                continue;
            finding = metrics_finding(d, rule, NULL, m);
            finding->title = "a replica is not set up like the others";
            finding->severity = SEVERITY_INFO;
            finding->confidence = CONFIDENCE_POSSIBLE;
            finding_evidence(d, finding, "%s has another %s than the others", m->source, m->odd[i]);
        }
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->matrix && (d->present & NEED_HEARD) && (d->present & NEED_REPLICAS))
        by_answers(rule, d);
    else
        rule_unknown(d, "no replica was asked apart; name them with --replica");
    by_configuration(rule, d);
}

static const char *const remedies[] = {
    "delete the one that differs, and its Deployment makes another: kubectl -n kube-system delete "
    "pod POD",
    "compare their configuration and version: kubectl -n kube-system get pods -l k8s-app=kube-dns -o "
    "yaml | grep image:",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system logs POD | grep plugin/kubernetes",
    NULL,
};

static const char *const explains[] = {
    "resolver-differs",
    "name-not-found",
    NULL,
};

const struct rule rule_replica_inconsistent = {
    .id = "replica-inconsistent",
    .title = "replicas give different answers",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_MATRIX | NEED_METRICS,
    .healthy = "the replicas agree",
    .cause = "A replica whose watch of the API server has stopped, or whose cache is stale, or that "
             "has another Corefile, answers differently: the same lookup works and fails by chance.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
