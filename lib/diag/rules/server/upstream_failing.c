/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../dnstap_evidence.h"
#include "../log_evidence.h"
#include "../replica_metrics.h"
#include "../server.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *bare(struct arena *arena, const char *name)
{
    size_t len = strlen(name);

    return len > 1 && name[len - 1] == '.' ? arena_text_n(arena, name, len - 1) : name;
}

/* A server that loses small answers from its own memory as well: a loss there tells nothing of the upstream.
 */
static bool loses_anyway(const struct diagnosis *d, const char *id)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (strcmp(d->servers[i].target->id, id) == 0)
            return d->servers[i].lost > 0;
    return false;
}

/* Nor does the SERVFAIL of a server that answers the cluster's own names so. */
static bool fails_anyway(const struct matrix_facts *matrix, const char *id)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (p->status == PROBE_SERVFAIL && is_under(p->candidate, matrix->cluster_domain) &&
            strcmp(p->target, id) == 0)
            return true;
    }
    return false;
}

static bool answered_by_search(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if (strcmp(q->name, p->name) == 0 && q->status == PROBE_ANSWER &&
            is_under(q->candidate, matrix->cluster_domain))
            return true;
    }
    return false;
}

/* What the servers answered to our own questions. */
static void by_answers(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    uint64_t asked = 0, failed = 0, own = 0;
    const struct probe_facts *example = NULL;
    const char **who = NULL;
    size_t who_count = 0;
    struct finding *finding;
    bool failing = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        int kind = name_kind_of(d->facts, p->name);

        if (is_under(p->candidate, matrix->cluster_domain)) {
            own += probe_status_is_good(p->status);
            continue;
        }
        /* The others under the search list may be anybody's, and so is a name that the search list answers.
         */
        if ((kind != NAME_EXTERNAL && kind != NAME_GIVEN) ||
            strcmp(p->candidate, bare(d->arena, p->name)) != 0 || !strchr(p->candidate, '.'))
            continue;
        if (is_silent_server(d, p->target) || answered_by_search(matrix, p))
            continue;
        if ((p->status == PROBE_TIMEOUT && loses_anyway(d, p->target)) ||
            (p->status == PROBE_SERVFAIL && fails_anyway(matrix, p->target))) {
            failing = true;
            continue;
        }
        asked++;
        if (p->status == PROBE_SERVFAIL || p->status == PROBE_TIMEOUT) {
            failed++;
            example = p;
            if (!who_count || strcmp(who[who_count - 1], p->target) != 0)
                *ARENA_PUSH(d->arena, who, who_count) = p->target;
        }
    }
    if (!asked) {
        if (!(d->present & (NEED_METRICS | NEED_LOGS | NEED_DNSTAP)))
            rule_unknown(d, failing ? "the servers fail for names of the cluster as well, so those for "
                                      "others tell nothing; k8sdns watch www.example.com --duration 1m"
                                    : "no external name was asked for");
        return;
    }
    if (!own || failed * 2 <= asked)
        return;
    finding = finding_new(d, rule, example->candidate);
    for (size_t i = 0; i < who_count; i++)
        finding_about(d, finding, who[i]);
    finding->confidence = CONFIDENCE_LIKELY;
    finding_evidence(d, finding,
                     "%" PRIu64 " of %" PRIu64 " questions for external names failed (%s: %s), while %" PRIu64
                     " for names of the cluster were answered",
                     failed, asked, example->candidate, probe_status_words[example->status], own);
}

/* The finding about what is counted, begun when something is wrong. One upstream of several is made up for.
 */
static struct finding *counted(const struct rule *rule, struct diagnosis *d, struct finding *finding,
                               const char *subject)
{
    if (finding)
        return finding;
    finding = finding_new(d, rule, subject);
    finding->title = "an upstream of CoreDNS fails";
    finding->severity = SEVERITY_WARNING;
    return finding;
}

/* How many answers an upstream gave, and how many of them were SERVFAIL: in the window, without one of all.
 */
static uint64_t count_answers(const struct metrics_replica_facts *m,
                              const struct metrics_upstream_facts *upstream, uint64_t *ret_failed)
{
    uint64_t answers = 0;

    *ret_failed = 0;
    for (size_t i = 0; i < upstream->rcodes_count; i++) {
        const struct metrics_count_facts *rcode = &upstream->rcodes[i];
        uint64_t count = isnan(m->window_s) ? rcode->total : rcode->change;

        if (count == SHAPE_UNSET)
            continue;
        answers += count;
        *ret_failed += strcmp(rcode->name, "SERVFAIL") == 0 ? count : 0;
    }
    return answers;
}

/* One upstream by the counts of the replica that asks it. */
static struct finding *judge_upstream(const struct rule *rule, struct diagnosis *d,
                                      const struct metrics_replica_facts *m,
                                      const struct metrics_upstream_facts *upstream, struct finding *finding)
{
    const struct thresholds *t = d->thresholds;
    const char *window = metrics_window(d->arena, m);
    uint64_t failed, answers = count_answers(m, upstream, &failed);

    if (metrics_share_is_over(failed, answers, t->forward_servfail_warning_ratio)) {
        finding = counted(rule, d, finding, upstream->to);
        metrics_share_weigh(finding, failed, answers, t->forward_servfail_critical_ratio);
        finding_evidence(d, finding, "upstream %s gave %s %" PRIu64 " SERVFAIL in %" PRIu64 " answers %s",
                         upstream->to, m->source, failed, answers, window);
    }
    if (metrics_grew(upstream->healthcheck_failures_new)) {
        finding = counted(rule, d, finding, upstream->to);
        finding_evidence(d, finding, "upstream %s did not answer %" PRIu64 " health checks of %s %s",
                         upstream->to, upstream->healthcheck_failures_new, m->source, window);
    }
    if (metrics_latency_is_judged(m, &upstream->latency_ms) &&
        upstream->latency_ms.p99 > t->forward_latency_p99_s * 1e3) {
        finding = counted(rule, d, finding, upstream->to);
        finding_evidence(d, finding, "one of 100 answers of upstream %s takes %s more than %.1f s %s",
                         upstream->to, m->source, upstream->latency_ms.p99 / 1e3, window);
    }
    return finding;
}

/* What the replicas count of their upstreams. */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        if (!metrics_is_judged(m))
            continue;
        for (size_t i = 0; i < m->forward.upstreams_count; i++)
            finding = judge_upstream(rule, d, m, &m->forward.upstreams[i], finding);
        if (!metrics_grew(m->forward.all_down_new))
            continue;
        finding = counted(rule, d, finding, m->source);
        finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding, "all upstreams were down for %" PRIu64 " questions to %s %s",
                         m->forward.all_down_new, m->source, metrics_window(d->arena, m));
    }
}

static void tell_upstream(struct diagnosis *d, struct finding *finding, int kind, const char *what)
{
    for (size_t i = 0; i < d->facts->logs->events_count; i++) {
        const struct log_event_facts *event = &d->facts->logs->events[i];

        if (event->kind == kind)
            finding_evidence(d, finding, "%s: %" PRIu64 " queries, upstream %s%s", what, event->count,
                             event->subject ? event->subject : "unknown", log_last(d, event));
    }
}

/* Half of what is forwarded fails: hardly a name of the world resolves. */
#define MOST_RATIO 0.5

/* What the errors plugin says. */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    uint64_t failed = log_events(d, LOG_UPSTREAM_TIMEOUT) + log_events(d, LOG_UPSTREAM_REFUSED) +
                      log_events(d, LOG_UPSTREAM_UNREACHABLE),
             asked;
    const struct log_event_facts *most;
    struct finding *finding;

    if (failed < LOG_FEW)
        return;
    asked = d->facts->logs->queries - d->facts->logs->cluster_queries;
    asked = asked > failed ? asked : failed;
    if (log_has_all_answers(d) &&
        (double)failed < (double)asked * d->thresholds->forward_servfail_warning_ratio)
        return;
    most = log_event(d, LOG_UPSTREAM_TIMEOUT);
    most = most ? most : log_event(d, LOG_UPSTREAM_REFUSED);
    finding = counted(rule, d, NULL, most && most->subject ? most->subject : "in CoreDNS's log");
    if (log_has_all_answers(d)) {
        if ((double)failed >= (double)asked * MOST_RATIO)
            finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding,
                         "CoreDNS logs %" PRIu64 " errors of its upstreams, and %" PRIu64
                         " queries for names that are not the cluster's",
                         failed, asked);
    } else {
        finding_evidence(d, finding, "CoreDNS logs %" PRIu64 " errors of its upstreams", failed);
    }
    tell_upstream(d, finding, LOG_UPSTREAM_TIMEOUT, "no answer");
    tell_upstream(d, finding, LOG_UPSTREAM_REFUSED, "connection refused");
    tell_upstream(d, finding, LOG_UPSTREAM_UNREACHABLE, "unreachable");
}

/* What CoreDNS tells by dnstap of what it forwards. Few tries that stay unanswered are made up for by others.
 */
static void by_dnstap(const struct rule *rule, struct diagnosis *d)
{
    const struct dnstap_facts *tap = d->facts->dnstap;
    const struct thresholds *t = d->thresholds;
    struct finding *finding = NULL;
    uint64_t silent, asked;

    for (size_t i = 0; tap && i < tap->upstreams_count; i++) {
        const struct dnstap_upstream_facts *u = &tap->upstreams[i];

        if (metrics_share_is_over(u->silent, u->queries, t->forward_servfail_warning_ratio)) {
            finding = counted(rule, d, finding, u->address);
            finding_evidence(
                d, finding,
                "upstream %s left %" PRIu64 " of %" PRIu64
                " queries without an answer (dnstap: FORWARDER_QUERY without FORWARDER_RESPONSE)",
                u->address, u->silent, u->queries);
        }
        if (metrics_share_is_over(u->failed, u->answered, t->forward_servfail_warning_ratio)) {
            finding = counted(rule, d, finding, u->address);
            finding_evidence(d, finding,
                             "upstream %s gave %" PRIu64 " errors in %" PRIu64 " answers (dnstap)",
                             u->address, u->failed, u->answered);
        }
        if (u->latency.count >= METRICS_MANY && (double)u->latency.p99_us > t->forward_latency_p99_s * 1e6) {
            finding = counted(rule, d, finding, u->address);
            finding_evidence(d, finding, "one of 100 answers of upstream %s takes more than %.1f s (dnstap)",
                             u->address, (double)u->latency.p99_us / 1e6);
        }
    }
    if (!finding)
        return;
    silent = tap->scenarios.by[DNSTAP_UPSTREAM_SILENT];
    asked = silent + tap->scenarios.by[DNSTAP_FORWARDED];
    metrics_share_weigh(finding, silent, asked, t->forward_servfail_critical_ratio);
    if (silent)
        finding_evidence(
            d, finding, "%" PRIu64 " of %" PRIu64 " forwarded client queries had no answer of any upstream%s",
            silent, asked, dnstap_example(d, DNSTAP_UPSTREAM_SILENT));
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->present & NEED_HEARD)
        by_answers(rule, d);
    by_counts(rule, d);
    by_dnstap(rule, d);
    by_logs(rule, d);
}

static const char *const remedies[] = {
    "ask the upstream itself from the replica's node: k8sdns probe www.example.com --no-search "
    "--target UPSTREAM",
    "see whom CoreDNS asks: the forward line of kubectl -n kube-system get configmap coredns -o "
    "yaml; /etc/resolv.conf there is the node's",
    "name servers that work: forward . ADDRESS1 ADDRESS2 in the Corefile; back: kubectl apply with "
    "the old ConfigMap",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system logs -l k8s-app=kube-dns | grep -e SERVFAIL -e timeout",
    NULL,
};

static const char *const explains[] = {
    "coredns-errors",
    "coredns-slow-plugin",
    "replica-slow",
    NULL,
};

const struct rule rule_upstream_failing = {
    .id = "upstream-failing",
    .title = "names of the world fail while those of the cluster resolve",
    .severity = SEVERITY_CRITICAL,
    .needs_any = NEED_HEARD | NEED_METRICS | NEED_LOGS | NEED_DNSTAP,
    .healthy = "external names resolve",
    .cause = "CoreDNS forwards what is not of the cluster, and its upstream does not answer, or "
             "answers with an error: the node's resolv.conf names a dead server, egress is closed, "
             "or the upstream limits the rate.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
