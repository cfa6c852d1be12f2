/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

/* What did not match: the source address, or what the message says. */
enum {
    WRONG_SOURCE = 1,
    WRONG_CONTENT = 2,
};

static bool is_mismatched(const struct server *server)
{
    return server->mismatched > 0;
}

/* It may be either where it is not known: the sampling does not tell, nor do captures of older versions. */
static unsigned kinds_of(const struct diagnosis *d, const struct server *server)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    unsigned kinds = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (p->status == PROBE_MISMATCH && strcmp(p->target, server->target->id) == 0)
            kinds |= p->mismatch < 0                  ? WRONG_SOURCE | WRONG_CONTENT
                     : p->mismatch == MISMATCH_SOURCE ? WRONG_SOURCE
                                                      : WRONG_CONTENT;
    }
    return kinds ? kinds : WRONG_SOURCE | WRONG_CONTENT;
}

#define NAT_PASS                                                                              \
    {                                                                                         \
        .text = "wrong address: let bridged packets pass NAT on the node",                    \
        .command = "modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-iptables=1", \
        .undo = "sysctl -w net.bridge.bridge-nf-call-iptables=0"                              \
    }
#define NAT_ONCE                                                          \
    {                                                                     \
        .text = "make sure that only one component does NAT for port 53", \
        .command = "nft list ruleset | grep -n 53"                        \
    }
#define WHO_ANSWERS                                                                                      \
    {                                                                                                    \
        .text = "wrong id or question: look for a proxy or firewall that answers instead; ask from the " \
                "server's own node",                                                                     \
        .command = "k8sdns probe kubernetes.default --target {address}"                                  \
    }

/* Where all mismatch in one way, the words and the steps are those of that way. */
static void word(struct diagnosis *d, struct finding *finding, unsigned kinds)
{
    static const struct step of_source[] = {NAT_PASS, NAT_ONCE, {0}}, of_content[] = {WHO_ANSWERS, {0}};

    if (kinds == WRONG_SOURCE) {
        finding->title = "replies come from the wrong address";
        finding->cause =
            "An answer counts only from the address that was asked. Another address means that the reply "
            "bypasses NAT on the node, as when the replica is on the Pod's own node and bridged packets are not "
            "filtered.";
        finding_steps(d, finding, of_source);
    } else if (kinds == WRONG_CONTENT) {
        finding->title = "replies do not match the query";
        finding->cause =
            "An answer counts only with the id and the question that were sent. The replies come from "
            "the right address with others: something else answers there, or the server is broken.";
        finding_steps(d, finding, of_content);
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    bool most = false;
    unsigned kinds = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        uint64_t asked = server->asked + server->sent;

        if (server->mismatched)
            rule_doubts(d);
        if (!server_is_at_fault(d, server, is_mismatched))
            continue;
        finding = server_finding(d, rule, finding, server);
        kinds |= kinds_of(d, server);
        most = most || server->mismatched * 2 > asked;
        most = most || server->silent; /* nothing else came from it */
        finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " queries to %s brought the wrong answer%s%s",
                         server->mismatched, asked, server->target->id, server->mismatch_detail ? ": " : "",
                         server->mismatch_detail ? server->mismatch_detail : "");
    }
    if (finding)
        word(d, finding, kinds);
    if (finding && most)
        finding->severity = SEVERITY_CRITICAL;
    if (finding)
        finding_evidence(d, finding, "resolvers throw it away, and wait %s", lookup_cost(d->arena, d->facts));
}

static const struct step steps[] = {NAT_PASS, NAT_ONCE, WHO_ANSWERS, {0}};

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
