/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../log_evidence.h"
#include "../replica_metrics.h"
#include <inttypes.h>
#include <k8sdns/diag/rule.h>
#include <string.h>

/* Restarts that Kubernetes tells of. */
static void by_restarts(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    const char *recent = NULL;
    struct finding *finding;

    for (size_t i = 0; i < kube->pods_count; i++) {
        const struct kube_pod_facts *pod = &kube->pods[i];

        recent = NULL;
        for (size_t k = 0; k < kube->changes_count; k++)
            if (strstr(kube->changes[k].what, pod->name) && strcmp(kube->changes[k].how, "ended") == 0 &&
                kube->changes[k].age_s <= d->thresholds->recent_minutes * 60)
                recent = kube->changes[k].time;
        if (!pod->restarts || !recent)
            continue;
        finding = finding_new(d, rule, pod->name);
        finding_about_pod(d, finding, pod->name);
        finding_evidence(d, finding, "%s has restarted %" PRIu64 " times, last at %s (%s)", pod->name,
                         pod->restarts, recent, pod->last_end ? pod->last_end : "no reason given");
    }
}

/* Panics that CoreDNS caught, and a process that began anew while it was watched. */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        bool ended = m->restarted && m->role != METRICS_OF_CLUSTER_IP;
        struct finding *finding;

        if (!metrics_grew(m->panics_total) && !ended)
            continue;
        finding = metrics_finding(d, rule, NULL, m);
        if (ended)
            finding_evidence(d, finding, "%s began anew between two looks", m->source);
        if (!metrics_grew(m->panics_total))
            continue;
        finding->title = ended ? finding->title : "CoreDNS panics";
        finding_evidence(
            d, finding, "%s caught %" PRIu64 " panics since it began%s", m->source, m->panics_total,
            metrics_grew(m->panics_new) ? arena_printf(d->arena, ", %" PRIu64 " of them %s", m->panics_new,
                                                       metrics_window(d->arena, m))
                                        : "");
        /* When it was is not known. */
        if (!ended && !metrics_grew(m->panics_new))
            finding->severity = SEVERITY_INFO;
    }
}

/* Panics with the function that they began in. */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    const struct logs_facts *logs = d->facts->logs;
    struct finding *finding;

    if (!logs || !logs->lines.panic)
        return;
    finding = finding_new(
        d, rule, logs->panics_count && logs->panics[0].source ? logs->panics[0].source : "CoreDNS's log");
    finding->title = "CoreDNS panics";
    finding_evidence(d, finding, "CoreDNS's log has %" PRIu64 " panics", logs->lines.panic);
    for (size_t i = 0; i < logs->panics_count && i < LOG_FEW; i++) {
        const struct log_panic_facts *p = &logs->panics[i];

        finding_evidence(d, finding, "%s%s%s%s%s%s", p->time ? p->time : "", p->time ? " " : "",
                         p->recovered ? "recovered: " : "the server ended: ", p->text,
                         p->where ? ", in " : "", p->where ? p->where : "");
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->kube)
        by_restarts(rule, d);
    by_counts(rule, d);
    by_logs(rule, d);
}

static const char *const remedies[] = {
    "read why: kubectl -n kube-system logs POD --previous; kubectl -n kube-system describe pod POD",
    "after OOMKilled raise the memory limit: kubectl -n kube-system set resources deployment coredns "
    "--limits=memory=512Mi; back: kubectl -n kube-system rollout undo deployment coredns",
    "update CoreDNS to a current version; back: kubectl -n kube-system rollout undo deployment "
    "coredns",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide",
    NULL,
};

static const char *const explains[] = {
    "replica-unreachable", "replica-refused", "clusterip-lossy", "path-lossy", "apiserver-disconnected", NULL,
};

const struct rule rule_coredns_panic = {
    .id = "coredns-panic",
    .title = "CoreDNS restarts",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_KUBE | NEED_METRICS | NEED_LOGS,
    .healthy = "no CoreDNS restarted or panicked lately",
    .cause = "A replica that ends takes with it what it was asked, and until its endpoint is gone "
             "queries still go there. Old versions panic when the API server is away; a low memory "
             "limit ends in OOMKilled.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
