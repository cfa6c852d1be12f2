/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/log_evidence.h"
#include "../../evidence/coredns/replica_metrics.h"
#include <inttypes.h>
#include <k8sdns/diag/rule.h>
#include <math.h>

/* Few replicas are a risk, not yet a fault. */
static void by_number(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    uint64_t replicas = kube->available != SHAPE_UNSET ? kube->available : kube->pods_count;
    struct finding *finding;

    if (kube->nodes == SHAPE_UNSET || !replicas) {
        if (!(d->present & NEED_METRICS))
            rule_unknown(d, "the number of nodes is not known; kubectl get nodes,pods -A -o json | {k8sdns} "
                            "diagnose --endpoints -");
        return;
    }
    if ((double)kube->nodes / (double)replicas <= d->thresholds->nodes_per_replica &&
        (replicas > 1 || kube->nodes < 2))
        return;
    finding = finding_new(d, rule, "CoreDNS");
    finding->severity = SEVERITY_INFO;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_evidence(d, finding, "%" PRIu64 " replicas for %" PRIu64 " nodes", replicas, kube->nodes);
    for (size_t i = 0; i < kube->pods_count; i++)
        if (kube->pods[i].cpu_limit) {
            finding_evidence(d, finding, "each has a CPU limit of %s", kube->pods[i].cpu_limit);
            break;
        }
}

/* A busy second may be followed by a calm one. */
#define LONG_WINDOW_S 10

/* What each uses; the kernel stops it at its limit, which shows as waiting. */
static void by_use(const struct rule *rule, struct diagnosis *d)
{
    const struct thresholds *t = d->thresholds;
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        bool limited = m->cpu_cores >= m->cpu_limit_cores * t->cpu_limit_ratio;
        bool full = m->cpus != SHAPE_UNSET && m->cpu_cores >= (double)m->cpus * t->cpu_limit_ratio;

        if (!(m->cpu_cores > t->cpu_cores) && !limited && !full)
            continue;
        finding = metrics_finding(d, rule, finding, m);
        finding->title = "{dns} uses all the CPU that it gets";
        if (m->window_s < LONG_WINDOW_S)
            finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(d, finding, "%s uses %.2f cores at %.0f requests/s %s%s", m->source, m->cpu_cores,
                         m->qps, metrics_window(d->arena, m),
                         limited ? arena_printf(d->arena, ", its limit is %g: the kernel stops it there",
                                                m->cpu_limit_cores)
                         : full  ? arena_printf(d->arena, ", and runs on %" PRIu64 " at the most", m->cpus)
                                 : "");
    }
}

/* Failures that come with slower answers are those of a server that is too busy. */
static void by_load(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; d->facts->sampling && i < d->facts->sampling->targets_count; i++) {
        const struct watch_target_facts *w = &d->facts->sampling->targets[i];
        struct finding *finding;

        if (w->role != TARGET_REPLICA || w->frequency.word != FREQUENCY_AT_PEAK ||
            w->frequency.load != LOAD_LATENCY)
            continue;
        finding = finding_new(d, rule, w->id);
        finding->title = "{dns} fails when it is busy";
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(d, finding,
                         "%s fails when it is slow: %.1f %% while answers take %.1f ms, %.1f %% at %.1f ms",
                         w->id, w->frequency.calm_bad_ratio * 100, w->frequency.calm_load / 1e3,
                         w->frequency.busy_bad_ratio * 100, w->frequency.busy_load / 1e3);
    }
}

/* health asks itself each second. Source: plugin/health README, section "overloaded". */
static void by_logged_health(const struct rule *rule, struct diagnosis *d)
{
    const struct log_event_facts *event = log_event(d, LOG_HEALTH_SLOW);
    uint64_t count = log_events(d, LOG_HEALTH_SLOW);
    struct finding *finding;

    if (!event)
        return;
    finding = finding_new(d, rule, log_source(event->source));
    finding->title = "{dns} is overloaded: its own health check is slow";
    finding->confidence = CONFIDENCE_LIKELY;
    /* A single one may be a pause of the node, or the server's end. */
    if (count < LOG_FEW)
        finding->severity = SEVERITY_INFO;
    finding_evidence(d, finding,
                     "plugin/health: its own health request failed or took more than 1 s, %" PRIu64
                     " times%s: %s",
                     count, log_last(d, event), event->text);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->kube)
        by_number(rule, d);
    by_use(rule, d);
    by_load(rule, d);
    by_logged_health(rule, d);
    /* A log that says nothing of it is no proof. */
    if (!(d->present & (NEED_KUBE | NEED_METRICS)))
        rule_unknown(
            d,
            "Kubernetes' view of CoreDNS; kubectl get deployments,pods,configmaps,events,nodes -A -o json | {k8sdns} diagnose --endpoints -");
}

static const struct step steps[] = {
    {.text = "see the CPU use", .command = "kubectl -n {ns} top pods -l {sel}"},
    {.text = "add replicas, one for each 8 to 16 nodes and at least two",
     .command = "{scale}",
     .undo = "scale back to the number before"},
    {.text = "remove the CPU limit; keep the request", .command = "{cpu}", .undo = "{rollback}"},
    {.text = "run NodeLocal DNSCache, which takes most of the load", .undo = "delete its DaemonSet"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} top pods -l {sel}",
    NULL,
};

static const char *const explains[] = {
    "replica-slow", "path-lossy",     "clusterip-lossy", "coredns-errors",
    "lookup-slow",  "clusterip-slow", "answers-slow",    NULL,
};

const struct rule rule_coredns_cpu = {
    .id = "coredns-cpu",
    .title = "{dns} has too little CPU or too few replicas",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_KUBE | NEED_METRICS | NEED_LOGS,
    .healthy = "{dns} has enough CPU and replicas, as far as seen",
    .cause = "One core answers some ten thousand queries a second. With a CPU limit or a higher load, "
             "queries wait and are then lost: slow lookups and failures at peak, in the whole cluster.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
