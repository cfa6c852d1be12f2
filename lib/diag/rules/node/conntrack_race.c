/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../drop.h"
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
        rule_unknown(d, "none of what was asked here was lost so; the node's counters tell of others");
    drop_finding(d, rule, finding, DROP_CAUSE(CAUSE_CONNTRACK_INSERT));
}

static const char *const remedies[] = {
    "let masquerading choose ports at random: iptables -t nat ... -j MASQUERADE --random-fully "
    "(kube-proxy does so since 1.16); back: without the option",
    "in Pods of glibc send A and AAAA one after another: dnsConfig.options single-request-reopen; "
    "back: remove the option",
    "run NodeLocal DNSCache, which takes the queries out of tracking; back: delete its DaemonSet",
    "upgrade a kernel before 5.0, where two of these races are mended",
    NULL,
};

static const char *const checks[] = {
    "k8sdns conntrack --interval 1s",
    "k8sdns watch kubernetes.default --duration 1m",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    "path-lossy",
    "path-filtered",
    NULL,
};

const struct rule rule_conntrack_race = {
    .id = "conntrack-race",
    .title = "packets lost since connection tracking entries collide",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_TABLE | NEED_DROPS,
    .healthy = "no connection tracking entry failed to be made",
    .cause = "Two packets that would make the same entry race: A and AAAA sent at one moment from "
             "one source port, or two clients whose ports masquerading makes equal. The kernel can "
             "keep one; the other packet is dropped, and the resolver waits for its timeout.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
