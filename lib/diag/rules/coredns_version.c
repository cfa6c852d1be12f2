/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/number.h>
#include <k8sdns/diag/rule.h>
#include <string.h>

/* Source: the release notes of CoreDNS, and the issues named. `from` is included, `before` is not. */
static const struct {
    const char *from, *before, *text;
    bool severe;
} defects[] = {
    {"1.2.3", "1.2.4", "does not work in Kubernetes, by its successor's notes", true},
    {"0.0.0", "1.7.0",
     "may panic, or live on with stale answers, when the API server goes away (coredns#3860)", true},
    {"1.8.1", "1.8.2",
     "needs the right to list EndpointSlices, or headless Services do not resolve (coredns#4758)", false},
    {"1.8.0", "1.8.1", "a race of the cache plugin's prefetch (coredns#4368)", false},
    {"1.10.0", "1.11.0", "may panic on headless Services with noendpoints (coredns#6087)", false},
};

static bool in_range(const char *version, const char *from, const char *before)
{
    return version_compare(version, from) >= 0 && version_compare(version, before) < 0;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    struct finding *finding;

    for (size_t i = 0; i < kube->pods_count; i++) {
        const char *version = kube->pods[i].version;
        size_t said = 0;

        if (!version || (i && kube->pods[i - 1].version && strcmp(version, kube->pods[i - 1].version) == 0))
            continue;
        for (size_t k = 0; k < sizeof(defects) / sizeof(defects[0]); k++) {
            if (!in_range(version, defects[k].from, defects[k].before))
                continue;
            finding = said++ ? &d->findings[d->findings_count - 1] : finding_new(d, rule, version);
            if (defects[k].severe)
                finding->severity = SEVERITY_WARNING;
            finding->confidence = CONFIDENCE_POSSIBLE;
            finding_evidence(d, finding, "%s: %s", version, defects[k].text);
        }
    }
}

static const char *const remedies[] = {
    "update CoreDNS to a current version, one minor version at a time, and read its notes on plugins "
    "that went; back: kubectl -n kube-system rollout undo deployment coredns",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system get deployment coredns -o "
    "jsonpath=\"{.spec.template.spec.containers[0].image}\"",
    NULL,
};

static const char *const explains[] = {
    "coredns-panic",
    "apiserver-disconnected",
    NULL,
};

const struct rule rule_coredns_version = {
    .id = "coredns-version",
    .title = "a version of CoreDNS with a known defect",
    .severity = SEVERITY_INFO,
    .needs = NEED_KUBE,
    .healthy = "no version of CoreDNS with a known defect that matters here",
    .cause = "Some versions have defects that show as DNS trouble in a cluster.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
