/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/answer/truncation.h"
#include "../../evidence/cluster/policy.h"
#include "../../evidence/drop.h"
#include "../../evidence/server.h"
#include <inttypes.h>

#define RULES (DROP_CAUSE(CAUSE_RULE) | DROP_CAUSE(CAUSE_IPTABLES))

/* An ICMP error that came from another host than the one that was asked. */
static struct finding *tell_rejected(struct diagnosis *d, const struct rule *rule, struct finding *finding,
                                     const struct server *server)
{
    const char *by = server->silent ? server_rejected_by(d, server) : NULL;

    if (!by)
        return finding;
    finding = server_finding(d, rule, finding, server);
    finding_concerns(finding, CONCERNS_UDP);
    finding_evidence(
        d, finding, "%" PRIu64 " of %" PRIu64 " queries to %s were rejected by %s: ICMP port unreachable",
        server->unreachable[UNREACHABLE_PORT], server->asked + server->sent, server->target->id, by);
    server_tell_tcp(d, finding, server);
    return finding;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    bool own = false;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        finding = tell_rejected(d, rule, finding, server);

        /* A route of this namespace that forbids it is no rule, nor is a Service without backends at the
         * socket. */
        if (!server->filtered || server_is_refused_at_socket(d, server) ||
            (server->own_errors && server->own_kind == UNREACHABLE_REJECT_ROUTE))
            continue;
        finding = server_finding(d, rule, finding, server);
        finding_concerns(finding, CONCERNS_UDP);
        own = own || server->own_errors;
        finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " queries to %s were prohibited: %s",
                         server->filtered, server->asked + server->sent, server->target->id,
                         server->filtered_detail);
        server_tell_tcp(d, finding, server);
    }
    /* Who answers for a packet has rejected it; what this kernel drops or refuses to send may be either. */
    if (finding && !own)
        finding->title = "a firewall rule rejects DNS packets";
    finding = drop_finding(d, rule, finding, RULES);
    if (finding)
        drop_about(d, finding, RULES);
    if (finding && (finding->concerns & (CONCERNS_UDP | CONCERNS_TCP)) == CONCERNS_TCP) {
        /* Most answers fit into UDP: what is lost is the few that do not. */
        finding->title = "a firewall rule drops or rejects DNS over TCP";
        finding->severity = SEVERITY_WARNING;
        truncation_weigh(d, finding);
    }
    if (finding)
        (void)policies_tell(d, rule, finding, !(finding->concerns & CONCERNS_UDP));
    if (finding && !finding->about_count)
        finding->alone = true; /* the kernel's own word, and of no one server */
}

static const struct step steps[] = {
    {.text = "see which policies select the Pod; DNS needs UDP and TCP 53 to namespace {ns}",
     .command = "kubectl get networkpolicy --all-namespaces"},
    {.text = "find the rule, on the Pod's node and on the replica's",
     .command = "nft list ruleset | grep -n -B3 -e drop -e reject || iptables-save | grep -e DROP -e "
                "REJECT"},
    {.text = "allow egress to port 53, UDP and TCP, in a NetworkPolicy", .undo = "delete that NetworkPolicy"},
    {0},
};

static const char *const checks[] = {
    "kubectl get networkpolicy --all-namespaces",
    NULL,
};

static const char *const explains[] = {
    "flows-unanswered", "clusterip-unreachable", "replica-unreachable", "all-unreachable", "path-lossy",
    "clusterip-lossy",  "tcp-blocked",           "replica-refused",     "lookup-slow",     NULL,
};

const struct rule rule_path_filtered = {
    .id = "path-filtered",
    .title = "a firewall rule drops or rejects DNS packets",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX,
    .healthy = "no rule is seen to drop or reject DNS",
    .cause = "A NetworkPolicy or a firewall rule (iptables, nftables) drops or rejects the packets, or "
             "the kernel refuses to send them.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_SILENCE,
    .eval = eval,
};
