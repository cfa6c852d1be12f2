/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/dnstap_evidence.h"
#include "../../evidence/coredns/log_evidence.h"
#include "../../evidence/coredns/log_start.h"
#include "../../evidence/coredns/replica_metrics.h"
#include "../../evidence/external.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <k8sdns/base/shell_word.h>
#include <math.h>
#include <string.h>

/* REFUSED is said by upstreams that serve somebody else, and by CoreDNS itself where no block fits. */
static void tell_code(struct diagnosis *d, struct finding *finding, const struct probe_facts *example)
{
    if (example->status == PROBE_REFUSED)
        finding_evidence(
            d, finding,
            "REFUSED comes from the upstream, or from CoreDNS where the Corefile has no server block "
            "for the root zone");
}

/* Fewer failures among many queries may be chance. */
#define SHARE_FAILS 2

/* Some external names fail now and then, and nothing else does. */
static void by_share(const struct rule *rule, struct diagnosis *d, const struct external_tally tally[2])
{
    uint64_t asked = tally[0].asked + tally[1].asked, failed = tally[0].failed + tally[1].failed, own = 0;
    const struct probe_facts *example = tally[0].example ? tally[0].example : tally[1].example;
    struct finding *finding;

    for (size_t i = 0; i < d->facts->matrix->probes_count; i++) {
        const struct probe_facts *p = &d->facts->matrix->probes[i];

        if (is_cluster_query(d, p) && !probe_status_is_good(p->status))
            return;
        own += is_cluster_query(d, p);
    }
    for (size_t i = 0; i < d->servers_count; i++) {
        if (d->servers[i].bad)
            return;
        own += d->servers[i].sent;
    }
    if (failed < SHARE_FAILS || !own)
        return;
    finding = finding_new(d, rule, example->candidate);
    finding->title = "some queries for external names fail, none for cluster names";
    finding->severity = SEVERITY_WARNING;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_concerns(finding, CONCERNS_EXTERNAL | tally[0].types | tally[1].types);
    finding_evidence(d, finding,
                     "%" PRIu64 " of %" PRIu64
                     " queries for external names failed (%s: %s), and none of %" PRIu64 " for cluster names",
                     failed, asked, example->candidate, probe_status_names[example->status], own);
}

/* One replica's upstream, when those of the others work: its node's egress, say. */
static bool by_one_server(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (size_t i = 0; i < d->servers_count; i++) {
        const char *id = d->servers[i].target->id;
        const struct probe_facts *example;
        struct external_tally tally[2];

        if (d->servers[i].target->role == TARGET_CLUSTER_IP || !external_fails_all(d, id, tally) ||
            !cluster_answers(d, id))
            continue;
        example = tally[0].example ? tally[0].example : tally[1].example;
        finding = server_finding(d, rule, finding, &d->servers[i]);
        finding->confidence = CONFIDENCE_LIKELY;
        finding_concerns(finding, CONCERNS_EXTERNAL | tally[0].types | tally[1].types);
        finding_evidence(d, finding,
                         "%s: all of %" PRIu64 " queries for external names failed (%s: %s), while %" PRIu64
                         " for cluster names were answered, and other servers answer both",
                         id, tally[0].failed + tally[1].failed, example->candidate,
                         probe_status_names[example->status], cluster_answers(d, id));
    }
    if (finding)
        finding->title = "external names fail at some servers, cluster names work there";
    return finding != NULL;
}

/* What the servers answered to our own queries. */
static void by_answers(const struct rule *rule, struct diagnosis *d)
{
    struct external_tally tally[2] = {0};
    const struct external_tally *worse;
    uint64_t own = cluster_answers(d, NULL);
    struct finding *finding;
    bool failing = false;

    external_tally_server(d, NULL, tally, &failing);
    if (!tally[0].asked && !tally[1].asked) {
        if (!(d->present & (NEED_METRICS | NEED_LOGS | NEED_DNSTAP)))
            rule_unknown(d, failing ? "the servers fail for cluster names as well, so those for "
                                      "others tell nothing; k8sdns watch www.example.com --duration 1m"
                                    : "no external name was asked for");
        return;
    }
    if (failing || tally[0].failed || tally[1].failed || d->heard_count < d->servers_count)
        rule_doubts(d);
    worse = tally[0].failed * 2 > tally[0].asked ? &tally[0] : &tally[1];
    if (!own || worse->failed * 2 <= worse->asked) {
        if (!by_one_server(rule, d))
            by_share(rule, d, tally);
        return;
    }
    finding = finding_new(d, rule, worse->example->candidate);
    for (size_t i = 0; i < d->servers_count; i++) {
        struct external_tally here[2];

        if (external_fails_all(d, d->servers[i].target->id, here))
            finding_about(d, finding, d->servers[i].target->id);
    }
    finding->confidence = CONFIDENCE_LIKELY;
    finding_concerns(finding, CONCERNS_EXTERNAL | tally[0].types | tally[1].types | tally[0].failures |
                                  tally[1].failures);
    finding_evidence(d, finding,
                     "%" PRIu64 " of %" PRIu64 " queries for external names failed (%s: %s), while %" PRIu64
                     " for cluster names were answered",
                     tally[0].failed + tally[1].failed, tally[0].asked + tally[1].asked,
                     worse->example->candidate, probe_status_names[worse->example->status], own);
    if (worse == &tally[1] && tally[0].asked > tally[0].failed)
        finding_evidence(
            d, finding,
            "names that were asked for before are still answered, from a cache; new ones are not");
    tell_code(d, finding, worse->example);
}

/* The finding about what is counted, begun when something is wrong. One upstream of several is made up for.
 */
static struct finding *counted(const struct rule *rule, struct diagnosis *d, struct finding *finding,
                               const char *subject)
{
    if (finding)
        return finding;
    finding = finding_new(d, rule, subject);
    finding->title = "an upstream of {dns} fails";
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
        finding_evidence(d, finding, "p99 of upstream %s for %s is %s %.1f s, of %" PRIu64 " answers %s",
                         upstream->to, m->source, upstream->latency_ms.over ? "over" : "about",
                         upstream->latency_ms.p99 / 1e3, upstream->latency_ms.observations, window);
    }
    return finding;
}

/* What the replicas count of their upstreams. */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        uint64_t down;

        if (!metrics_is_judged(m))
            continue;
        for (size_t i = 0; i < m->forward.upstreams_count; i++)
            finding = judge_upstream(rule, d, m, &m->forward.upstreams[i], finding);
        down = metrics_recent(m, m->forward.all_down, m->forward.all_down_new);
        if (!metrics_grew(down))
            continue;
        finding = counted(rule, d, finding, m->source);
        if (isnan(m->window_s))
            metrics_past_weigh(finding, down, m->answers, d->thresholds->forward_servfail_warning_ratio);
        else
            finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding, "all upstreams were down for %" PRIu64 " queries to %s %s", down,
                         m->source, metrics_window(d->arena, m));
    }
}

static void tell_upstream(struct diagnosis *d, struct finding *finding, int kind, const char *what)
{
    for (size_t i = 0; i < d->facts->logs->events_count; i++) {
        const struct log_event_facts *event = &d->facts->logs->events[i];

        if (event->kind == kind && log_loop_of(d, event) == LOG_LOOP_NOT)
            finding_evidence(d, finding, "%s: %" PRIu64 " queries, upstream %s%s", what, event->count,
                             event->subject ? event->subject : "unknown", log_last(d, event));
    }
}

/* The most frequent failure of an upstream, and in `ret_failed` how many there are; a loop is no upstream's
 * fault. */
static const struct log_event_facts *upstream_errors(const struct diagnosis *d, uint64_t *ret_failed)
{
    const struct logs_facts *logs = d->facts->logs;
    const struct log_event_facts *most = NULL;
    uint64_t loops = 0;

    for (size_t i = 0; logs && i < logs->events_count; i++) {
        const struct log_event_facts *event = &logs->events[i];

        if (event->kind != LOG_UPSTREAM_TIMEOUT && event->kind != LOG_UPSTREAM_REFUSED &&
            event->kind != LOG_UPSTREAM_UNREACHABLE)
            continue;
        if (log_loop_of(d, event) != LOG_LOOP_NOT)
            loops += event->count;
        else if (!most || event->count > most->count)
            most = event;
    }
    *ret_failed = log_events(d, LOG_UPSTREAM_TIMEOUT) + log_events(d, LOG_UPSTREAM_REFUSED) +
                  log_events(d, LOG_UPSTREAM_UNREACHABLE);
    *ret_failed -= loops < *ret_failed ? loops : *ret_failed;
    return most;
}

/* Half of what is forwarded fails: hardly a name of the world resolves. */
#define MOST_RATIO 0.5

/* A node-local cache, whose upstream for the cluster's names is CoreDNS. */
static void tell_cache(struct diagnosis *d, struct finding *finding, const struct log_event_facts *event)
{
    const struct step cache_steps[] = {
        {.text =
             "ask CoreDNS as the cache does, from the same node: over TCP where its Corefile has force_tcp",
         .command = arena_printf(d->arena, "k8sdns probe kubernetes.default --tcp --target %s",
                                 shell_word(d->arena, event->subject))},
        {.text = "see whether CoreDNS runs and is ready",
         .command = "kubectl -n {ns} get pods -l {sel} -o wide"},
        {.text = "see whether the Service that the cache asks (kube-dns-upstream) has endpoints",
         .command = "kubectl -n {ns} get endpointslices -o wide"},
        {.text = "see whether a NetworkPolicy keeps nodes, or TCP, from CoreDNS",
         .command = "kubectl -n {ns} get networkpolicies"},
        {0},
    };

    finding->title = "node-local-dns gets no answer from CoreDNS";
    finding->cause =
        "The cache on the node forwards the cluster's names to CoreDNS, and nobody answers there: "
        "CoreDNS is down or overloaded, its Service has no endpoints, or the network between this node "
        "and CoreDNS is cut.";
    finding_steps(d, finding, cache_steps);
}

/* What the errors plugin says. */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    uint64_t failed, asked;
    const struct log_event_facts *most = upstream_errors(d, &failed);
    bool cache = most && log_is_of_cache_to_coredns(d, most);
    const char *who = cache || (most && most->by_cache) ? "node-local-dns" : "CoreDNS";
    struct finding *finding;

    if (failed < LOG_FEW)
        return;
    asked = d->facts->logs->queries - d->facts->logs->cluster_queries;
    asked = asked > failed ? asked : failed;
    if (log_has_all_answers(d) &&
        (double)failed < (double)asked * d->thresholds->forward_servfail_warning_ratio)
        return;
    finding = counted(rule, d, NULL, most && most->subject ? most->subject : "in CoreDNS's log");
    if (cache)
        tell_cache(d, finding, most);
    else if (most && most->by_cache)
        finding->title = "an upstream of node-local-dns fails";
    if (most && most->by_cache && !cache)
        log_steps_reword(d, rule, finding, who);
    if (log_has_all_answers(d)) {
        if ((double)failed >= (double)asked * MOST_RATIO)
            finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding,
                         "%s logs %" PRIu64 " errors of its upstreams, and %" PRIu64
                         " queries for names that are not the cluster's",
                         who, failed, asked);
    } else {
        finding_evidence(d, finding, "%s logs %" PRIu64 " errors of its upstreams", who, failed);
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

static const struct step steps[] = {
    {.text = "see where {dns} forwards to",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml | grep -n -A5 forward"},
    {.text = "read what {dns} says of it",
     .command = "kubectl -n {ns} logs -l {sel}{c} --tail=500 | grep -e 'plugin/errors' -e SERVFAIL"},
    {.text = "ask the upstream itself from the replica's node",
     .command = "k8sdns probe www.example.com --no-search --target UPSTREAM"},
    {.text = "name upstreams that work (in a Corefile: forward . UPSTREAM1 UPSTREAM2)",
     .command = "{upstreams}",
     .undo = "the Corefile as before"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} logs -l {sel}{c} --tail=500 | grep -e SERVFAIL -e timeout",
    NULL,
};

static const char *const explains[] = {
    "flows-unanswered", "coredns-errors", "coredns-slow-plugin", "replica-slow", "resolver-differs",
    "lookup-slow",      "upstream-slow",  "reverse-failing",     NULL,
};

const struct rule rule_upstream_failing = {
    .id = "upstream-failing",
    .title = "external names fail, cluster names work",
    .severity = SEVERITY_CRITICAL,
    .needs_any = NEED_HEARD | NEED_METRICS | NEED_LOGS | NEED_DNSTAP,
    .healthy = "external names resolve",
    .cause = "{dns} forwards external names, and its upstream does not answer or answers with an "
             "error: the node's resolv.conf names a dead server, egress is blocked, or the upstream "
             "limits the rate.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
