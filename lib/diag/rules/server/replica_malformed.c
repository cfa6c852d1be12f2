/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
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

        if (server->malformed)
            rule_doubts(d);
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

static const struct step steps[] = {
    {.text = "see the bytes: add debug to the Corefile and read what it prints",
     .command = "kubectl -n {ns} logs -l {sel}{c} --tail=200 | k8sdns decode",
     .undo = "remove debug"},
    {.text = "ask the replica from its own node: damaged only elsewhere means the network between",
     .command = "k8sdns probe kubernetes.default --target {address}"},
    {.text = "replace the Pod; its Deployment makes a new one",
     .command = "kubectl -n {ns} delete pod {pod}"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe kubernetes.default",
    "kubectl -n {ns} logs -l {sel}{c} --tail=200 | k8sdns decode",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",  "path-lossy",     "replica-inconsistent",
    "upstream-failing", "coredns-errors", "family-failing",
    "resolver-differs", "lookup-slow",    NULL,
};

const struct rule rule_replica_malformed = {
    .id = "replica-malformed",
    .title = "a server sends damaged answers",
    .severity = SEVERITY_WARNING,
    .needs = NEED_MATRIX,
    .healthy = "no answer was damaged",
    .cause = "The reply is not a valid DNS message: cut off or corrupt. The server, one of its plugins "
             "or something on the way damages it; to an application it looks like no answer.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
