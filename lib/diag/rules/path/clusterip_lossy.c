/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
#include <inttypes.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    uint64_t lost = 0, sent = 0;
    bool any_silent = false;

    for (size_t i = 0; i < d->servers_count; i++) {
        if (d->servers[i].target->role != TARGET_REPLICA)
            continue;
        any_silent = any_silent || d->servers[i].silent;
        lost += d->servers[i].silent ? 0 : d->servers[i].lost;
        sent += d->servers[i].silent ? 0 : d->servers[i].sent;
    }
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        struct finding *finding;

        if (server->target->role == TARGET_CLUSTER_IP && server->lost)
            rule_doubts(d);
        if (server->target->role != TARGET_CLUSTER_IP || server->silent || !server->sent ||
            server->loss_ratio < d->thresholds->loss_warning_ratio ||
            !loss_differs(server->lost, server->sent, lost, sent))
            continue;
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding->confidence = CONFIDENCE_LIKELY;
        if (any_silent)
            finding->title = "queries through the ClusterIP are lost";
        finding_concerns(finding, server_lost_types(server));
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

static const struct step steps[] = {
    {.text = "see whether these are all replicas",
     .command = "kubectl -n {ns} get endpointslices -l kubernetes.io/service-name={svc} -o wide"},
    {.text = "on the node, as root: look at conntrack and IPVS",
     .command = "k8sdns conntrack --interval 1s --cluster-ip {clusterip}"},
    {.text = "find kube-proxy on this node and read its log", .command = "{proxy}"},
    {0},
};

static const char *const checks[] = {
    "k8sdns conntrack --interval 1s",
    "k8sdns replicas",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",
    NULL,
};

const struct rule rule_clusterip_lossy = {
    .id = "clusterip-lossy",
    .title = "queries are lost only through the ClusterIP",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_SAMPLING | NEED_REPLICAS,
    .healthy = "the ClusterIP loses no more queries than the replicas",
    .cause = "Queries to the ClusterIP get no answer while the replicas answer the same queries: the "
             "fault is in NAT on the node (conntrack, kube-proxy's rules, IPVS), or a replica that was "
             "not tested is down.",
    .steps = steps,
    .checks = checks,
    .concerns = CONCERNS_UDP,
    .explains = explains,
    .eval = eval,
};
