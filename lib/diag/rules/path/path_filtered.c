/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../drop.h"
#include "../server.h"
#include <inttypes.h>
#include <string.h>

static const char *detail_of(const struct facts *facts, const char *target)
{
    for (size_t i = 0; i < facts->matrix->probes_count; i++) {
        const struct probe_facts *p = &facts->matrix->probes[i];

        if (strcmp(p->target, target) == 0 && p->detail &&
            (strstr(p->detail, "prohibited") || strstr(p->detail, "EPERM")))
            return p->detail;
    }
    return "an ICMP error";
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (!server->filtered)
            continue;
        finding = server_finding(d, rule, finding, server);
        finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " questions to %s were prohibited: %s",
                         server->filtered, server->asked + server->sent, server->target->id,
                         detail_of(d->facts, server->target->id));
    }
    drop_finding(d, rule, finding, DROP_CAUSE(CAUSE_RULE) | DROP_CAUSE(CAUSE_IPTABLES));
}

static const char *const remedies[] = {
    "see which policies select the Pod: kubectl get networkpolicy --all-namespaces; DNS wants UDP "
    "and TCP 53 to kube-system",
    "find the rule: nft list ruleset | grep -B3 -e drop -e reject, or iptables-save | grep -e DROP "
    "-e REJECT, on the Pod's node and on the replica's",
    "allow it: a NetworkPolicy with egress to port 53; back: kubectl delete networkpolicy NAME",
    NULL,
};

static const char *const checks[] = {
    "kubectl get networkpolicy --all-namespaces",
    NULL,
};

static const char *const explains[] = {
    "clusterip-unreachable", "replica-unreachable", "all-unreachable", "path-lossy",
    "clusterip-lossy",       "tcp-blocked",         "replica-refused", NULL,
};

const struct rule rule_path_filtered = {
    .id = "path-filtered",
    .title = "a rule rejects DNS",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX,
    .healthy = "no rule is seen to reject DNS",
    .cause = "A NetworkPolicy, a firewall or an iptables rule on the way answers that the traffic is "
             "prohibited, or drops it in silence, or the kernel refuses to send it.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
