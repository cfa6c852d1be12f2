/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program here waits long for a name that it finds. */
#include "../../evidence/latency.h"
#include <k8sdns/base/number.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->lookups_count; i++) {
        const struct seen_lookup *lookup = &d->lookups[i];
        uint64_t us = number_whole(lookup->total_ms * 1000);
        int severity = lookup->found ? latency_severity(d, us) : -1;
        char time[DURATION_TEXT];
        struct finding *finding;

        if (severity < 0)
            continue;
        finding = finding_new(d, rule, lookup->name);
        finding->severity = severity;
        finding_evidence(d, finding, "%s finds %s after %s", resolver_names[lookup->resolver], lookup->name,
                         duration_format_us(time, sizeof(time), us));
    }
}

static const struct step steps[] = {
    {.text = "see which query takes the time", .command = "k8sdns lookup www.example.com"},
    {.text = "see which server takes the time", .command = "k8sdns watch www.example.com --duration 1m"},
    {0},
};

static const char *const checks[] = {
    "k8sdns lookup www.example.com",
    NULL,
};

const struct rule rule_lookup_slow = {
    .id = "lookup-slow",
    .title = "lookups are slow",
    .severity = SEVERITY_WARNING,
    .needs = NEED_RESOLV | NEED_MATRIX,
    .healthy = "lookups are fast",
    .cause =
        "A program waits so long for each lookup of this name. One query after another adds up: each domain of "
        "the search list costs one round.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
