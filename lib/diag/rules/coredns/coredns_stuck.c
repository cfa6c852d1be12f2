/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/dnstap_evidence.h"
#include "../../evidence/coredns/log_evidence.h"
#include <inttypes.h>

/* Of what was received: so much is no accident any more. */
#define MANY_RATIO 0.01

/* Queries of the dump plugin that the log plugin never answered. */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    const struct logs_facts *logs = d->facts->logs;
    const struct log_dump_facts *dump = logs ? logs->dump : NULL;
    struct finding *finding;
    uint64_t stuck;

    if (!dump)
        return;
    /* A panic that was caught leaves no line either, and is told by itself. */
    stuck = dump->unanswered > logs->lines.panic ? dump->unanswered - logs->lines.panic : 0;
    if (!stuck)
        return;
    if (!dump->answered || !log_has_all_answers(d)) {
        rule_unknown(
            d, "a log line for every answer: the Corefile's log leaves some out, so a dump line alone says "
               "nothing");
        return;
    }
    finding = finding_new(
        d, rule, logs->unanswered_count && logs->unanswered[0].source ? logs->unanswered[0].source : NULL);
    if ((double)stuck >= (double)dump->received * MANY_RATIO)
        finding->severity = SEVERITY_CRITICAL;
    finding_evidence(d, finding,
                     "%" PRIu64 " of %" PRIu64
                     " queries that CoreDNS received have waited for more than %.0f s, without "
                     "an answer in its log",
                     stuck, dump->received, dump->threshold_ms / 1e3);
    for (size_t i = 0, told = 0; i < logs->unanswered_count && told < LOG_FEW; i++) {
        const struct log_unanswered_facts *u = &logs->unanswered[i];

        if (u->ended)
            continue;
        told++;
        finding_evidence(d, finding, "%s%s%s %s from %s port %" PRIu64 ", for %s%.1f s",
                         u->time ? u->time : "", u->time ? " " : "", u->name, u->type, u->client, u->port,
                         u->at_least ? "over " : "", u->age_ms / 1e3);
    }
    if (logs->lines.panic)
        finding_evidence(d, finding, "%" PRIu64 " more are put down to panics", dump->unanswered - stuck);
}

/* CLIENT_QUERY without an answer, where later frames say that there was none. */
static void by_dnstap(const struct rule *rule, struct diagnosis *d)
{
    const struct dnstap_facts *tap = d->facts->dnstap;
    struct finding *finding = NULL;

    for (size_t i = 0; tap && i < tap->replicas_count; i++) {
        const struct dnstap_group_facts *r = &tap->replicas[i];
        uint64_t stuck = r->scenarios.by[DNSTAP_STUCK];

        if (!stuck)
            continue;
        finding = finding ? finding : finding_new(d, rule, r->name);
        finding_about_pod(d, finding, r->name);
        if ((double)stuck >= (double)r->queries * MANY_RATIO)
            finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding,
                         "%" PRIu64 " of %" PRIu64 " queries that %s received have no answer (dnstap)%s",
                         stuck, r->queries, r->name, dnstap_example(d, DNSTAP_STUCK));
    }
    /* Frames that were dropped on the way make answered queries look so. */
    if (finding && tap->lone_responses) {
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(d, finding, "%" PRIu64 " answers came without their query: frames may be missing",
                         tap->lone_responses);
    }
    if (!finding && tap && tap->unsure)
        rule_unknown(d, arena_printf(d->arena,
                                     "whether %" PRIu64 " queries were answered, which dnstap does not show; "
                                     "CoreDNS's log does: --logs",
                                     tap->unsure));
}

/* kube-dns's sidecar asks dnsmasq beside it every 5 s; a few of these come before dnsmasq has started. */
static void by_sidecar(const struct rule *rule, struct diagnosis *d)
{
    static const struct step sidecar_steps[] = {
        {.text = "see whether its container restarts",
         .command = "kubectl -n {ns} get pods -l k8s-app=kube-dns"},
        {.text = "read what it said last",
         .command = "kubectl -n {ns} logs -l k8s-app=kube-dns -c dnsmasq --tail=50 --previous"},
        {.text = "replace the Pod; its Deployment makes a new one",
         .command = "kubectl -n {ns} delete pod {pod}"},
        {0},
    };
    const struct log_event_facts *event = log_event(d, LOG_DNSMASQ_SILENT);
    uint64_t count = log_events(d, LOG_DNSMASQ_SILENT);
    struct finding *finding;

    if (count < LOG_FEW)
        return;
    finding = finding_new(d, rule, event->source ? event->source : "kube-dns's log");
    finding->title = "dnsmasq of a kube-dns replica does not answer";
    finding->confidence = CONFIDENCE_LIKELY;
    finding->cause =
        "dnsmasq takes all queries of the Pod, on port 53. \"connection refused\": it does not run. \"i/o "
        "timeout\": it runs, and hangs or has more to do than it can.";
    finding_steps(d, finding, sidecar_steps);
    finding_evidence(d, finding,
                     "the sidecar in its Pod asks it every 5 s, and got no answer %" PRIu64 " times%s", count,
                     log_last(d, event));
    finding_evidence(d, finding, "%s", event->text);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->logs && !d->facts->logs->dump && !(d->present & NEED_DNSTAP))
        rule_unknown(
            d,
            "what CoreDNS receives, besides what it answers; build it with the dump plugin, or listen with "
            "k8sdns dnstap");
    by_logs(rule, d);
    by_sidecar(rule, d);
    by_dnstap(rule, d);
}

static const struct step steps[] = {
    {.text = "read its log", .command = "kubectl -n {ns} logs {pod}{c} --tail=200"},
    {.text = "replace the Pod; its Deployment makes a new one",
     .command = "kubectl -n {ns} delete pod {pod}"},
    {.text = "update CoreDNS: before 1.13.0 it can deadlock during a reload", .undo = "{rollback}"},
    {0},
};

static const char *const checks[] = {
    "k8sdns logs --follow",
    "k8sdns metrics --interval 10s",
    NULL,
};

static const char *const explains[] = {
    "flows-unanswered", "replica-unreachable", "clusterip-lossy", "path-lossy", "replica-slow", NULL,
};

const struct rule rule_coredns_stuck = {
    .id = "coredns-stuck",
    .title = "CoreDNS receives queries and never answers them",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_LOGS | NEED_DNSTAP,
    .healthy = "CoreDNS answers what it receives",
    .cause = "The query reached CoreDNS, so neither the network nor conntrack lost it. A plugin waits "
             "forever: a deadlock, an upstream over TCP or TLS that hangs, a lock on API server data. "
             "Clients see a timeout.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
