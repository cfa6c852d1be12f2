/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../drop.h"
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
        rule_unknown(d, "none of what was asked here was refused; the node's table tells how full it is");
    drop_finding(d, rule, finding, DROP_CAUSE(CAUSE_CONNTRACK_FULL));
}

static const char *const remedies[] = {
    "see who fills it: conntrack -L | awk '{print $4}' | sort | uniq -c | sort -rn | head",
    "make room now: sysctl -w net.netfilter.nf_conntrack_max=524288 (300 bytes of memory each); "
    "back: the value that it had. For good: kube-proxy's conntrack.maxPerCore",
    "let flows of UDP go sooner: sysctl -w net.netfilter.nf_conntrack_udp_timeout_stream=60; back: "
    "the value that it had",
    "keep DNS out of the table: NodeLocal DNSCache, which works without tracking; back: delete its "
    "DaemonSet",
    NULL,
};

static const char *const checks[] = {
    "k8sdns conntrack --interval 1s",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",     "path-lossy",          "clusterip-unreachable", "all-unreachable",
    "replica-unreachable", "tcp-blocked",         "family-failing",        "path-filtered",
    "upstream-failing",    "conntrack-near-full", "conntrack-race",        NULL,
};

const struct rule rule_conntrack_full = {
    .id = "conntrack-full",
    .title = "the connection tracking table is full",
    .severity = SEVERITY_CRITICAL,
    .needs_any = NEED_TABLE | NEED_DROPS,
    .healthy = "the connection tracking table has room",
    .cause = "Every flow takes an entry of the node's table. When none is free the kernel drops the "
             "first packet of each new flow, and a DNS query is nearly always one: lookups fail all "
             "over the node, while old connections go on.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
