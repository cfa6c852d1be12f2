/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
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

        if (!server_is_at_fault(d, server, is_mismatched))
            continue;
        finding = server_finding(d, rule, finding, server);
        most = most || server->mismatched * 2 > asked;
        finding_evidence(d, finding,
                         "%" PRIu64 " of %" PRIu64 " questions to %s brought the wrong answer%s%s",
                         server->mismatched, asked, server->target->id, server->mismatch_detail ? ": " : "",
                         server->mismatch_detail ? server->mismatch_detail : "");
    }
    if (finding && most)
        finding->severity = SEVERITY_CRITICAL;
    if (finding)
        finding_evidence(d, finding, "resolvers throw it away, and wait %s", lookup_cost(d->arena, d->facts));
}

static const char *const remedies[] = {
    "when it comes from another address, let bridged packets be translated back on the node: modprobe "
    "br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1; back: =0",
    "see that one thing alone translates: kube-proxy, or the network plugin in its place, and no rule of "
    "your own for port 53",
    "when the id or the question is wrong, look for a proxy or a firewall that answers in the server's "
    "place: ask it from its own node, k8sdns probe kubernetes.default --target ADDRESS",
    NULL,
};

static const char *const checks[] = {
    "k8sdns probe kubernetes.default",
    "sysctl net.bridge.bridge-nf-call-iptables",
    NULL,
};

static const char *const explains[] = {
    "all-unreachable",
    "clusterip-unreachable",
    "clusterip-lossy",
    "replica-unreachable",
    "path-lossy",
    "replica-inconsistent",
    "tcp-blocked",
    "family-failing",
    "upstream-failing",
    "conntrack-stale",
    NULL,
};

const struct rule rule_answer_mismatch = {
    .id = "answer-mismatch",
    .title = "answers come from elsewhere, or answer another question",
    .severity = SEVERITY_WARNING,
    .needs = NEED_MATRIX,
    .healthy = "every answer belongs to its question",
    .cause = "An answer counts only from the address that was asked, with the id and the question that were "
             "sent. Another address means that the way back goes past the node's translation, as when the "
             "replica is on the Pod's own node and bridged packets are not filtered; another id or question, "
             "that somebody else answers.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
