/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../application.h"
#include "../../evidence/coredns/dnstap_evidence.h"
#include "../../evidence/coredns/log_evidence.h"
#include "../../evidence/coredns/replica_metrics.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

/* Answers of a server for names of the cluster, and those of them that are SERVFAIL. */
static void count(const struct diagnosis *d, const struct server *server, uint64_t *answers, uint64_t *failed,
                  unsigned *concerns)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    const struct watch_target_facts *w = server->sampled;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->target, server->target->id) != 0 || !is_cluster_query(d, p) || !probe_is_heard(p))
            continue;
        ++*answers;
        if (p->status != PROBE_SERVFAIL)
            continue;
        ++*failed;
        *concerns |= concern_of_type(p->type);
    }
    for (size_t k = 0; w && k < w->rcodes_count; k++) {
        *answers += w->rcodes[k].count;
        *failed += strcmp(w->rcodes[k].name, "SERVFAIL") == 0 ? w->rcodes[k].count : 0;
    }
    for (size_t t = 0; w && t < w->types_count; t++)
        for (size_t k = 0; k < w->types[t].rcodes_count; k++)
            if (strcmp(w->types[t].rcodes[k].name, "SERVFAIL") == 0)
                *concerns |= concern_of_type(w->types[t].type);
}

/* What the servers answered to our own questions. */
static void by_answers(const struct rule *rule, struct diagnosis *d)
{
    uint64_t answers = 0, failed = 0;
    const char **who = NULL;
    size_t who_count = 0;
    struct finding *finding;
    unsigned concerns = CONCERNS_CLUSTER;
    double ratio;

    for (size_t i = 0; i < d->servers_count; i++) {
        uint64_t before = failed;

        count(d, &d->servers[i], &answers, &failed, &concerns);
        if (failed > before)
            *ARENA_PUSH(d->arena, who, who_count) = d->servers[i].target->id;
    }
    ratio = answers ? (double)failed / (double)answers : 0;
    if (failed)
        rule_doubts(d);
    if (!failed || ratio < d->thresholds->servfail_warning_ratio)
        return;
    finding = finding_new(d, rule, arena_join(d->arena, who, who_count, ", "));
    finding_concerns(finding, concerns);
    for (size_t i = 0; i < who_count; i++)
        finding_about(d, finding, who[i]);
    if (ratio >= d->thresholds->servfail_critical_ratio)
        finding->severity = SEVERITY_CRITICAL;
    finding_evidence(d, finding,
                     "%" PRIu64 " of %" PRIu64 " answers for cluster names are SERVFAIL (%.1f %%)", failed,
                     answers, ratio * 100);
    for (size_t i = 0; i < d->facts->matrix->differences_count; i++)
        for (size_t k = 0; k < who_count; k++)
            if (d->facts->matrix->differences[i].target &&
                strcmp(d->facts->matrix->differences[i].target, who[k]) == 0)
                finding_evidence(d, finding, "%s", d->facts->matrix->differences[i].text);
    for (size_t k = 0; k < who_count; k++)
        application_tell_first(d, finding, server_find(d, who[k])->target, PROBE_SERVFAIL);
}

/* What they count of everybody's. */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        if (!metrics_is_judged(m) ||
            !metrics_share_is_over(m->servfails, m->answers, d->thresholds->servfail_warning_ratio))
            continue;
        finding = metrics_finding(d, rule, finding, m);
        if (m->own_servfails != SHAPE_UNSET && m->own_servfails == m->servfails)
            finding_concerns(finding, CONCERNS_CLUSTER);
        metrics_share_weigh(finding, m->servfails, m->answers, d->thresholds->servfail_critical_ratio);
        finding_evidence(d, finding, "%s counts %" PRIu64 " SERVFAIL in %" PRIu64 " answers %s (%.1f %%)%s",
                         m->source, m->servfails, m->answers, metrics_window(d->arena, m),
                         m->servfail_ratio * 100,
                         m->own_servfails == SHAPE_UNSET
                             ? ""
                             : arena_printf(d->arena, "; %" PRIu64 " of them are its own, not an upstream's",
                                            m->own_servfails));
    }
}

static void by_latency(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        const struct metrics_latency_facts *latency = &m->latency_ms;

        if (!metrics_latency_is_judged(m, latency) || !(latency->p99 > d->thresholds->latency_p99_s * 1e3))
            continue;
        finding = metrics_finding(d, rule, finding, m);
        finding->title = "{dns} answers too late";
        finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding, "p99 of %s is %s %.1f s, of %" PRIu64 " answers %s", m->source,
                         latency->over ? "over" : "about", latency->p99 / 1e3, latency->observations,
                         metrics_window(d->arena, m));
    }
}

/*
 * What the errors plugin says that is neither an upstream's silence nor a limit, which have rules of their
 * own. Each line is a query that failed. Return the finding about the most of them, NULL for none.
 */
static struct finding *by_logged_errors(const struct rule *rule, struct diagnosis *d, uint64_t *ret_most)
{
    size_t most_at = SIZE_MAX;

    *ret_most = 0;
    for (const struct log_failure *f = log_failures; f->title; f++) {
        const struct log_event_facts *event = log_event(d, f->kind);
        uint64_t count = log_events(d, f->kind);
        struct finding *finding;

        if (!event || count < f->least)
            continue;
        finding = finding_new(d, rule, event->subject ? event->subject : log_source(event->source));
        finding->title = f->title;
        finding->cause = f->cause;
        finding_steps(d, finding, f->steps);
        finding_evidence(d, finding, "such %s: %" PRIu64 "; each is %s%s",
                         f->each ? "lines in the log of kube-dns" : "errors in CoreDNS's log", count,
                         f->each ? f->each : "a SERVFAIL to a client", log_last(d, event));
        finding_evidence(d, finding, "%s", event->text);
        /* A line that stands for no answer does not tell how many fail. */
        if (f->each) {
            finding->confidence = CONFIDENCE_LIKELY;
            continue;
        }
        if (log_has_all_answers(d) &&
            (double)count < (double)d->facts->logs->queries * d->thresholds->servfail_warning_ratio)
            finding->severity = SEVERITY_INFO;
        if (count > *ret_most) {
            *ret_most = count;
            most_at = d->findings_count - 1;
        }
    }
    return most_at == SIZE_MAX ? NULL : &d->findings[most_at];
}

/* A log of nothing but failures is usual: the class "error" of the log plugin. */
static void tell_without_share(struct diagnosis *d, struct finding *finding, uint64_t count,
                               const char *rcode)
{
    finding_evidence(d, finding,
                     "CoreDNS's log has %" PRIu64
                     " %s and no NOERROR: either nothing works, or the Corefile's "
                     "log leaves out what does, so that the share is not known",
                     count, rcode);
}

/* What they log of everybody's. */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    uint64_t told;
    struct finding *known = by_logged_errors(rule, d, &told);
    const struct logs_facts *logs = d->facts->logs;
    uint64_t failed = logs ? logs_facts_rcode(logs, "SERVFAIL") : 0;
    double ratio = failed ? (double)failed / (double)logs->queries : 0;
    struct finding *finding;

    if (failed < LOG_FEW || ratio < d->thresholds->servfail_warning_ratio)
        return;
    /* The answers of these errors are the same failures once more. */
    finding = known && told * 2 >= failed ? known : finding_new(d, rule, "CoreDNS's log");
    if (log_has_all_answers(d)) {
        if (ratio >= d->thresholds->servfail_critical_ratio)
            finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding,
                         "%" PRIu64 " of %" PRIu64 " answers in CoreDNS's log are SERVFAIL (%.1f %%)", failed,
                         logs->queries, ratio * 100);
    } else {
        if (finding != known)
            finding->confidence = CONFIDENCE_POSSIBLE;
        tell_without_share(d, finding, failed, "SERVFAIL");
    }
    if (logs->server_made)
        finding_evidence(d, finding,
                         "%" PRIu64
                         " of the answers are failures that this version of CoreDNS logs as NOERROR or -",
                         logs->server_made);
}

/* Fewer are an access list that does what it is for, or clients that ask for nonsense. */
#define NO_MANY_RATIO 0.1

/*
 * Which name is answered so, as far as the log's names tell: the one that fails most, where its failures are
 * more than those with `others`, the other rcodes. NULL where that is not so.
 */
static const struct log_top_facts *worst_name(const struct logs_facts *logs, uint64_t others)
{
    const struct log_top_facts *worst = NULL;

    for (size_t i = 0; i < logs->names_count; i++)
        if (logs->names[i].failed > others && (!worst || logs->names[i].failed > worst->failed))
            worst = &logs->names[i];
    return worst;
}

/* How many failures have another rcode. */
static uint64_t failures_but(const struct logs_facts *logs, const char *rcode)
{
    static const char *const good[] = {"NOERROR", "NXDOMAIN", NULL};
    uint64_t count = 0;

    for (size_t i = 0; i < logs->rcodes_count; i++) {
        bool other = strcmp(logs->rcodes[i].name, rcode) != 0;

        for (size_t k = 0; good[k]; k++)
            other = other && strcmp(logs->rcodes[i].name, good[k]) != 0;
        count += other ? logs->rcodes[i].count - logs_facts_declined(logs, logs->rcodes[i].name) : 0;
    }
    return count;
}

/* Answers that say no: to the client, to the name, or to the query itself. */
static void by_logged_refusals(const struct rule *rule, struct diagnosis *d)
{
    static const struct {
        const char *rcode, *title, *cause;
    } rows[] = {
        {"REFUSED", "{dns} answers REFUSED",
         "REFUSED comes from an access list (the acl plugin), for a name that no server block of the Corefile "
         "serves, or from an upstream whose answer is passed on."},
        {"FORMERR", "{dns} answers FORMERR",
         "FORMERR comes from a server that cannot read the query: an upstream that does not know EDNS or another "
         "option of it, or a client that sends damaged queries."},
        {"NOTIMP", "{dns} answers NOTIMP",
         "NOTIMP comes from a server that does not know this type or kind of query, mostly an upstream."},
    };
    static const struct step no_steps[] = {
        {.text = "see which names are answered so",
         .command = "kubectl -n {ns} logs -l {sel}{c} --tail=500 | grep -e REFUSED -e FORMERR -e NOTIMP"},
        {.text = "read the zones and the acl of the Corefile",
         .command = "kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile -"},
        {.text = "ask the upstream itself", .command = "k8sdns probe NAME --no-search --target UPSTREAM"},
        {0},
    };
    const struct logs_facts *logs = d->facts->logs;

    for (size_t i = 0; logs && i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t declined = logs_facts_declined(logs, rows[i].rcode);
        uint64_t count = logs_facts_rcode(logs, rows[i].rcode) - declined;
        const struct log_top_facts *name = worst_name(logs, failures_but(logs, rows[i].rcode));
        struct finding *finding;

        if (count < LOG_FEW || (double)count < (double)logs->queries * NO_MANY_RATIO)
            continue;
        finding = finding_new(d, rule, "CoreDNS's log");
        finding->title = rows[i].title;
        finding->cause = rows[i].cause;
        finding->confidence = log_has_all_answers(d) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
        finding_steps(d, finding, no_steps);
        if (!log_has_all_answers(d))
            tell_without_share(d, finding, count, rows[i].rcode);
        else
            finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " answers in CoreDNS's log are %s", count,
                             logs->queries, rows[i].rcode);
        if (declined)
            finding_evidence(
                d, finding,
                "%" PRIu64
                " more are to queries of type ANY or for a zone transfer, which a server may decline",
                declined);
        if (name)
            finding_evidence(d, finding, "the name that fails most: %s", name->name);
    }
}

/* Too few answers say nothing of one in a hundred. */
#define LATENCIES_MIN 100

static void by_logged_latency(const struct rule *rule, struct diagnosis *d)
{
    const struct logs_facts *logs = d->facts->logs;
    struct finding *finding;

    if (!log_has_all_answers(d) || logs->timed_queries < LATENCIES_MIN ||
        !(logs->latency_ms.p99 > d->thresholds->latency_p99_s * 1e3))
        return;
    finding = finding_new(d, rule, "CoreDNS's log");
    finding->title = "{dns} answers too late";
    finding_evidence(d, finding, "one of 100 answers in CoreDNS's log took more than %.1f s (of %" PRIu64 ")",
                     logs->latency_ms.p99 / 1e3, logs->timed_queries);
    if (logs->slow_count)
        finding_evidence(d, finding, "the slowest: %s %s, %.1f s, %s",
                         logs->slow[0].name ? logs->slow[0].name : "-",
                         logs->slow[0].type ? logs->slow[0].type : "", logs->slow[0].latency_ms / 1e3,
                         logs->slow[0].rcode ? logs->slow[0].rcode : "-");
}

/* What they tell by dnstap: an answer that they make themselves is not shown, and is an error. */
static void by_dnstap(const struct rule *rule, struct diagnosis *d)
{
    const struct dnstap_facts *tap = d->facts->dnstap;
    struct finding *finding = NULL;

    for (size_t i = 0; tap && i < tap->replicas_count; i++) {
        const struct dnstap_group_facts *r = &tap->replicas[i];
        /* Those that are stuck bring no SERVFAIL, and are told by themselves. */
        uint64_t stuck = r->scenarios.by[DNSTAP_STUCK], failed = r->failed > stuck ? r->failed - stuck : 0;

        if (!metrics_share_is_over(failed, r->queries, d->thresholds->servfail_warning_ratio))
            continue;
        finding = finding ? finding : finding_new(d, rule, r->name);
        finding_about_pod(d, finding, r->name);
        metrics_share_weigh(finding, failed, r->queries, d->thresholds->servfail_critical_ratio);
        finding_evidence(d, finding,
                         "%s failed %" PRIu64 " of %" PRIu64 " queries (%.1f %%, dnstap): %" PRIu64
                         " SERVFAIL, %" PRIu64 " whose upstream was silent, %" PRIu64 " answered by itself%s",
                         r->name, failed, r->queries, 100.0 * (double)failed / (double)r->queries,
                         r->servfail, r->scenarios.by[DNSTAP_UPSTREAM_SILENT],
                         r->scenarios.by[DNSTAP_SERVER_MADE], dnstap_example(d, DNSTAP_SERVER_MADE));
    }
}

static void by_dnstap_latency(const struct rule *rule, struct diagnosis *d)
{
    const struct dnstap_facts *tap = d->facts->dnstap;
    struct finding *finding = NULL;

    for (size_t i = 0; tap && i < tap->replicas_count; i++) {
        const struct dnstap_group_facts *r = &tap->replicas[i];

        if (r->latency.count < METRICS_MANY ||
            !((double)r->latency.p99_us > d->thresholds->latency_p99_s * 1e6))
            continue;
        finding = finding ? finding : finding_new(d, rule, r->name);
        finding_about_pod(d, finding, r->name);
        finding->title = "{dns} answers too late";
        finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding,
                         "one of 100 answers of %s takes more than %.1f s (dnstap, of %" PRIu64 ")", r->name,
                         (double)r->latency.p99_us / 1e6, r->latency.count);
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->present & NEED_HEARD)
        by_answers(rule, d);
    by_counts(rule, d);
    by_latency(rule, d);
    by_dnstap(rule, d);
    by_dnstap_latency(rule, d);
    by_logs(rule, d);
    by_logged_refusals(rule, d);
    by_logged_latency(rule, d);
}

static const struct step steps[] = {
    {.text = "read its log", .command = "kubectl -n {ns} logs -l {sel}{c} --prefix --tail=200"},
    {.text = "see whether it is ready", .command = "kubectl -n {ns} get pods -l {sel} -o wide"},
    {.text = "replace the Pod; its Deployment makes a new one",
     .command = "kubectl -n {ns} delete pod {pod}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} logs -l {sel}{c} --prefix --tail=200",
    NULL,
};

static const char *const explains[] = {
    "resolver-differs",
    "replica-inconsistent",
    "lookup-slow",
    NULL,
};

const struct rule rule_coredns_errors = {
    .id = "coredns-errors",
    .title = "{dns} answers with SERVFAIL",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_HEARD | NEED_METRICS | NEED_LOGS | NEED_DNSTAP,
    .healthy = "{dns} answers in time and without SERVFAIL",
    .cause = "For cluster names SERVFAIL means that {dns} could not find the answer: its kubernetes "
             "plugin has not synced with the API server, a plugin failed, or it forwards to itself.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
