/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/log_evidence.h"
#include "../../evidence/coredns/log_start.h"
#include "../../evidence/pods.h"
#include <inttypes.h>
#include <k8sdns/base/shell_word.h>
#include <string.h>

/* Reasons why a container waits that pass by themselves. Source: kubernetes, pkg/kubelet/kubelet_pods.go. */
static bool is_starting(const char *waiting)
{
    return strcmp(waiting, "ContainerCreating") == 0 || strcmp(waiting, "PodInitializing") == 0;
}

/* What its events say, where it says nothing itself: no network, a volume that is not there. */
static const char *pending_reason(struct diagnosis *d, const struct kube_pod_facts *pod)
{
    const struct kube_event_facts *event = pods_event_of(d, KUBE_EVENT_NOT_STARTED, pod->name);

    return event ? pods_event_text(d, event) : "Pending";
}

/* Why a Pod has no process; NULL for one that has, or that ends again and again, which another rule tells of.
 */
static const char *reason_of(struct diagnosis *d, const struct kube_pod_facts *pod)
{
    if (pod->unscheduled)
        return arena_printf(d->arena, "no node takes it: %s", pod->unscheduled);
    if (pod->waiting && strcmp(pod->waiting, "CrashLoopBackOff") != 0 && !is_starting(pod->waiting))
        return arena_printf(d->arena, "%s%s%s", pod->waiting, pod->waiting_message ? ": " : "",
                            pod->waiting_message ? pod->waiting_message : "");
    return pod->phase && strcmp(pod->phase, "Pending") == 0 ? pending_reason(d, pod) : NULL;
}

static bool is_on_a_dead_node(const struct kube_facts *kube, const struct kube_pod_facts *pod)
{
    for (size_t i = 0; pod->node && i < kube->nodes_not_ready_count; i++)
        if (strcmp(kube->nodes_not_ready[i], pod->node) == 0)
            return true;
    return false;
}

/* It, or its container once more. */
static bool is_new(const struct kube_facts *kube, const struct kube_pod_facts *pod)
{
    for (size_t i = 0; i < kube->changes_count; i++)
        if (kube->changes[i].kind == KUBE_POD && strcmp(kube->changes[i].name, pod->name) == 0 &&
            kube->changes[i].age_s < POD_SETTLED_S)
            return true;
    return false;
}

/* Its containers are being made, and nothing says that this fails: one of a rollout, or of more replicas. */
static bool is_coming(const struct diagnosis *d, const struct kube_pod_facts *pod)
{
    return is_new(d->facts->kube, pod) && !pod->unscheduled && (!pod->waiting || is_starting(pod->waiting)) &&
           !pods_event_of(d, KUBE_EVENT_NOT_STARTED, pod->name);
}

static bool has_finding(const struct diagnosis *d, const char *id, const char *subject)
{
    for (size_t i = 0; i < d->findings_count; i++)
        if (strcmp(d->findings[i].id, id) == 0 && d->findings[i].subject &&
            strcmp(d->findings[i].subject, subject) == 0)
            return true;
    return false;
}

/* Some run and are not ready beside others that are; where none is, the Service has a finding. */
static void by_readiness(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    struct finding *finding = NULL;

    for (size_t i = 0; i < kube->pods_count; i++) {
        const struct kube_pod_facts *pod = &kube->pods[i];
        const struct kube_event_facts *event;

        if (pod->ready != KUBE_NO || !pod->phase || strcmp(pod->phase, "Running") != 0 || pod->waiting ||
            is_on_a_dead_node(kube, pod) || is_new(kube, pod) || has_finding(d, "coredns-panic", pod->name))
            continue;
        if (!finding)
            finding = finding_new(d, rule, pod->name);
        finding->title =
            pod->kube_dns ? "a replica of kube-dns is not ready" : "a replica of {dns} is not ready";
        finding->cause =
            "It runs, and its readiness probe fails: it gets no queries from the Service. It has not "
            "reached the API server yet, or does not answer the probe in time.";
        finding_about_pod(d, finding, pod->name);
        finding_evidence(d, finding, "%s runs, and is not ready", pod->name);
        event = pods_event_of(d, KUBE_EVENT_UNHEALTHY, pod->name);
        if (event)
            finding_evidence(d, finding, "%s", pods_event_text(d, event));
    }
    if (!finding)
        return;
    finding_step(d, finding, "read what it waits for",
                 arena_printf(d->arena, "kubectl -n {ns} logs %s{c} --tail 50",
                              shell_word(d->arena, finding->subject)),
                 NULL);
    finding_step(
        d, finding, "see which probe fails",
        arena_printf(d->arena, "kubectl -n {ns} describe pod %s", shell_word(d->arena, finding->subject)),
        NULL);
}

static void advise(struct diagnosis *d, struct finding *finding)
{
    finding_step(
        d, finding, "see what keeps it",
        arena_printf(d->arena, "kubectl -n {ns} describe pod %s", shell_word(d->arena, finding->subject)),
        NULL);
    finding_step(d, finding, "see what the nodes say", "kubectl get nodes -o wide", NULL);
}

/* What events say where the Pods are not known. */
static void by_events(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_event_facts *event = pods_event(d, KUBE_EVENT_NOT_STARTED);
    struct finding *finding;

    if (!event) {
        rule_unknown(d, "the Pods of CoreDNS");
        return;
    }
    finding = finding_new(d, rule, event->object);
    finding->confidence = CONFIDENCE_LIKELY;
    finding_about_pod(d, finding, event->object);
    finding_evidence(d, finding, "%s", pods_event_text(d, event));
    if (strcmp(event->reason, "FailedCreate") != 0) {
        advise(d, finding);
        return;
    }
    /* What makes Pods is refused one: a quota, Pod Security, a webhook. */
    finding->title = "no Pod of {dns} can be created";
    finding->cause =
        "The API server refuses the Pods that Kubernetes wants to create: a quota, Pod Security, an "
        "admission webhook, or a ServiceAccount that is not there.";
    if (d->facts->kube->available == 0)
        finding->severity = SEVERITY_CRITICAL;
    finding_step(
        d, finding, "read the whole message",
        arena_printf(d->arena, "kubectl -n {ns} describe %s/%s",
                     d->facts->kube->workload && strncmp(d->facts->kube->workload, "daemonset", 9) == 0
                         ? "daemonset"
                         : "replicaset",
                     shell_word(d->arena, event->object)),
        NULL);
    finding_step(d, finding, "see quotas, and the labels for Pod Security",
                 "kubectl -n {ns} get resourcequota; kubectl get namespace {ns} --show-labels", NULL);
}

/* Its last words name its port, its command line or its image. */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    for (const struct log_state_facts *s = NULL; (s = log_state(d, LOG_START_FAILED, s));) {
        const struct log_start *start = log_start_of(d, s);

        if (start->matter == LOG_START_OF_PROCESS)
            (void)log_start_tell(d, rule, s, start);
    }
}

static void by_pods(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    struct finding *finding = NULL;
    size_t ready = 0, waiting = 0;

    if (!kube->pods_count) {
        by_events(rule, d);
        return;
    }
    for (size_t i = 0; i < kube->pods_count; i++)
        ready += kube->pods[i].ready == KUBE_YES;
    for (size_t i = 0; i < kube->pods_count; i++) {
        const struct kube_pod_facts *pod = &kube->pods[i];
        const char *reason = reason_of(d, pod);

        if (!reason || (ready && is_coming(d, pod)))
            continue;
        if (!finding)
            finding = finding_new(d, rule, pod->name);
        if (pod->kube_dns)
            finding->title = "a replica of kube-dns has not started";
        finding_about_pod(d, finding, pod->name);
        finding_evidence(d, finding, "%s has not started: %s", pod->name, reason);
        waiting++;
    }
    if (!finding) {
        if (ready)
            by_readiness(rule, d);
        return;
    }
    finding_evidence(d, finding, "%zu of %zu replicas are ready", ready, kube->pods_count);
    if (!ready && waiting == kube->pods_count)
        finding->severity = SEVERITY_CRITICAL;
    advise(d, finding);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    by_logs(rule, d);
    if (d->facts->kube)
        by_pods(rule, d);
    else
        rule_unknown(
            d, "the Pods of CoreDNS; kubectl get deployments,pods,events,nodes -A -o json | k8sdns objects "
               "| {k8sdns} diagnose --endpoints -");
}

static const struct step steps[] = {
    {.text = "see what keeps it", .command = "kubectl -n {ns} describe pods -l {sel}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get pods -l {sel} -o wide",
    NULL,
};

static const char *const explains[] = {
    "replica-unreachable",
    NULL,
};

const struct rule rule_coredns_not_started = {
    .id = "coredns-not-started",
    .title = "a replica of {dns} has not started",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_KUBE | NEED_LOGS,
    .healthy = "all Pods of {dns} have started",
    .cause =
        "A Pod that no node takes (taints, too little memory or CPU, no network plugin), or whose image or volumes "
        "are not there, answers no query. The replicas that are left carry all.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
