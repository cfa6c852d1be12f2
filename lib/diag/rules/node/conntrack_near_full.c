/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/diag/rule.h>
#include <math.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct conntrack_table_facts *t = &d->facts->conntrack->table;
    struct finding *finding;

    if (isnan(t->fill_ratio)) {
        rule_unknown(d, "the table's limit cannot be seen");
        return;
    }
    if (t->fill_ratio <= d->thresholds->near_full_ratio || t->fill_ratio >= d->thresholds->full_ratio)
        return;
    finding = finding_new(d, rule, NULL);
    finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " entries in use (%.1f %%)", t->entries, t->max,
                     t->fill_ratio * 100);
}

static const struct step steps[] = {
    {.text = "see which clients fill it",
     .command = "conntrack -L 2>/dev/null | grep -o 'src=[^ ]*' | sort | uniq -c | sort -rn | head"},
    {.text = "raise the limit (300 bytes of memory for each entry)",
     .command = "sysctl -w net.netfilter.nf_conntrack_max=524288",
     .undo = "the value before"},
    {0},
};

static const char *const checks[] = {
    "k8sdns conntrack --interval 1s",
    NULL,
};

const struct rule rule_conntrack_near_full = {
    .id = "conntrack-near-full",
    .title = "the conntrack table is nearly full",
    .severity = SEVERITY_WARNING,
    .needs = NEED_TABLE,
    .healthy = "the conntrack table is not near its limit",
    .cause = "A burst of flows will fill it. Then the kernel drops the first packet of each new flow.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
