/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>

static bool is_silent(const struct server *server)
{
    return server->silent;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding;
    uint64_t asked = 0, sampled = 0;

    if (d->heard_count)
        return;
    for (size_t i = 0; i < d->servers_count; i++) {
        asked += d->servers[i].asked;
        sampled += d->servers[i].sent;
    }
    finding = finding_new(d, rule,
                          arena_printf(d->arena, "%zu of %zu servers", d->servers_count, d->servers_count));
    finding_evidence(d, finding, "%" PRIu64 " questions to %s, no answer", asked + sampled,
                     servers_text(d, is_silent));
    finding_evidence(d, finding, "each lookup waits %s for each packet lost",
                     lookup_cost(d->arena, d->facts));
}

static const char *const remedies[] = {
    "is CoreDNS up: kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide",
    "from another node run the same: only here means the node's network or a NetworkPolicy, "
    "everywhere means CoreDNS",
    "restart CoreDNS only when it is down everywhere: kubectl -n kube-system rollout restart "
    "deployment coredns",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide",
    "k8sdns probe kubernetes.default --tcp",
    NULL,
};

static const char *const explains[] = {
    "clusterip-unreachable", "replica-unreachable", "path-lossy",
    "clusterip-lossy",       "upstream-failing",    "tcp-blocked",
    "family-failing",        "nodelocal-down",      NULL,
};

const struct rule rule_all_unreachable = {
    .id = "all-unreachable",
    .title = "no server of the cluster DNS answers",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX,
    .healthy = "the cluster DNS answers",
    .cause = "Neither the ClusterIP nor any replica was heard: CoreDNS is down, or this Pod or node "
             "is cut off from it.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
