/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/log_evidence.h"
#include "../../evidence/coredns/replica_metrics.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <string.h>

/* A window in the calmer half of which hardly anything fails. */
#define CALM_RATIO 0.01

static uint64_t count_of(const struct shape_tally *tallies, size_t count, const char *rcode)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(tallies[i].name, rcode) == 0)
            return tallies[i].count;
    return 0;
}

/* A type that was now refused and now answered: A and AAAA are two queries, each with its own fate. */
static bool is_mixed(const struct watch_target_facts *w, uint64_t *ret_refused, uint64_t *ret_good)
{
    bool is_split = false;

    *ret_refused = *ret_good = 0;
    for (size_t i = 0; i < w->types_count; i++) {
        const struct watch_type_facts *type = &w->types[i];
        uint64_t refused = count_of(type->rcodes, type->rcodes_count, "REFUSED"),
                 good = count_of(type->rcodes, type->rcodes_count, "NOERROR");

        is_split = is_split || type->rcodes_count;
        if (refused < 2 || !good)
            continue;
        *ret_refused += refused;
        *ret_good += good;
    }
    if (!is_split) { /* a capture of an older version */
        *ret_refused = count_of(w->rcodes, w->rcodes_count, "REFUSED");
        *ret_good = count_of(w->rcodes, w->rcodes_count, "NOERROR");
    }
    return *ret_refused >= 2 && *ret_good;
}

/* max_concurrent of forward, which counts what it turns away. */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        uint64_t rejected = metrics_recent(m, m->forward.rejected, m->forward.rejected_new);

        if (!metrics_grew(rejected))
            continue;
        finding = metrics_finding(d, rule, finding, m);
        if (isnan(m->window_s))
            metrics_past_weigh(finding, rejected, m->answers, d->thresholds->servfail_warning_ratio);
        finding_evidence(d, finding,
                         "%s refused %" PRIu64 " queries %s: more were on their way to its upstreams than "
                         "max_concurrent of its forward plugin allows",
                         m->source, rejected, metrics_window(d->arena, m));
    }
}

/* The same question to the same server, now answered and now refused: no access list does that. */
static void by_refusals(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; d->facts->sampling && i < d->facts->sampling->targets_count; i++) {
        const struct watch_target_facts *w = &d->facts->sampling->targets[i];
        uint64_t refused, good;
        struct finding *finding;

        /* Behind a ClusterIP one replica may refuse and another not. */
        if (w->role == TARGET_CLUSTER_IP || !is_mixed(w, &refused, &good))
            continue;
        finding = finding_new(d, rule, w->id);
        finding_about(d, finding, w->id);
        finding->confidence = CONFIDENCE_LIKELY;
        finding_evidence(d, finding, "%s refused one query %s and answered it %s", w->id,
                         times_format((char[TIMES_TEXT]){0}, refused),
                         times_format((char[TIMES_TEXT]){0}, good));
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
        finding_about(d, finding, w->id);
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(d, finding, "%s loses %.1f %% at %.0f queries a second, and %.1f %% at %.0f", w->id,
                         f->busy_bad_ratio * 100, f->busy_load, f->calm_bad_ratio * 100, f->calm_load);
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

/* kube-dns has dnsmasq in front, which has a limit of its own. Source: dnsmasq(8), --dns-forward-max. */
static void by_dnsmasq(const struct rule *rule, struct diagnosis *d)
{
    static const struct step dnsmasq_steps[] = {
        {.text = "find the slow one of kube-dns's upstreamNameservers",
         .command = "k8sdns probe www.example.com --no-search --target UPSTREAM"},
        {.text = "raise the limit: --dns-forward-max=1000 in the arguments of dnsmasq",
         .command = "kubectl -n {ns} edit deployment kube-dns",
         .undo = "the arguments as they were"},
        {0},
    };
    const struct log_event_facts *event = log_event(d, LOG_DNSMASQ_LIMIT);
    struct finding *finding;

    if (!event)
        return;
    finding = finding_new(d, rule, event->source ? event->source : "dnsmasq");
    finding->title = "dnsmasq (kube-dns) reaches its limit of concurrent queries";
    finding->cause =
        "dnsmasq drops queries while as many as dns-forward-max (150) wait for its upstreams: these are "
        "slow, or too many queries come at once.";
    finding_steps(d, finding, dnsmasq_steps);
    finding_evidence(d, finding, "%s%s: %s",
                     times_format((char[TIMES_TEXT]){0}, log_events(d, LOG_DNSMASQ_LIMIT)),
                     log_last(d, event), event->text);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    by_counts(rule, d);
    by_refusals(rule, d);
    by_rate(rule, d);
    by_logs(rule, d);
    by_dnsmasq(rule, d);
}

static const struct step steps[] = {
    {.text = "see whether upstreams are slow, since queries then pile up",
     .command = "k8sdns metrics --interval 10s"},
    {.text = "raise max_concurrent of the forward plugin (1000 takes about 2 MB)",
     .command = "{edit}",
     .undo = "the Corefile as before"},
    {.text = "send fewer queries: ndots, search lists, NodeLocal DNSCache",
     .command = "k8sdns expand www.example.com"},
    {.text = "a cloud resolver has a limit for each client or interface (EC2: 1024 packets a second "
             "for an interface)"},
    {0},
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 1m",
    "k8sdns metrics --interval 10s",
    NULL,
};

static const char *const explains[] = {
    "flows-unanswered", "replica-refused", "resolver-differs",
    "upstream-failing", "coredns-errors",  "path-lossy",
    "clusterip-lossy",  "lookup-slow",     NULL,
};

const struct rule rule_server_rate_limited = {
    .id = "server-rate-limited",
    .title = "a server limits the query rate",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_SAMPLING | NEED_METRICS | NEED_LOGS,
    .healthy = "no rate limiting seen",
    .cause = "Above a number of queries a second, or of queries in flight, answers are refused or "
             "dropped: max_concurrent of CoreDNS's forward plugin, a cloud resolver's limit for each "
             "client, or a firewall. Lookups fail at peak, and work when tried alone.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
