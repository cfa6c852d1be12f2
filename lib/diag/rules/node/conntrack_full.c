/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/drop.h"
#include <inttypes.h>
#include <math.h>

/* Per second; 0 without an interval. */
static double rate(const struct conntrack_facts *c, size_t counter)
{
    return c->rates && !isnan(c->rates->values[counter]) ? c->rates->values[counter] : 0;
}

static uint64_t value(const struct conntrack_facts *c, size_t counter)
{
    return c->counters.values[counter] == CONNTRACK_UNSET ? 0 : c->counters.values[counter];
}

static struct finding *judge_table(const struct rule *rule, struct diagnosis *d)
{
    const struct conntrack_facts *c = d->facts->conntrack;
    double drops = rate(c, CONNTRACK_DROP), failed = rate(c, CONNTRACK_INSERT_FAILED);
    double early = rate(c, CONNTRACK_EARLY_DROP);
    bool full = c->table.fill_ratio >= d->thresholds->full_ratio;
    struct finding *finding;

    /* Drops that go with failed insertions are another fault, a race or a range of ports used up. */
    if (!full && drops <= failed && !(early > 0))
        return NULL;
    finding = finding_new(d, rule, NULL);
    if (!full && drops <= failed)
        finding->severity = SEVERITY_WARNING;
    finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " entries in use (%.1f %%)", c->table.entries,
                     c->table.max, c->table.fill_ratio * 100);
    if (c->rates)
        finding_evidence(d, finding, "per second: %.1f packets dropped, %.1f entries thrown out early", drops,
                         early);
    finding_evidence(d, finding, "since the start: drop %" PRIu64 ", early_drop %" PRIu64,
                     value(c, CONNTRACK_DROP), value(c, CONNTRACK_EARLY_DROP));
    return finding;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    if (d->present & NEED_TABLE)
        finding = judge_table(rule, d);
    else
        rule_unknown(d, "conntrack usage is not readable here; on the node: k8sdns conntrack");
    finding = drop_finding(d, rule, finding, DROP_CAUSE(CAUSE_CONNTRACK_FULL));
    /* A full table refuses new flows of any transport, whichever the packets were that serve as examples. */
    if (finding)
        finding->concerns &= ~(unsigned)(CONCERNS_UDP | CONCERNS_TCP);
}

static const struct step steps[] = {
    {.text = "see which clients fill it",
     .command = "conntrack -L 2>/dev/null | grep -o 'src=[^ ]*' | sort | uniq -c | sort -rn | head"},
    {.text = "raise the limit (300 bytes of memory for each entry); to keep it, set "
             "conntrack.maxPerCore of kube-proxy",
     .command = "sysctl -w net.netfilter.nf_conntrack_max=524288",
     .undo = "the value before"},
    {.text = "let UDP entries expire sooner",
     .command = "sysctl -w net.netfilter.nf_conntrack_udp_timeout_stream=60",
     .undo = "the value before"},
    {.text = "keep DNS out of the table: run NodeLocal DNSCache", .undo = "delete its DaemonSet"},
    {0},
};

static const char *const checks[] = {
    "k8sdns conntrack --interval 1s",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    "path-lossy",
    "clusterip-unreachable",
    "all-unreachable",
    "replica-unreachable",
    "tcp-blocked",
    "family-failing",
    "path-filtered",
    "upstream-failing",
    "conntrack-near-full",
    "conntrack-race",
    "lookup-slow",
    NULL,
};

const struct rule rule_conntrack_full = {
    .id = "conntrack-full",
    .title = "the conntrack table is full",
    .severity = SEVERITY_CRITICAL,
    .needs_any = NEED_TABLE | NEED_DROPS,
    .healthy = "the conntrack table has room",
    .cause = "Every flow takes an entry in the node's table. When none is free the kernel drops the "
             "first packet of each new flow, and nearly every DNS query is one: lookups fail on the "
             "whole node, while old connections continue.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
