/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/replica_metrics.h"
#include <k8sdns/base/number.h>
#include <string.h>

/* Source: the release notes of CoreDNS, and the issues named. `from` is included, `before` is not. */
static const struct {
    const char *from, *before, *text;
    bool severe, panics;
} defects[] = {
    {"1.2.3", "1.2.4", "does not work in Kubernetes, by its successor's notes", true, false},
    {"0.0.0", "1.7.0",
     "may panic, or live on with stale answers, when the API server goes away (coredns#3860)", true, true},
    {"1.8.1", "1.8.2",
     "needs the right to list EndpointSlices, or headless Services do not resolve (coredns#4758)", false,
     false},
    {"1.8.0", "1.8.1", "a race of the cache plugin's prefetch (coredns#4368)", false, false},
    {"1.10.0", "1.11.0", "may panic on headless Services with noendpoints (coredns#6087)", false, true},
};

static bool in_range(const char *version, const char *from, const char *before)
{
    return version_compare(version, from) >= 0 && version_compare(version, before) < 0;
}

/* Whether a Pod of it ended otherwise than by a panic, lately: then a defect that panics is not what was
 * seen. */
static bool ended_otherwise(const struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;

    for (size_t i = 0; kube && i < kube->pods_count; i++)
        if (kube->pods[i].restarts && kube->pods[i].exit_code != SHAPE_UNSET && kube->pods[i].exit_code != 2)
            return true;
    return false;
}

static void judge(const struct rule *rule, struct diagnosis *d, const char *version)
{
    struct finding *finding;
    size_t said = 0;

    for (size_t i = 0; i < d->findings_count; i++)
        if (strcmp(d->findings[i].id, rule->id) == 0 && strcmp(d->findings[i].subject, version) == 0)
            return;
    for (size_t k = 0; k < sizeof(defects) / sizeof(defects[0]); k++) {
        if (!in_range(version, defects[k].from, defects[k].before) ||
            (defects[k].panics && ended_otherwise(d)))
            continue;
        finding = said++ ? &d->findings[d->findings_count - 1] : finding_new(d, rule, version);
        if (defects[k].severe)
            finding->severity = SEVERITY_WARNING;
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(d, finding, "%s: %s", version, defects[k].text);
    }
}

/* By the image, and by what each says of itself. */
static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;

    for (size_t i = 0; kube && i < kube->pods_count; i++)
        if (kube->pods[i].version)
            judge(rule, d, kube->pods[i].version);
    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m))
        if (m->version && m->role != METRICS_OF_NODE_LOCAL) /* which counts its own releases */
            judge(rule, d, m->version);
}

static const struct step steps[] = {
    {.text = "update CoreDNS to a current version, one minor version at a time; read its release notes "
             "on removed plugins",
     .undo = "{rollback}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get {deploy} -o jsonpath='{.spec.template.spec.containers[0].image}'",
    NULL,
};

static const char *const explains[] = {
    "coredns-panic",
    "apiserver-disconnected",
    NULL,
};

const struct rule rule_coredns_version = {
    .id = "coredns-version",
    .title = "this CoreDNS version has a known defect",
    .severity = SEVERITY_INFO,
    .needs_any = NEED_KUBE | NEED_METRICS,
    .healthy = "no known defect of this CoreDNS version matters here",
    .cause = "Some versions have defects that look like DNS failures.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
