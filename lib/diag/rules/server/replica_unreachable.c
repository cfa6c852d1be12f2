/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    size_t dead = 0;

    if (!d->replicas_heard) {
        if (!d->heard_count)
            rule_unknown(d, "nobody answers, so no replica stands out");
        return;
    }
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        /* One that answers by ICMP is heard of elsewhere. */
        if (server->target->role != TARGET_REPLICA || !server->silent || server->icmp || server->filtered)
            continue;
        finding = server_finding(d, rule, finding, server);
        dead++;
        finding_evidence(
            d, finding, "%" PRIu64 " questions to %s, no answer, while %zu of %zu replicas answer",
            server->asked + server->sent, server->target->id, d->replicas_heard, d->replicas_count);
        if (server->icmp_detail)
            finding_evidence(d, finding, "%s: %s", server->target->id, server->icmp_detail);
    }
    if (dead)
        finding_evidence(d, finding, "about %zu of %zu queries by the ClusterIP are lost, and wait %s", dead,
                         d->replicas_count, lookup_cost(d->arena, d->facts));
}

static const char *const remedies[] = {
    "look at it: kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide; kubectl get nodes",
    "delete the Pod, and its Deployment makes another: kubectl -n kube-system delete pod POD",
    "keep new ones off a bad node: kubectl cordon NODE; back: kubectl uncordon NODE",
    NULL,
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 1m",
    "kubectl -n kube-system get endpointslices -l k8s-app=kube-dns -o wide",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    NULL,
};

const struct rule rule_replica_unreachable = {
    .id = "replica-unreachable",
    .title = "a replica does not answer",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX | NEED_REPLICAS,
    .healthy = "every replica answers",
    .cause = "Queries that the ClusterIP sends there are lost: about its share of all lookups waits "
             "for a timeout, from any Pod. The Pod hangs, its node is away, or the path to it is "
             "broken.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
