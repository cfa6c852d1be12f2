/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/diag/rule.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    struct finding *finding = NULL;

    for (size_t i = 0; i < kube->changes_count; i++) {
        const struct kube_change_facts *change = &kube->changes[i];

        if (!(change->age_s <= d->thresholds->recent_minutes * 60))
            continue;
        if (!finding)
            finding = finding_new(d, rule, change->what);
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(d, finding, "%s was %s %.0f minutes before", change->what, change->how,
                         change->age_s / 60);
    }
}

static const char *const remedies[] = {
    "compare with what was before: kubectl -n kube-system rollout history deployment coredns",
    "go back: kubectl -n kube-system rollout undo deployment coredns, or apply the ConfigMap as it "
    "was",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system get events --sort-by=.lastTimestamp",
    NULL,
};

const struct rule rule_recent_change = {
    .id = "recent-change",
    .title = "something about CoreDNS changed lately",
    .severity = SEVERITY_INFO,
    .needs = NEED_KUBE,
    .healthy = "nothing about CoreDNS changed lately",
    .cause = "Trouble that begins with a change is most often caused by it.",
    .remedies = remedies,
    .checks = checks,
    .eval = eval,
};
