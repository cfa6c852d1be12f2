/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../log_evidence.h"
#include "../replica_metrics.h"
#include <inttypes.h>
#include <string.h>

/* Probes that fail, as Kubernetes tells of them. */
static void by_events(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    struct finding *finding;

    for (size_t i = 0; i < kube->events_count; i++) {
        const struct kube_event_facts *event = &kube->events[i];

        if (strcmp(event->reason, "Unhealthy") != 0 || !(event->age_s <= d->thresholds->recent_minutes * 60))
            continue;
        finding = finding_new(d, rule, event->object);
        finding_about_pod(d, finding, event->object);
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(d, finding, "%s: %s (%" PRIu64 " times, last %.0f minutes ago)", event->object,
                         event->message ? event->message : event->reason,
                         event->count == SHAPE_UNSET ? 1 : event->count, event->age_s / 60);
        return;
    }
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

/* Requests that CoreDNS itself counts. Those of its past alone are judged when hardly any went well: it asks
 * again and again, ever more seldom, so that a short look may see none of it. */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        const struct metrics_api_facts *api = &m->api;
        bool grew = metrics_grew(api->errors_new);
        bool mostly = metrics_grew(api->errors) && api->errors * 2 > api->requests;

        if (!grew && !mostly)
            continue;
        finding = metrics_finding(d, rule, finding, m);
        finding->title = "CoreDNS's requests to the API server fail";
        if (grew)
            finding_evidence(d, finding, "%s: %" PRIu64 " requests to the API server failed %s", m->source,
                             api->errors_new, metrics_window(d->arena, m));
        if (mostly)
            finding_evidence(d, finding,
                             "%s: %" PRIu64 " of its %" PRIu64 " requests to the API server failed (%s)",
                             m->source, api->errors, api->requests, codes_text(d, api));
        if (!grew && api->errors < api->requests)
            finding->confidence = CONFIDENCE_POSSIBLE;
    }
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
    struct finding *finding = NULL;

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        uint64_t count = log_events(d, signs[i].kind);
        const struct log_event_facts *event = log_event(d, signs[i].kind);

        if (count < signs[i].least || !event)
            continue;
        if (!finding)
            finding = finding_new(d, rule, event->source ? event->source : "CoreDNS's log");
        finding_evidence(d, finding, "CoreDNS %s: %" PRIu64 " lines%s: %s", signs[i].what, count,
                         log_last(d, event), event->text);
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->kube)
        by_events(rule, d);
    by_counts(rule, d);
    by_logs(rule, d);
}

static const char *const remedies[] = {
    "read what it says: kubectl -n kube-system logs -l k8s-app=kube-dns | grep -i -e "
    "'plugin/kubernetes' -e 'Failed to watch'",
    "check the way from its node to the API server, and its ServiceAccount's rights (list and watch "
    "on endpointslices, services, namespaces)",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system describe pods -l k8s-app=kube-dns",
    NULL,
};

static const char *const explains[] = {
    "replica-inconsistent", "replica-unreachable", "replica-refused", "coredns-errors", NULL,
};

const struct rule rule_apiserver_disconnected = {
    .id = "apiserver-disconnected",
    .title = "CoreDNS does not reach the API server",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_KUBE | NEED_METRICS | NEED_LOGS,
    .healthy = "nothing says that CoreDNS misses the API server",
    .cause = "CoreDNS learns Services by watching the API server. Cut off, it is not ready, or "
             "answers with what it knew: new Services do not resolve, old addresses stay.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
