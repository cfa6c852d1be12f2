/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    uint64_t lost = 0, sent = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA && !d->servers[i].silent) {
            lost += d->servers[i].lost;
            sent += d->servers[i].sent;
        }
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        struct finding *finding;

        if (server->target->role != TARGET_CLUSTER_IP || server->silent || !server->sent ||
            server->loss_ratio < d->thresholds->loss_warning_ratio ||
            !loss_differs(server->lost, server->sent, lost, sent))
            continue;
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding->confidence = CONFIDENCE_LIKELY;
        if (server->loss_ratio >= d->thresholds->loss_critical_ratio)
            finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding,
                         "%s: %" PRIu64 " of %" PRIu64 " lost (%.1f %%); the replicas that answer: %" PRIu64
                         " of %" PRIu64,
                         server->target->id, server->lost, server->sent, server->loss_ratio * 100, lost,
                         sent);
        finding_evidence(d, finding, "each loss makes a lookup wait %s", lookup_cost(d->arena, d->facts));
    }
}

static const char *const remedies[] = {
    "look at the node: k8sdns conntrack --interval 1s and k8sdns ipvs, as root there",
    "are those all replicas: kubectl -n kube-system get endpointslices -l k8s-app=kube-dns",
    "restart kube-proxy on this node: kubectl -n kube-system delete pod POD",
    NULL,
};

static const char *const checks[] = {
    "k8sdns conntrack --interval 1s",
    "k8sdns replicas",
    NULL,
};

const struct rule rule_clusterip_lossy = {
    .id = "clusterip-lossy",
    .title = "the ClusterIP loses what the replicas do not",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_SAMPLING | NEED_REPLICAS,
    .healthy = "the ClusterIP loses no more than the replicas",
    .cause = "Questions to the ClusterIP vanish while the same asked of the replicas are answered: "
             "the fault is in the node's translation (connection tracking, kube-proxy's rules, "
             "IPVS), or a replica that was not asked is down.",
    .remedies = remedies,
    .checks = checks,
    .eval = eval,
};
