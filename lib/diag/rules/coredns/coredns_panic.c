/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/log_evidence.h"
#include "../../evidence/coredns/replica_metrics.h"
#include "../../evidence/pods.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/diag/rule.h>
#include <string.h>

/* How its container ended is not known to the kubelet. Source: containerd, unknownExitReason: those that were
 * there before a restart of the node. */
static bool is_lost(const struct kube_pod_facts *pod)
{
    return pod->last_end && strcmp(pod->last_end, "Unknown") == 0;
}

/* What the end of a process by itself says. Source: Go's runtime and of CoreDNS's log.Fatal;
 * signal(7). */
static const char *end_words(const struct kube_pod_facts *pod)
{
    if (pod->last_end && strcmp(pod->last_end, "OOMKilled") == 0)
        return "OOMKilled: it needs more memory than its limit";
    if (is_lost(pod))
        return "how it ended is not known, as after a restart of its node";
    switch (pod->exit_code) {
    case 0:
        return "exit code 0: it ended as if it was told to";
    case 1:
        return "exit code 1: it ended itself, as it does for a Corefile that it refuses, a port that is taken, or a loop";
    case 2:
        return "exit code 2: a Go panic";
    case 137:
        return "exit code 137: killed (SIGKILL), by the kubelet after failed liveness probes or for want of memory";
    case 139:
        return "exit code 139: it crashed (SIGSEGV)";
    case 143:
        return "exit code 143: it was told to end (SIGTERM)";
    default:
        return pod->last_end;
    }
}

/* When it ended, where that is recent enough to matter. */
static const char *recent_end(const struct diagnosis *d, const struct kube_pod_facts *pod)
{
    const struct kube_facts *kube = d->facts->kube;

    for (size_t i = 0; i < kube->changes_count; i++)
        if (kube->changes[i].kind == KUBE_POD && strcmp(kube->changes[i].name, pod->name) == 0 &&
            kube->changes[i].how == CHANGE_ENDED &&
            kube->changes[i].age_s <= d->thresholds->recent_minutes * 60)
            return kube->changes[i].time;
    return NULL;
}

/* Steps that fit how it ended. */
static void advise(struct diagnosis *d, struct finding *finding, const struct kube_pod_facts *pod)
{
    finding_step(d, finding, "read its last words",
                 arena_printf(d->arena, "kubectl -n {ns} logs %s{c} --previous --tail 50",
                              shell_word(d->arena, pod->name)),
                 NULL);
    if (pod->last_end && strcmp(pod->last_end, "OOMKilled") == 0)
        finding_step(d, finding, "raise the memory limit", "{memory}", "{rollback}");
    else if (pod->exit_code == 1)
        finding_step(d, finding, "check the Corefile",
                     "kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile -v -", NULL);
    else if (pod->exit_code == 2)
        finding_step(d, finding, "update to a current version", NULL, "{rollback}");
    else
        finding_step(
            d, finding, "see its probes and events",
            arena_printf(d->arena, "kubectl -n {ns} describe pod %s", shell_word(d->arena, pod->name)), NULL);
}

static bool any_ready(const struct kube_facts *kube)
{
    for (size_t i = 0; i < kube->pods_count; i++)
        if (kube->pods[i].ready == KUBE_YES)
            return true;
    return false;
}

/* Restarts that Kubernetes tells of. */
static void by_restarts(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;

    for (size_t i = 0; i < kube->pods_count; i++) {
        const struct kube_pod_facts *pod = &kube->pods[i];
        bool looping = pod->waiting && strcmp(pod->waiting, "CrashLoopBackOff") == 0;
        const char *recent = recent_end(d, pod), *words = end_words(pod);
        struct finding *finding;

        if (!looping && (!pod->restarts || !recent))
            continue;
        finding = finding_new(d, rule, pod->name);
        finding_about_pod(d, finding, pod->name);
        finding_evidence(d, finding, "%s has restarted %s%s%s (%s)", pod->name,
                         times_format((char[TIMES_TEXT]){0}, pod->restarts), recent ? ", last at " : "",
                         recent ? recent : "", words ? words : "no reason given");
        if (looping) {
            finding->title = pod->kube_dns ? "kube-dns ends again and again" : "{dns} ends again and again";
            finding_evidence(d, finding, "%s is in CrashLoopBackOff, and not ready", pod->name);
            finding->severity = any_ready(kube) ? finding->severity : SEVERITY_CRITICAL;
        } else if (pod->kube_dns) {
            finding->title = "kube-dns restarts";
        }
        /* It was no fault of its own, and is over. */
        if (!looping && is_lost(pod) && pod->ready == KUBE_YES)
            finding->severity = SEVERITY_INFO;
        advise(d, finding, pod);
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
            finding_evidence(d, finding, "%s restarted between two scrapes", m->source);
        if (!metrics_grew(m->panics_total))
            continue;
        finding->title = ended ? finding->title : "{dns} panics";
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
    finding->title = "{dns} panics";
    finding_evidence(d, finding, "CoreDNS's log has %" PRIu64 " panics", logs->lines.panic);
    for (size_t i = 0; i < logs->panics_count && i < LOG_FEW; i++) {
        const struct log_panic_facts *p = &logs->panics[i];

        finding_evidence(d, finding, "%s%s%s%s%s%s", p->time ? p->time : "", p->time ? " " : "",
                         p->recovered ? "recovered: " : "the server ended: ", p->text,
                         p->where ? ", in " : "", p->where ? p->where : "");
    }
}

/* What events say where the Pods are not known. Return whether they say anything of it. */
static bool by_events(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_event_facts *again = pods_event(d, KUBE_EVENT_ENDS_AGAIN),
                                  *evicted = pods_event(d, KUBE_EVENT_EVICTED),
                                  *event = again ? again : evicted;
    struct finding *finding;

    if (!event)
        return false;
    finding = finding_new(d, rule, event->object);
    finding->title = again ? "{dns} ends again and again" : "{dns} was evicted from its node";
    finding->confidence = CONFIDENCE_LIKELY;
    finding_about_pod(d, finding, event->object);
    finding_evidence(d, finding, "%s", pods_event_text(d, event));
    if (again)
        finding_step(d, finding, "read why it ended",
                     arena_printf(d->arena, "kubectl -n {ns} logs %s{c} --previous",
                                  shell_word(d->arena, event->object)),
                     NULL);
    finding_step(
        d, finding, "see its last state and limits",
        arena_printf(d->arena, "kubectl -n {ns} describe pod %s", shell_word(d->arena, event->object)), NULL);
    return true;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    /* Without Pods, metrics and log nothing was seen that could have restarted. */
    if (d->facts->kube && d->facts->kube->pods_count)
        by_restarts(rule, d);
    else if (!by_events(rule, d) && !(d->present & (NEED_METRICS | NEED_LOGS)))
        rule_unknown(d, "the Pods of CoreDNS");
    by_counts(rule, d);
    by_logs(rule, d);
}

static const struct step steps[] = {
    {.text = "read why it ended", .command = "kubectl -n {ns} logs {pod}{c} --previous"},
    {.text = "see its last state and limits", .command = "kubectl -n {ns} describe pod {pod}"},
    {.text = "after OOMKilled: raise the memory limit", .command = "{memory}", .undo = "{rollback}"},
    {.text = "update {dns} to a current version", .undo = "{rollback}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get pods -l {sel} -o wide",
    NULL,
};

static const char *const explains[] = {
    "replica-unreachable",
    "replica-refused",
    "clusterip-lossy",
    "path-lossy",
    "apiserver-disconnected",
    "lookup-slow",
    NULL,
};

const struct rule rule_coredns_panic = {
    .id = "coredns-panic",
    .title = "{dns} restarts",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_KUBE | NEED_METRICS | NEED_LOGS,
    .healthy = "no {dns} Pod restarted or panicked lately",
    .cause = "A replica that ends loses the queries it holds, and new ones still go there until its "
             "endpoint is removed. {dns} ends itself (exit code 1) for a Corefile that it refuses or a loop. "
             "A Go panic is exit code 2. A low memory limit ends in OOMKilled.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
