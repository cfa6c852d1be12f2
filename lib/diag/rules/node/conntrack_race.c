/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/drop.h"
#include "../../evidence/flows.h"
#include <math.h>

static struct finding *judge_counters(const struct rule *rule, struct diagnosis *d)
{
    const struct conntrack_facts *c = d->facts->conntrack;
    double failed = c->rates ? c->rates->values[CONNTRACK_INSERT_FAILED] : (double)NAN;
    struct finding *finding;

    if (isnan(failed)) {
        rule_unknown(d, "one look at the counters shows no change; give it time with --budget 5s");
        return NULL;
    }
    if (!(failed > 0))
        return NULL;
    finding = finding_new(d, rule, NULL);
    finding->confidence = CONFIDENCE_LIKELY;
    finding_evidence(d, finding, "per second: insert_failed %.1f, drop %.1f", failed,
                     c->rates->values[CONNTRACK_DROP]);
    flows_tell_odd(d, finding, FLOW_CLASH, "had the reply tuple of another");
    flows_tell_odd(d, finding, FLOW_REWRITTEN, "got another source port, since theirs was taken");
    if (!isnan(c->table.fill_ratio))
        finding_evidence(d, finding, "the table is not full (%.1f %%)", c->table.fill_ratio * 100);
    return finding;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    if (d->present & NEED_TABLE)
        finding = judge_counters(rule, d);
    else
        rule_unknown(
            d,
            "no race seen in our own queries; the node's counters are not readable here. On the node: k8sdns conntrack "
            "--interval 1s");
    drop_finding(d, rule, finding, DROP_CAUSE(CAUSE_CONNTRACK_INSERT));
}

static const struct step steps[] = {
    {.text = "let SNAT choose ports at random (kube-proxy does so since 1.16): -j MASQUERADE "
             "--random-fully",
     .command = "iptables -t nat -S | grep MASQUERADE",
     .undo = "remove the option"},
    {.text = "in glibc images send A and AAAA one after another: dnsConfig.options "
             "single-request-reopen",
     .undo = "remove the option"},
    {.text = "take DNS out of conntrack: run NodeLocal DNSCache", .undo = "delete its DaemonSet"},
    {.text = "update a kernel before 5.0, where two of these races are fixed", .command = "uname -r"},
    {0},
};

static const char *const checks[] = {
    "k8sdns conntrack --interval 1s",
    "k8sdns watch kubernetes.default --duration 1m",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy", "path-lossy", "path-filtered", "lookup-slow", NULL,
};

const struct rule rule_conntrack_race = {
    .id = "conntrack-race",
    .title = "a conntrack race drops packets",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_TABLE | NEED_DROPS,
    .healthy = "no conntrack entry failed to be inserted",
    .cause = "Two packets that would make the same entry race: A and AAAA sent at once from one source "
             "port, or two clients whose ports SNAT makes equal. The kernel keeps one and drops the "
             "other packet; the resolver waits for its timeout.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
