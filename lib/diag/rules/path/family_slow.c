/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers for one of A and AAAA take longer than those for the other. */
#include "../../evidence/family.h"
#include "../../evidence/latency.h"
#include <k8sdns/base/number.h>

/* Of one kind of names, by all servers together. */
static bool judge(const struct rule *rule, struct diagnosis *d, unsigned names, const char *what)
{
    static const char *const types[] = {"A", "AAAA"};
    uint64_t us[2];
    char slow_text[DURATION_TEXT], fast_text[DURATION_TEXT];
    struct finding *finding;
    size_t slower;
    int severity;

    for (size_t i = 0; i < 2; i++)
        us[i] = matrix_latency_us(d, NULL, types[i], names);
    if (us[0] == SHAPE_UNSET || us[1] == SHAPE_UNSET)
        return false;
    slower = us[1] > us[0];
    severity = latency_severity(d, us[slower]);
    if (severity < 0 || !latency_stands_out(d, us[slower], us[!slower]))
        return false;
    finding = finding_new(d, rule, arena_printf(d->arena, "%s of %s names", types[slower], what));
    finding->severity = severity;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_concerns(finding, names | (slower ? CONCERNS_AAAA : CONCERNS_A));
    finding_evidence(d, finding, "half of the answers for %s take %s or more, those for %s %s", types[slower],
                     duration_format_us(slow_text, sizeof(slow_text), us[slower]), types[!slower],
                     duration_format_us(fast_text, sizeof(fast_text), us[!slower]));
    return true;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    judge(rule, d, CONCERNS_CLUSTER, "cluster");
    judge(rule, d, CONCERNS_EXTERNAL, "external");
}

static const struct step steps[] = {
    {.text = "compare the types at each server", .command = "k8sdns probe www.example.com --type A,AAAA"},
    {.text = "see what treats that type apart: a template line of the Corefile, or the upstream",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml"},
    {.text = "workaround where IPv6 is not used: glibc 2.36 and later ask for A only with "
             "dnsConfig.options no-aaaa",
     .undo = "remove the option"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe www.example.com --type A,AAAA",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",
    "upstream-slow",
    NULL,
};

const struct rule rule_family_slow = {
    .id = "family-slow",
    .title = "one of A and AAAA is slow, the other is fast",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "A and AAAA are equally fast",
    .cause =
        "Resolvers ask for both and use neither before both have come: the slower one decides how long every "
        "lookup takes.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
