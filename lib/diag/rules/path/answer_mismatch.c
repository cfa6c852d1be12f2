/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

static bool is_mismatched(const struct server *server)
{
    return server->mismatched > 0;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    bool most = false;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        uint64_t asked = server->asked + server->sent;

        if (server->mismatched)
            rule_doubts(d);
        if (!server_is_at_fault(d, server, is_mismatched))
            continue;
        finding = server_finding(d, rule, finding, server);
        most = most || server->mismatched * 2 > asked;
        finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " queries to %s brought the wrong answer%s%s",
                         server->mismatched, asked, server->target->id, server->mismatch_detail ? ": " : "",
                         server->mismatch_detail ? server->mismatch_detail : "");
    }
    if (finding && most)
        finding->severity = SEVERITY_CRITICAL;
    if (finding)
        finding_evidence(d, finding, "resolvers throw it away, and wait %s", lookup_cost(d->arena, d->facts));
}

static const struct step steps[] = {
    {.text = "wrong address: let bridged packets pass NAT on the node",
     .command = "modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-iptables=1",
     .undo = "sysctl -w net.bridge.bridge-nf-call-iptables=0"},
    {.text = "make sure that only one component does NAT for port 53",
     .command = "nft list ruleset | grep -n 53"},
    {.text = "wrong id or question: look for a proxy or firewall that answers instead; ask from the "
             "server's own node",
     .command = "k8sdns probe kubernetes.default --target {address}"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe kubernetes.default",
    "sysctl net.bridge.bridge-nf-call-iptables",
    NULL,
};

static const char *const explains[] = {
    "all-unreachable",  "clusterip-unreachable", "clusterip-lossy", "replica-unreachable",
    "path-lossy",       "replica-inconsistent",  "tcp-blocked",     "family-failing",
    "upstream-failing", "conntrack-stale",       "lookup-slow",     NULL,
};

const struct rule rule_answer_mismatch = {
    .id = "answer-mismatch",
    .title = "replies come from the wrong address, or do not match the query",
    .severity = SEVERITY_WARNING,
    .needs = NEED_MATRIX,
    .healthy = "every reply matches its query",
    .cause = "An answer counts only from the address that was asked, with the id and the question that "
             "were sent. Another address means that the reply bypasses NAT on the node, as when the "
             "replica is on the Pod's own node and bridged packets are not filtered. Another id or "
             "question means that something else answers.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
