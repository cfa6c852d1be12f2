/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/flows.h"
#include "../../evidence/server.h"
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

        if (server->target->role == TARGET_REPLICA && server->silent)
            rule_doubts(d);
        /* One that answers by ICMP is heard of elsewhere. */
        if (server->target->role != TARGET_REPLICA || !server->silent ||
            server->unreachable[UNREACHABLE_PORT] || server->filtered)
            continue;
        finding = server_finding(d, rule, finding, server);
        dead++;
        finding_evidence(d, finding, "%" PRIu64 " queries to %s got no answer; %zu of %zu replicas answer",
                         server->asked + server->sent, server->target->id, d->replicas_heard,
                         d->replicas_count);
        server_tell_tcp(d, finding, server);
        if (server->unreachable_detail)
            finding_evidence(d, finding, "%s: %s", server->target->id, server->unreachable_detail);
        flows_tell_unanswered(d, finding, server->target->address);
    }
    if (dead)
        finding_evidence(d, finding, "about %zu in %zu queries through the ClusterIP are lost, and wait %s",
                         dead, d->replicas_count, lookup_cost(d->arena, d->facts));
}

static const struct step steps[] = {
    {.text = "look at the Pod", .command = "kubectl -n {ns} describe pod {pod}"},
    {.text = "look at its node", .command = "kubectl get node {node} -o wide"},
    {.text = "replace the Pod; its Deployment makes a new one",
     .command = "kubectl -n {ns} delete pod {pod}"},
    {.text = "keep new Pods off a bad node",
     .command = "kubectl cordon {node}",
     .undo = "kubectl uncordon {node}"},
    {0},
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 1m",
    "kubectl -n {ns} get endpointslices -l kubernetes.io/service-name={svc} -o wide",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    "lookup-slow",
    NULL,
};

const struct rule rule_replica_unreachable = {
    .id = "replica-unreachable",
    .title = "a replica does not answer",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX | NEED_REPLICAS,
    .healthy = "every replica answers",
    .cause = "Queries that the ClusterIP sends there are lost: that share of all lookups times out, in "
             "every Pod. The Pod hangs, its node is down, or the network path to it is broken.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
