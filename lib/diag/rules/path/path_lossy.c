/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>

static const char *lossy_id(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].lost && !d->servers[i].silent && d->servers[i].target->role != TARGET_CLUSTER_IP)
            return d->servers[i].target->id;
    return NULL;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    uint64_t lost = 0, sent = 0;
    size_t lossy = 0, direct = 0;
    struct finding *finding;
    double ratio;

    /* The ClusterIP's own losses are looked at elsewhere, unless there is nothing else to ask. */
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (server->silent || !server->sent ||
            (server->target->role == TARGET_CLUSTER_IP && d->replicas_count))
            continue;
        direct++;
        sent += server->sent;
        lost += server->lost;
        lossy += server->lost > 0;
    }
    ratio = sent ? (double)lost / (double)sent : 0;
    if (lost < 3 || ratio < d->thresholds->loss_warning_ratio)
        return;
    finding = finding_new(
        d, rule,
        lossy == 1 && direct > 1 ? lossy_id(d) : arena_printf(d->arena, "%zu of %zu servers", lossy, direct));
    finding->confidence = CONFIDENCE_LIKELY;
    if (ratio >= d->thresholds->loss_critical_ratio)
        finding->severity = SEVERITY_CRITICAL;
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].lost && !d->servers[i].silent) {
            finding_about(d, finding, d->servers[i].target->id);
            finding_evidence(d, finding, "%s: %" PRIu64 " of %" PRIu64 " lost (%.1f %%)",
                             d->servers[i].target->id, d->servers[i].lost, d->servers[i].sent,
                             d->servers[i].loss_ratio * 100);
        }
    if (!d->replicas_count && ratio < 0.9)
        finding_evidence(d, finding,
                         "the replicas behind it were not asked: one of %.0f that is dead would look just so",
                         1 / ratio);
    finding_evidence(d, finding, "each loss makes a lookup wait %s", lookup_cost(d->arena, d->facts));
}

static const char *const remedies[] = {
    "ask the replicas too, where they were not: kubectl -n kube-system get endpointslices -l "
    "k8s-app=kube-dns -o json | k8sdns diagnose --endpoints -",
    "see where: from the replica's node run the same; only from elsewhere means the network between "
    "the nodes",
    "look for drops: ip -s link, tc -s qdisc, nft list ruleset, on both nodes",
    "bridge it: NodeLocal DNSCache asks upstream over TCP; back: delete its DaemonSet",
    NULL,
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 10m",
    "k8sdns node --interval 1s",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    NULL,
};

const struct rule rule_path_lossy = {
    .id = "path-lossy",
    .title = "questions are lost on the way",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_SAMPLING,
    .healthy = "no question was lost in the sampling",
    .cause = "Packets vanish between here and the servers: a bad link, a rule that drops some, a "
             "queue that overflows. Each loss costs a lookup the whole timeout of its resolver.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
