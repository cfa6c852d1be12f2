/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/drop.h"
#include <inttypes.h>
#include <string.h>

static struct finding *judge_connections(const struct rule *rule, struct diagnosis *d)
{
    const struct ipvs_facts *ipvs = d->facts->ipvs;
    const struct ipvs_connection_facts *example = NULL;
    uint64_t removed = 0, drained = 0;
    struct finding *finding;

    if (!ipvs)
        return NULL; /* this kernel has none */
    if (ipvs->stale_total == SHAPE_UNSET) {
        rule_unknown(d, "the connections of IPVS cannot be read here; run it as root on the node");
        return NULL;
    }
    for (size_t i = 0; i < ipvs->stale_connections_count; i++) {
        const struct ipvs_connection_facts *c = &ipvs->stale_connections[i];

        if (strcmp(c->protocol, "UDP") != 0)
            continue;
        removed += c->why != IPVS_DRAINED;
        drained += c->why == IPVS_DRAINED;
        if (!example || (c->why != IPVS_DRAINED && example->why == IPVS_DRAINED))
            example = c;
    }
    if (!example)
        return NULL;
    finding = finding_new(d, rule, example->destination);
    /* A backend of weight 0 answers on as long as it lives. */
    if (!removed)
        finding->severity = SEVERITY_INFO;
    finding_evidence(d, finding,
                     "%" PRIu64 " UDP connections lead to removed backends, %" PRIu64 " to such of weight 0",
                     removed, drained);
    finding_evidence(d, finding, "%s to %s is sent to %s for %" PRIu64 " s more", example->client,
                     example->service, example->destination, example->expires_s);
    for (size_t i = 0; i < ipvs->behaviour_count; i++)
        finding_evidence(d, finding, "%s", ipvs->behaviour[i]);
    return finding;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    if (d->present & NEED_IPVS)
        finding = judge_connections(rule, d);
    else
        rule_unknown(d, "none of what was asked here was dropped by it; the node knows its connections");
    drop_finding(d, rule, finding, DROP_CAUSE(CAUSE_IPVS));
}

static const struct step steps[] = {
    {.text = "end such connections at once (before kernel 5.9 one packet is still lost)",
     .command = "sysctl -w net.ipv4.vs.expire_nodest_conn=1",
     .undo = "sysctl -w net.ipv4.vs.expire_nodest_conn=0"},
    {.text = "shorten the UDP timeout, or set ipvs.udpTimeout: 10s of kube-proxy",
     .command = "ipvsadm --set 0 0 10",
     .undo = "ipvsadm --set 0 0 300"},
    {.text = "update the kernel to 5.9 or later", .command = "uname -r"},
    {.text = "run NodeLocal DNSCache, or kube-proxy in nftables or iptables mode"},
    {0},
};

static const char *const checks[] = {
    "k8sdns ipvs -v",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy", "clusterip-unreachable", "path-lossy", "lookup-slow", NULL,
};

const struct rule rule_ipvs_port_reuse = {
    .id = "ipvs-port-reuse",
    .title = "IPVS still sends some source ports to a removed backend",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_IPVS | NEED_DROPS,
    .healthy = "IPVS has no connection to a removed backend",
    .cause = "IPVS keeps a UDP connection for minutes after its backend was removed. Queries from that "
             "source port are dropped silently, and each retry keeps the connection alive: failures "
             "for about five minutes after each restart of {dns}.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
