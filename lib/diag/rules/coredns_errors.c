/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>
#include <string.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    uint64_t answers = 0, failed = 0;
    const char *who = NULL;
    struct finding *finding;
    double ratio;

    for (size_t i = 0; i < d->facts->matrix->probes_count; i++) {
        const struct probe_facts *p = &d->facts->matrix->probes[i];

        if (!is_under(p->candidate, d->facts->matrix->cluster_domain) || !probe_is_heard(p))
            continue;
        answers++;
        if (p->status == PROBE_SERVFAIL) {
            failed++;
            who = p->target;
        }
    }
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct watch_target_facts *w = d->servers[i].sampled;

        for (size_t k = 0; w && k < w->rcodes_count; k++) {
            answers += w->rcodes[k].count;
            if (strcmp(w->rcodes[k].name, "SERVFAIL") == 0 && w->rcodes[k].count) {
                failed += w->rcodes[k].count;
                who = w->id;
            }
        }
    }
    ratio = answers ? (double)failed / (double)answers : 0;
    if (!failed || ratio < d->thresholds->servfail_warning_ratio)
        return;
    finding = finding_new(d, rule, who);
    if (ratio >= d->thresholds->servfail_critical_ratio)
        finding->severity = SEVERITY_CRITICAL;
    finding_evidence(d, finding,
                     "%" PRIu64 " of %" PRIu64 " answers for names of the cluster are SERVFAIL (%.1f %%)",
                     failed, answers, ratio * 100);
    for (size_t i = 0; i < d->facts->matrix->differences_count; i++)
        if (d->facts->matrix->differences[i].target &&
            strcmp(d->facts->matrix->differences[i].target, who) == 0)
            finding_evidence(d, finding, "%s", d->facts->matrix->differences[i].text);
}

static const char *const remedies[] = {
    "read what it says: kubectl -n kube-system logs -l k8s-app=kube-dns --tail=200",
    "is it ready: kubectl -n kube-system get pods -l k8s-app=kube-dns",
    "delete the one that fails, and its Deployment makes another: kubectl -n kube-system delete pod "
    "POD",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system logs -l k8s-app=kube-dns --prefix",
    NULL,
};

static const char *const explains[] = {
    "resolver-differs",
    "replica-inconsistent",
    NULL,
};

const struct rule rule_coredns_errors = {
    .id = "coredns-errors",
    .title = "CoreDNS answers with SERVFAIL",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "names of the cluster bring no SERVFAIL",
    .cause = "For names of its own SERVFAIL means that CoreDNS could not find out: its plugin has "
             "not synced with the API server, a plugin failed, or it forwards to itself.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
