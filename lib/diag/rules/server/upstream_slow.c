/* SPDX-License-Identifier: GPL-2.0-or-later */
/* External names take long, and cluster names do not. */
#include "../../evidence/latency.h"
#include <k8sdns/base/number.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    uint64_t external = matrix_latency_us(d, NULL, NULL, CONCERNS_EXTERNAL),
             cluster = matrix_latency_us(d, NULL, NULL, CONCERNS_CLUSTER);
    char external_text[DURATION_TEXT], cluster_text[DURATION_TEXT];
    int severity = latency_severity(d, external);
    struct finding *finding;

    if (external == SHAPE_UNSET) {
        rule_unknown(d, "no external name was answered; k8sdns lookup www.example.com");
        return;
    }
    if (severity < 0 || !latency_stands_out(d, external, cluster))
        return;
    finding = finding_new(d, rule, NULL);
    finding->severity = severity;
    finding->confidence = CONFIDENCE_LIKELY;
    finding_evidence(d, finding,
                     "half of the answers for external names take %s or more, those for cluster names %s",
                     duration_format_us(external_text, sizeof(external_text), external),
                     duration_format_us(cluster_text, sizeof(cluster_text), cluster));
}

static const struct step steps[] = {
    {.text = "compare the upstreams' latency by replica", .command = "k8sdns metrics --interval 10s"},
    {.text = "ask the upstream itself from the replica's node",
     .command = "k8sdns watch www.example.com --target UPSTREAM --duration 1m"},
    {.text =
         "name a nearer upstream, or let the cache keep answers longer: the forward and cache lines of the "
         "Corefile",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml",
     .undo = "apply the old ConfigMap"},
    {0},
};

static const char *const checks[] = {
    "k8sdns metrics --interval 10s",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",
    NULL,
};

const struct rule rule_upstream_slow = {
    .id = "upstream-slow",
    .title = "external names are slow, cluster names are fast",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "external names are answered fast",
    .cause =
        "{dns} forwards external names, and waits for its upstream: the upstream is slow or far away, or the "
        "first of several does not answer.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_EXTERNAL,
    .eval = eval,
};
