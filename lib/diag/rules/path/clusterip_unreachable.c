/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>
#include <math.h>

/* Silence that has this chance is blamed on nobody. Of our choice; the same as in comparing answers. */
#define CHANCE 0.01

static void eval(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        struct finding *finding;
        double chance;

        if (server->target->role != TARGET_CLUSTER_IP || !server->silent || server->filtered)
            continue;
        if (!d->replicas_heard) {
            rule_unknown(d, "no replica answers either");
            return;
        }
        /* All may have gone to dead replicas, when there are many of these and few questions. */
        chance = pow((double)(d->replicas_count - d->replicas_heard) / (double)d->replicas_count,
                     (double)(server->asked + server->sent) / 2);
        if (chance > CHANCE && !server->icmp) {
            rule_unknown(d, "the ClusterIP was silent, but all may have gone to replicas that are");
            continue;
        }
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding_evidence(
            d, finding, "%" PRIu64 " questions to %s, no answer, while %zu of %zu replicas answer",
            server->asked + server->sent, server->target->id, d->replicas_heard, d->replicas_count);
        if (server->icmp_detail)
            finding_evidence(d, finding, "%s: kube-proxy rejects, or has no rule", server->icmp_detail);
    }
}

static const char *const remedies[] = {
    "look at kube-proxy on this node: kubectl -n kube-system get pods -l k8s-app=kube-proxy -o wide; "
    "kubectl -n kube-system logs POD",
    "compare rules with endpoints: nft list ruleset | grep -A3 CLUSTERIP, iptables-save | grep "
    "CLUSTERIP, or ipvsadm -Ln; kubectl -n kube-system get endpointslices -l k8s-app=kube-dns",
    "restart kube-proxy on this node: kubectl -n kube-system delete pod POD",
    NULL,
};

static const char *const checks[] = {
    "k8sdns conntrack --cluster-ip CLUSTERIP",
    "k8sdns ipvs",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    NULL,
};

const struct rule rule_clusterip_unreachable = {
    .id = "clusterip-unreachable",
    .title = "the ClusterIP does not answer while replicas do",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX | NEED_REPLICAS,
    .healthy = "the ClusterIP answers",
    .cause = "The rules that lead the ClusterIP to the replicas are missing or wrong on this node: "
             "kube-proxy, its iptables, nftables or IPVS rules, or a NetworkPolicy that names "
             "addresses.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
