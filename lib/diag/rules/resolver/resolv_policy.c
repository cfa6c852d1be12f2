/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/diag/rule.h>
#include <string.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct resolv_facts *resolv = d->facts->resolv;
    struct finding *finding;

    if (!d->facts->host.in_pod) {
        rule_unknown(d, "it was not run in a Pod; run it there, or with --pid of a Pod's process");
        return;
    }
    if (!resolv->dns_policy || strcmp(resolv->dns_policy, "Default") != 0)
        return;
    finding = finding_new(d, rule, resolv->file);
    finding->confidence = CONFIDENCE_LIKELY;
    finding_evidence(d, finding, "%s",
                     resolv->dns_policy_reason ? resolv->dns_policy_reason : "by its search list");
    finding_evidence(d, finding, "nameservers: %s",
                     arena_join(d->arena, resolv->nameservers, resolv->nameservers_count, ", "));
}

static const char *const remedies[] = {
    "in the Pod's template set dnsPolicy: ClusterFirst, or with hostNetwork: true set dnsPolicy: "
    "ClusterFirstWithHostNet, and roll it out; back: kubectl rollout undo",
    NULL,
};

static const char *const checks[] = {
    "kubectl get pod NAME -o jsonpath=\"{.spec.dnsPolicy} {.spec.hostNetwork}\"",
    "k8sdns resolv",
    NULL,
};

static const char *const explains[] = {
    "name-not-found",
    NULL,
};

const struct rule rule_resolv_policy = {
    .id = "resolv-policy",
    .title = "the Pod does not use the cluster DNS",
    .severity = SEVERITY_WARNING,
    .needs = NEED_RESOLV,
    .healthy = "resolv.conf leads to the cluster DNS",
    .cause = "With dnsPolicy Default, or with hostNetwork and no ClusterFirstWithHostNet, a Pod gets "
             "its node's resolv.conf: Services do not resolve, while names of the world do.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
