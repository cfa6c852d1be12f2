/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/pods.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <math.h>

/* Silence that has this chance is blamed on nobody. Of our choice; the same as in comparing answers. */
#define CHANCE 0.01

/* No rule of kube-proxy refuses from the ClusterIP: the node has it on an interface. */
static void tell_own_address(struct diagnosis *d, struct finding *finding, const struct server *server)
{
    finding_evidence(d, finding,
                     "%s, the ClusterIP itself: it is an address of this node, and nothing listens there. "
                     "NodeLocal DNSCache has it there, and IPVS",
                     server->unreachable_detail);
    finding_step(d, finding, "see whether the node's DNS cache runs, where there is one",
                 "kubectl -n {cns} get pods -l {csel} -o wide", NULL);
    finding_step(d, finding, "see which interface of the node has the ClusterIP, as root there",
                 "ip -brief address | grep -F {clusterip}", NULL);
    finding_step(d, finding, "with kube-ipvs0: see whether IPVS has a destination for it", "ipvsadm -Ln",
                 NULL);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        struct finding *finding;
        double chance;

        if (server->target->role == TARGET_CLUSTER_IP && server->silent)
            rule_doubts(d);
        if (server->target->role != TARGET_CLUSTER_IP || !server->silent || server->filtered)
            continue;
        if (!d->replicas_heard) {
            rule_unknown(d, "no replica answers either");
            return;
        }
        /* All may have gone to dead replicas, when there are many of these and few questions. */
        chance = pow((double)(d->replicas_count - d->replicas_heard) / (double)d->replicas_count,
                     (double)(server->asked + server->sent) / 2);
        if (chance > CHANCE && !server->unreachable[UNREACHABLE_PORT]) {
            rule_unknown(d, "the ClusterIP was silent, but all may have gone to replicas that are");
            continue;
        }
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding_evidence(d, finding, "%" PRIu64 " queries to %s got no answer; %zu of %zu replicas answer",
                         server->asked + server->sent, server->target->id, d->replicas_heard,
                         d->replicas_count);
        server_tell_tcp(d, finding, server);
        if (server->unreachable_detail && server_refuses_itself(d, server))
            tell_own_address(d, finding, server);
        else if (server->unreachable_detail)
            finding_evidence(d, finding, "%s: kube-proxy rejects, or has no rule",
                             server->unreachable_detail);
    }
}

static const struct step steps[] = {
    {.text = "find kube-proxy on this node and read its log", .command = "{proxy}"},
    {.text = "compare the endpoints",
     .command = "kubectl -n {ns} get endpointslices -l kubernetes.io/service-name={svc} -o wide"},
    {.text = "with the rules on the node",
     .command = "nft list ruleset | grep -A3 {clusterip} || iptables-save | grep {clusterip} || ipvsadm "
                "-Ln"},
    {.text = "rule out untracked packets, which NAT never sees",
     .command = "iptables -t raw -S | grep -i notrack; nft list ruleset | grep notrack"},
    {0},
};

static const char *const checks[] = {
    "k8sdns conntrack --cluster-ip {clusterip}",
    "k8sdns ipvs",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    "lookup-slow",
    NULL,
};

const struct rule rule_clusterip_unreachable = {
    .id = "clusterip-unreachable",
    .title = "the ClusterIP does not answer, the replicas do",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX | NEED_REPLICAS,
    .healthy = "the ClusterIP answers",
    .cause =
        "The rules that lead the ClusterIP to the replicas are missing or wrong on this node: "
        "kube-proxy, its iptables, nftables or IPVS rules, or a NetworkPolicy that names "
        "addresses. Packets that a NOTRACK rule leaves untracked (left behind by node-local-dns) are never "
        "sent on either; restarting kube-proxy does not help then.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
