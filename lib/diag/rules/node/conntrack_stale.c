/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/flows.h"
#include "../../evidence/interception.h"
#include <inttypes.h>
#include <k8sdns/diag/rule.h>

/* Entries that no rule led to a backend. In a Pod's own namespace none does: kube-proxy's rules are the
 * node's. */
static uint64_t unrouted_entries(const struct facts *facts)
{
    return facts->host.in_pod && !facts->host.host_network ? 0 : facts->conntrack->dns->unrouted;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct conntrack_facts *c = d->facts->conntrack;
    const struct conntrack_tuple_facts *sender = NULL;
    uint64_t waiting = 0, renewed = 0, unrouted = unrouted_entries(d->facts);
    struct finding *finding;

    if (any_intercepted(d->facts))
        return; /* the entries are of the redirect, and the proxy's own */
    if (!c->stale_total && !unrouted) {
        if (!(d->present & NEED_KNOWN))
            rule_unknown(
                d,
                "no source lists the running replicas; name them with --replica, or pipe kubectl's JSON to "
                "--endpoints -");
        return;
    }
    for (size_t i = 0; i < c->stale_count; i++) {
        waiting += !c->stale[i].replied;
        renewed += c->stale[i].renewed;
        if (!sender || (c->stale[i].renewed && !sender->renewed))
            sender = &c->stale[i];
    }
    finding = finding_new(d, rule, c->stale_count ? c->stale[0].reply_src : "the ClusterIP");
    /* Those that were answered once are of yesterday's flows; nobody need come back by them. */
    if (!waiting && !renewed && !unrouted)
        finding->severity = SEVERITY_INFO;
    if (c->stale_total)
        finding_evidence(d, finding,
                         "%" PRIu64 " entries lead to a server that is no replica, %" PRIu64
                         " of those listed were never answered",
                         c->stale_total, waiting);
    if (sender)
        finding_evidence(d, finding, "%s to %s is sent to %s for %" PRIu64 " s more%s", sender->orig_src,
                         sender->orig_dst, sender->reply_src, sender->timeout_s,
                         sender->renewed ? "; the client sends there still" : "");
    flows_tell_odd(d, finding, FLOW_STALE, "led there: the rules of the node name it still");
    if (sender && sender->process)
        finding_evidence(d, finding, "the socket %s is open in %s", sender->orig_src, sender->process);
    if (unrouted)
        finding_evidence(d, finding,
                         "%" PRIu64 " %s to the ClusterIP %s no backend: made while its rules were missing",
                         unrouted, unrouted == 1 ? "entry" : "entries", unrouted == 1 ? "has" : "have");
}

static const struct step steps[] = {
    {.text = "delete the entries; the next packet makes new ones",
     .command = "conntrack -D -p udp --dport 53 --reply-src {address}"},
    {.text = "restart the client that still sends there: it keeps one socket for all its queries"},
    {.text = "update kube-proxy, which deletes such entries when an endpoint is removed"},
    {0},
};

static const char *const checks[] = {
    "k8sdns conntrack -v",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    "clusterip-unreachable",
    "lookup-slow",
    NULL,
};

const struct rule rule_conntrack_stale = {
    .id = "conntrack-stale",
    .title = "stale conntrack entries point to a removed Pod",
    .severity = SEVERITY_WARNING,
    .needs = NEED_DNS_ENTRIES,
    .healthy = "no conntrack entry points to a removed replica",
    .cause = "An entry keeps its backend until it expires. A client that sends from the same source "
             "port again reaches a Pod that is gone, and each retry keeps the entry alive.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
