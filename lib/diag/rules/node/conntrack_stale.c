/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/diag/rule.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct conntrack_facts *c = d->facts->conntrack;
    uint64_t waiting = 0;
    struct finding *finding;

    if (!c->stale_total && !c->dns->unrouted) {
        if (!(d->present & NEED_KNOWN))
            rule_unknown(
                d, "nobody says which replicas live; name them with --replica, or pipe kubectl's JSON to "
                   "--endpoints -");
        return;
    }
    for (size_t i = 0; i < c->stale_count; i++)
        waiting += !c->stale[i].replied;
    finding = finding_new(d, rule, c->stale_count ? c->stale[0].reply_src : "the ClusterIP");
    /* Those that were answered once are of yesterday's flows; nobody need come back by them. */
    if (!waiting && !c->dns->unrouted)
        finding->severity = SEVERITY_INFO;
    if (c->stale_total)
        finding_evidence(d, finding,
                         "%" PRIu64 " entries lead to a server that is no replica, %" PRIu64
                         " of those listed were never answered",
                         c->stale_total, waiting);
    if (c->stale_count)
        finding_evidence(d, finding, "%s to %s is sent to %s for %" PRIu64 " s more", c->stale[0].orig_src,
                         c->stale[0].orig_dst, c->stale[0].reply_src, c->stale[0].timeout_s);
    if (c->dns->unrouted)
        finding_evidence(d, finding,
                         "%" PRIu64 " entries to the ClusterIP have no backend: made while its rules were "
                         "missing",
                         c->dns->unrouted);
}

static const char *const remedies[] = {
    "throw the entries out: conntrack -D -p udp --dport 53 --reply-src ADDRESS (new ones are made "
    "with the next packet)",
    "update kube-proxy, which deletes such entries itself when an endpoint goes",
    NULL,
};

static const char *const checks[] = {
    "k8sdns conntrack -v",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    "clusterip-unreachable",
    NULL,
};

const struct rule rule_conntrack_stale = {
    .id = "conntrack-stale",
    .title = "connection tracking still leads to what is no replica",
    .severity = SEVERITY_WARNING,
    .needs = NEED_DNS_ENTRIES,
    .healthy = "no connection tracking entry leads to a replica that is gone",
    .cause = "An entry keeps its backend until it expires. A client that sends from the same source "
             "port again reaches a Pod that is gone, and each retry makes the entry live longer.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
