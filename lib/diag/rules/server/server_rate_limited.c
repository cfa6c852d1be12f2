/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../log_evidence.h"
#include "../replica_metrics.h"
#include "../server.h"
#include <inttypes.h>
#include <string.h>

/* A window in the calmer half of which hardly anything fails. */
#define CALM_RATIO 0.01

static uint64_t answers_with(const struct watch_target_facts *w, const char *rcode)
{
    for (size_t i = 0; i < w->rcodes_count; i++)
        if (strcmp(w->rcodes[i].name, rcode) == 0)
            return w->rcodes[i].count;
    return 0;
}

/* max_concurrent of forward, which counts what it turns away. */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        if (!metrics_grew(m->forward.rejected_new))
            continue;
        finding = metrics_finding(d, rule, finding, m);
        finding_evidence(d, finding,
                         "%s refused %" PRIu64 " questions %s: more were on their way to its upstreams than "
                         "max_concurrent of its forward plugin allows",
                         m->source, m->forward.rejected_new, metrics_window(d->arena, m));
    }
}

/* The same question to the same server, now answered and now refused: no access list does that. */
static void by_refusals(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; d->facts->sampling && i < d->facts->sampling->targets_count; i++) {
        const struct watch_target_facts *w = &d->facts->sampling->targets[i];
        uint64_t refused = answers_with(w, "REFUSED"), good = answers_with(w, "NOERROR");
        struct finding *finding;

        /* Behind a ClusterIP one replica may refuse and another not. */
        if (w->role == TARGET_CLUSTER_IP || refused < 2 || !good)
            continue;
        finding = finding_new(d, rule, w->id);
        finding->confidence = CONFIDENCE_LIKELY;
        finding_evidence(d, finding,
                         "%s refused one question %" PRIu64 " times and answered it %" PRIu64 " times", w->id,
                         refused, good);
    }
}

/* Failures that come with our own rate alone: something counts our packets. */
static void by_rate(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; d->facts->sampling && i < d->facts->sampling->targets_count; i++) {
        const struct watch_target_facts *w = &d->facts->sampling->targets[i];
        const struct frequency_facts *f = &w->frequency;
        struct finding *finding;

        if (f->word != FREQUENCY_AT_PEAK || f->load != LOAD_RATE || !(f->calm_bad_ratio < CALM_RATIO))
            continue;
        finding = finding_new(d, rule, w->id);
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(d, finding, "%s loses %.1f %% at %.0f questions a second, and %.1f %% at %.0f",
                         w->id, f->busy_bad_ratio * 100, f->busy_load, f->calm_bad_ratio * 100, f->calm_load);
    }
}

/* What the forward plugin says when it turns a query away. */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    const struct log_event_facts *event = log_event(d, LOG_RATE_LIMITED);
    struct finding *finding;

    if (!event)
        return;
    finding = finding_new(d, rule, event->source ? event->source : "CoreDNS's log");
    finding_evidence(d, finding,
                     "CoreDNS logs %" PRIu64
                     " queries that it refused, since more were on their way to its upstreams than "
                     "max_concurrent allows%s",
                     log_events(d, LOG_RATE_LIMITED), log_last(d, event));
    finding_evidence(d, finding, "%s", event->text);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    by_counts(rule, d);
    by_refusals(rule, d);
    by_rate(rule, d);
    by_logs(rule, d);
}

static const char *const remedies[] = {
    "see whether upstreams are slow, since questions then pile up: k8sdns metrics shows their latency",
    "raise max_concurrent in the forward plugin (1000 takes some 2 MB); back: kubectl apply with the old "
    "ConfigMap",
    "ask less: ndots and search lists (k8sdns expand), NodeLocal DNSCache",
    "behind the ClusterIP of a cloud's resolver: its limit for each client or interface is in its "
    "documentation (1024 packets a second for an interface of an EC2 instance)",
    NULL,
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 1m",
    "k8sdns metrics --interval 10s",
    NULL,
};

static const char *const explains[] = {
    "replica-refused", "upstream-failing", "coredns-errors", "path-lossy", "clusterip-lossy", NULL,
};

const struct rule rule_server_rate_limited = {
    .id = "server-rate-limited",
    .title = "a server answers only so much at a time",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_SAMPLING | NEED_METRICS | NEED_LOGS,
    .healthy = "no server cuts answers off above a rate",
    .cause = "Above a number of questions a second, or on their way, answers are refused or dropped: "
             "max_concurrent of CoreDNS's forward plugin, a cloud resolver's limit for each client, or a "
             "firewall. Lookups fail at peak, and work when they are tried alone.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
