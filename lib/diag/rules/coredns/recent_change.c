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
        finding_evidence(d, finding, "%s was %s %.0f minutes before", change->what,
                         kube_change_names[change->how], change->age_s / 60);
    }
}

static const struct step steps[] = {
    {.text = "compare with the versions before", .command = "{history}"},
    {.text = "go back to the version before", .command = "{rollback}", .undo = "run it once more"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get events --sort-by=.lastTimestamp",
    NULL,
};

const struct rule rule_recent_change = {
    .id = "recent-change",
    .title = "{dns} or its configuration changed recently",
    .severity = SEVERITY_INFO,
    .needs = NEED_KUBE,
    .healthy = "{dns} and its configuration did not change recently",
    .cause = "A failure that begins with a change is usually caused by it.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
