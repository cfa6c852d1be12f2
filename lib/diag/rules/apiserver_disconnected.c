/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/diag/rule.h>
#include <string.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    struct finding *finding;

    for (size_t i = 0; i < kube->events_count; i++) {
        const struct kube_event_facts *event = &kube->events[i];

        if (strcmp(event->reason, "Unhealthy") != 0 || !(event->age_s <= d->thresholds->recent_minutes * 60))
            continue;
        finding = finding_new(d, rule, event->object);
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(d, finding, "%s: %s (%" PRIu64 " times, last %.0f minutes ago)", event->object,
                         event->message ? event->message : event->reason,
                         event->count == SHAPE_UNSET ? 1 : event->count, event->age_s / 60);
        return;
    }
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
    "replica-inconsistent",
    "replica-unreachable",
    "replica-refused",
    NULL,
};

const struct rule rule_apiserver_disconnected = {
    .id = "apiserver-disconnected",
    .title = "CoreDNS does not reach the API server",
    .severity = SEVERITY_WARNING,
    .needs = NEED_KUBE,
    .healthy = "Kubernetes reports no CoreDNS that is unready",
    .cause = "CoreDNS learns Services by watching the API server. Cut off, it is not ready, or "
             "answers with what it knew: new Services do not resolve, old addresses stay.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
