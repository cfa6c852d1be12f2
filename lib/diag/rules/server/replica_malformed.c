/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>

static bool is_damaged(const struct server *server)
{
    return server->malformed > 0;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    bool most = false;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        uint64_t asked = server->asked + server->sent;

        if (!server_is_at_fault(d, server, is_damaged))
            continue;
        finding = server_finding(d, rule, finding, server);
        most = most || server->malformed * 2 > asked;
        finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " answers of %s cannot be read%s%s",
                         server->malformed, asked, server->target->id, server->malformed_detail ? ": " : "",
                         server->malformed_detail ? server->malformed_detail : "");
    }
    if (finding && most)
        finding->severity = SEVERITY_CRITICAL;
    if (finding)
        finding_evidence(d, finding, "resolvers throw them away, and wait %s",
                         lookup_cost(d->arena, d->facts));
}

static const char *const remedies[] = {
    "see the octets: the debug plugin of CoreDNS prints them (add debug to the Corefile; back: remove it), "
    "and k8sdns decode reads what it prints",
    "delete the Pod, and its Deployment makes another: kubectl -n kube-system delete pod POD",
    "ask the replica from its own node: damaged elsewhere and not there means the way between",
    NULL,
};

static const char *const checks[] = {
    "k8sdns probe kubernetes.default",
    "kubectl -n kube-system logs -l k8s-app=kube-dns --tail=200 | k8sdns decode",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy", "path-lossy",     "replica-inconsistent", "upstream-failing",
    "coredns-errors",  "family-failing", "resolver-differs",     NULL,
};

const struct rule rule_replica_malformed = {
    .id = "replica-malformed",
    .title = "a server's answers are damaged",
    .severity = SEVERITY_WARNING,
    .needs = NEED_MATRIX,
    .healthy = "no answer was damaged",
    .cause = "What comes back is no DNS message: cut off, or with octets that lead nowhere. The server, one "
             "of its plugins or something on the way damages it; to a program it looks like silence.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
