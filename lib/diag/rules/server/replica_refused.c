/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    size_t replicas = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        bool closed = server->silent && server->icmp > 0, says_no = server->refused * 2 > server->asked;

        /* A ClusterIP listens nowhere: what refuses there are rules; and a node-local cache has a finding of
         * its own. */
        if ((!closed && !says_no) ||
            (closed && server->target->role == TARGET_CLUSTER_IP && d->replicas_heard) ||
            (closed && server->target->role == TARGET_NODE_LOCAL))
            continue;
        finding = server_finding(d, rule, finding, server);
        replicas += server->target->role == TARGET_REPLICA;
        if (closed)
            finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " questions to %s brought %s",
                             server->icmp, server->asked + server->sent, server->target->id,
                             server->icmp_detail);
        else
            finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " questions to %s were answered REFUSED",
                             server->refused, server->asked, server->target->id);
    }
    if (replicas && d->replicas_count > 1)
        finding_evidence(d, finding, "%zu of %zu replicas: about that share of all queries fails", replicas,
                         d->replicas_count);
}

static const char *const remedies[] = {
    "look at the Pod: kubectl -n kube-system describe pod POD; kubectl -n kube-system logs POD",
    "read its acl plugin and its zones: kubectl -n kube-system get configmap coredns -o yaml",
    "delete the Pod, and its Deployment makes another: kubectl -n kube-system delete pod POD",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",  "path-lossy", "coredns-errors", "tcp-blocked", "replica-inconsistent",
    "upstream-failing", NULL,
};

const struct rule rule_replica_refused = {
    .id = "replica-refused",
    .title = "a server refuses",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX,
    .healthy = "no server refuses",
    .cause = "Port unreachable means that nothing listens there: CoreDNS ended, or listens "
             "elsewhere. REFUSED is an access list (the acl plugin), or a zone that the server does "
             "not serve.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
