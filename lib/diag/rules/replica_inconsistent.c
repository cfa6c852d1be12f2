/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <string.h>

/* Silence, SERVFAIL and REFUSED are findings of their own. */
static bool is_said_elsewhere(const struct difference_facts *difference)
{
    return difference->kind == DIFFERS_LATENCY || strstr(difference->text, "does not answer") ||
           strstr(difference->text, "(SERVFAIL)") || strstr(difference->text, "(REFUSED)");
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    struct finding *finding;

    for (size_t i = 0; i < matrix->differences_count; i++) {
        const struct difference_facts *difference = &matrix->differences[i];

        if (is_said_elsewhere(difference))
            continue;
        finding = finding_new(d, rule, difference->target);
        finding_evidence(d, finding, "%s", difference->text);
    }
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
    .needs = NEED_HEARD | NEED_MATRIX | NEED_REPLICAS,
    .healthy = "the replicas agree",
    .cause = "A replica whose watch of the API server has stopped, or whose cache is stale, or that "
             "has another Corefile, answers differently: the same lookup works and fails by chance.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
