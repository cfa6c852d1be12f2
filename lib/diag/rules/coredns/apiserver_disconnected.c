/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/log_evidence.h"
#include "../../evidence/coredns/log_start.h"
#include "../../evidence/coredns/replica_metrics.h"
#include "../../evidence/pods.h"
#include <inttypes.h>
#include <string.h>

/* A replica that the finding is about answers otherwise than its peers. */
static bool stands_out(const struct diagnosis *d, const struct finding *finding)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t i = 0; matrix && i < matrix->differences_count; i++)
        for (size_t k = 0; k < finding->about_count; k++)
            if (matrix->differences[i].target &&
                strcmp(matrix->differences[i].target, finding->about[k]) == 0)
                return true;
    return false;
}

/* Its probe fails until it has heard from the API server; a Pod that is ready now has since. */
static bool is_of_its_start(const struct kube_facts *kube, const struct kube_pod_facts *pod,
                            const struct kube_event_facts *event)
{
    return pod->ready == KUBE_YES && event->age_s > pods_age_s(kube, pod) - POD_SETTLED_S;
}

/* The latest of a Pod that there is: one that ends answers no probe either. */
static const struct kube_event_facts *latest_event(const struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    const struct kube_event_facts *latest = NULL;

    if (!kube->pods_count)
        return pods_event(d, KUBE_EVENT_UNHEALTHY);
    for (size_t i = 0; i < kube->pods_count; i++) {
        const struct kube_event_facts *event = pods_event_of(d, KUBE_EVENT_UNHEALTHY, kube->pods[i].name);

        if (event && !is_of_its_start(kube, &kube->pods[i], event) &&
            (!latest || event->age_s < latest->age_s))
            latest = event;
    }
    return latest;
}

/* Probes that fail, as Kubernetes tells of them. */
static void by_events(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_event_facts *event = latest_event(d);
    struct finding *finding;

    if (!event)
        return;
    finding = finding_new(d, rule, event->object);
    finding_about_pod(d, finding, event->object);
    /* A probe fails for many reasons; one whose replica also knows other names than its peers does not. */
    finding->confidence = stands_out(d, finding) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    finding_evidence(d, finding, "%s", pods_event_text(d, event));
}

/* "403: 20, <error>: 3" */
static const char *codes_text(struct diagnosis *d, const struct metrics_api_facts *api)
{
    const char **texts = NULL;
    size_t count = 0;

    for (size_t i = 0; i < api->codes_count; i++)
        *ARENA_PUSH(d->arena, texts, count) =
            arena_printf(d->arena, "%s: %" PRIu64, api->codes[i].name, api->codes[i].total);
    return arena_join(d->arena, texts, count, ", ");
}

/* What this very run asked the API server for was not answered either. */
static bool is_away_from_here(const struct diagnosis *d)
{
    const struct replicas_facts *known = d->facts->replicas;

    for (size_t i = 0; known && i < known->methods_count; i++)
        if (known->methods[i].method == METHOD_API && known->methods[i].outcome == METHOD_FAILED)
            return true;
    return false;
}

/*
 * Requests that CoreDNS itself counts: what failed in the window. Those of its past alone are a remark,
 * unless none ever went well.
 */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    bool is_now = false;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        const struct metrics_api_facts *api = &m->api;
        bool grew = metrics_grew(api->errors_new), mostly = metrics_api_is_unclear(m);

        if (metrics_grew(api->errors))
            rule_doubts(d);
        if (!grew && !mostly)
            continue;
        is_now = is_now || grew || api->errors == api->requests;
        finding = metrics_finding(d, rule, finding, m);
        finding->title = "{dns}'s requests to the API server fail";
        if (grew)
            finding_evidence(d, finding, "%s: %" PRIu64 " requests to the API server failed %s", m->source,
                             api->errors_new, metrics_window(d->arena, m));
        if (mostly)
            finding_evidence(d, finding,
                             "%s: %" PRIu64 " of its %" PRIu64
                             " requests to the API server since its start failed (%s)",
                             m->source, api->errors, api->requests, codes_text(d, api));
    }
    if (!finding)
        return;
    finding->confidence = is_now ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    if (is_now)
        return;
    if (is_away_from_here(d))
        finding_evidence(d, finding, "the API server does not answer this process either");
    else
        finding->severity = SEVERITY_INFO;
    finding_evidence(
        d, finding,
        "none failed while it was looked at, which was too short to tell: k8sdns metrics --interval 30s, or diagnose "
        "--budget 30s, shows whether they still do");
}

/* It ended since it did not hear from the API server; the finding about the last that did so, NULL for none.
 */
static struct finding *by_starts(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct log_state_facts *s = NULL; (s = log_state(d, LOG_START_FAILED, s));) {
        const struct log_start *start = log_start_of(d, s);

        if (start->matter == LOG_START_OF_API_SERVER)
            finding = log_start_tell(d, rule, s, start);
    }
    return finding;
}

/* The most frequent event of a kind; one that says why comes before those that do not. */
static const struct log_event_facts *telling_event(const struct diagnosis *d, int kind)
{
    const struct logs_facts *logs = d->facts->logs;
    const struct log_event_facts *most = log_event(d, kind), *telling = NULL;

    if (most && log_start_of_api_server(most->text))
        return most;
    for (size_t i = 0; logs && i < logs->events_count; i++)
        if (logs->events[i].kind == kind && log_start_of_api_server(logs->events[i].text) &&
            (!telling || logs->events[i].count > telling->count))
            telling = &logs->events[i];
    return telling ? telling : most;
}

/* What to do for the reason that the line names. */
static void advise(struct diagnosis *d, const struct rule *rule, struct finding *finding, const char *text,
                   const char *who)
{
    const struct log_start *start = log_start_of_api_server(text);

    if (start) {
        finding_steps(d, finding, start->steps);
        log_ask_for_right(d, &finding->steps[0], text);
    }
    log_steps_reword(d, rule, finding, who);
}

/* Lines of the kubernetes plugin. Waiting at its start is usual, and a single watch that fails is made again.
 */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    static const struct {
        int kind;
        uint64_t least;
        const char *what;
    } signs[] = {
        {LOG_KUBERNETES_FORBIDDEN, 1, "is not allowed to list or watch"},
        {LOG_KUBERNETES_UNAUTHORIZED, 1, "is not known to the API server (its token)"},
        {LOG_KUBERNETES_UNSYNCED, 1, "began to answer without having heard from the API server"},
        {LOG_KUBERNETES_FAILED, LOG_FEW, "could not list or watch"},
    };
    struct finding *started = by_starts(rule, d), *finding = started;
    const char *who;

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        uint64_t count = log_events(d, signs[i].kind);
        const struct log_event_facts *event = telling_event(d, signs[i].kind);

        /* Of one that does not start, a single one tells why. */
        if (!event || (count < signs[i].least && !started))
            continue;
        who = log_program(event->source, event->text);
        if (!finding) {
            finding = finding_new(d, rule, log_subject(d, event->source, who));
            if (strcmp(who, "CoreDNS") != 0)
                finding->title = arena_printf(d->arena, "%s does not reach the API server", who);
            advise(d, rule, finding, event->text, who);
        }
        finding_evidence(d, finding, "%s %s: %" PRIu64 " %s%s: %s", who, signs[i].what, count,
                         count == 1 ? "line" : "lines", log_last(d, event), event->text);
    }
}

/* Kubernetes looks each 10 s whether a server is ready, which then says no; silent for longer, it is. */
#define READY_QUIET_S 60

/* The last that the log says: no queries come here. */
static void by_waiting(const struct rule *rule, struct diagnosis *d)
{
    for (const struct log_state_facts *s = NULL; (s = log_state(d, LOG_NOT_READY, s));) {
        const char *who = log_program(s->source, s->text);
        struct finding *finding;

        if (s->count < log_waits_usual(s->text) || s->quiet_s > READY_QUIET_S)
            continue;
        finding = finding_new(d, rule, log_subject(d, s->source, who));
        finding->title = "a {dns} replica does not become ready";
        if (strcmp(who, "kube-dns") == 0) {
            finding->title = "a kube-dns replica does not become ready";
            finding->cause =
                "kube-dns answers no query until it has heard of all Services and Endpoints from "
                "the API server.";
            log_steps_reword(d, rule, finding, who);
        }
        finding->confidence = CONFIDENCE_LIKELY;
        finding_evidence(d, finding,
                         "the log ends with %" PRIu64 " lines that it is waiting and not ready: %s", s->count,
                         s->text);
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->kube)
        by_events(rule, d);
    by_counts(rule, d);
    by_logs(rule, d);
    by_waiting(rule, d);
}

static const struct step steps[] = {
    {.text = "read the watch errors",
     .command = "kubectl -n {ns} logs -l {sel}{c} --tail=-1 | grep -i -e 'plugin/kubernetes' -e 'failed to "
                "watch'"},
    {.text = "check that its service account may list and watch endpointslices",
     .command = "kubectl auth can-i watch endpointslices.discovery.k8s.io --all-namespaces "
                "--as=system:serviceaccount:{ns}:{account}"},
    {.text = "check the network from its node to the API server",
     .command = "kubectl -n {ns} describe pods -l {sel}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} describe pods -l {sel}",
    NULL,
};

static const char *const explains[] = {
    "replica-inconsistent", "replica-unreachable", "replica-refused", "coredns-errors", NULL,
};

const struct rule rule_apiserver_disconnected = {
    .id = "apiserver-disconnected",
    .title = "{dns} does not reach the API server",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_KUBE | NEED_METRICS | NEED_LOGS,
    .healthy = "no sign that {dns} has lost the API server",
    .cause = "{dns} learns Services by watching the API server. Without it {dns} is not ready, or "
             "keeps answering with old data: new Services do not resolve, and old addresses stay.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
