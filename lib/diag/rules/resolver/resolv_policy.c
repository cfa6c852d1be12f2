/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/pods.h"
#include "../../evidence/server.h"
#include <string.h>

/* Every server that was asked is one of this file's, and none knows the name that each cluster has. */
static bool is_no_cluster_dns(const struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    bool denied = false;

    for (size_t i = 0; matrix && i < matrix->targets_count; i++)
        if (matrix->targets[i].found_by != ORIGIN_RESOLV_CONF)
            return false;
    for (size_t i = 0; matrix && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (name_kind_of(d->facts, p->name) != NAME_OWN || !probe_is_heard(p))
            continue;
        if (p->status != PROBE_NXDOMAIN)
            return false;
        denied = true;
    }
    return denied;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct resolv_facts *resolv = d->facts->resolv;
    bool is_default = resolv->dns_policy && strcmp(resolv->dns_policy, "Default") == 0;
    /* Whatever wrote the file: nothing in it is the cluster's. */
    bool is_foreign = d->facts->matrix && !d->facts->matrix->cluster_domain && is_no_cluster_dns(d);
    struct finding *finding;

    if (!d->facts->host.in_pod && !(is_default && is_no_cluster_dns(d)) && !is_foreign) {
        rule_unknown(d, "it was not run in a Pod; run it there, or with --pid of a Pod's process");
        return;
    }
    if (!is_default && !is_foreign)
        return;
    finding = finding_new(d, rule, resolv->file);
    finding->confidence = CONFIDENCE_LIKELY;
    if (!d->facts->host.in_pod) {
        finding->title = "the nameservers of resolv.conf are not the cluster DNS";
        finding->cause =
            is_default ? "This resolv.conf is a node's, and its nameservers do not know the cluster's names. "
                         "The cluster DNS was not asked. In a Pod this comes of dnsPolicy Default."
                       : "The nameservers of this resolv.conf do not know the cluster's names. The cluster "
                         "DNS was not asked. In a Pod this comes of other nameservers in its dnsConfig.";
        finding_step(d, finding, "test the cluster DNS itself",
                     "k8sdns diagnose --cluster-ip $(kubectl -n {ns} get service {svc} -o "
                     "jsonpath='{.spec.clusterIP}')",
                     NULL);
        finding_step(d, finding,
                     "where this is a Pod's file: set dnsPolicy: ClusterFirst in the Pod template", NULL,
                     "the value before");
    }
    finding_evidence(d, finding, "%s",
                     resolv->dns_policy_reason ? resolv->dns_policy_reason : "by its search list");
    finding_evidence(d, finding, "nameservers: %s",
                     arena_join(d->arena, resolv->nameservers, resolv->nameservers_count, ", "));
}

static const struct step steps[] = {
    {.text = "see the Pod's policy",
     .command = "kubectl get pod {self} -o jsonpath='{.spec.dnsPolicy} {.spec.hostNetwork}'"},
    {.text = "set dnsPolicy: ClusterFirst in the Pod template; with hostNetwork: true set "
             "ClusterFirstWithHostNet",
     .undo = "the value before"},
    {0},
};

static const char *const checks[] = {
    "kubectl get pod {self} -o jsonpath='{.spec.dnsPolicy} {.spec.hostNetwork}'",
    "k8sdns resolv",
    NULL,
};

static const char *const explains[] = {
    "name-not-found",
    "failures-unexplained",
    NULL,
};

const struct rule rule_resolv_policy = {
    .id = "resolv-policy",
    .title = "the Pod does not use the cluster DNS",
    .severity = SEVERITY_WARNING,
    .is_of_pod = true,
    .needs = NEED_RESOLV,
    .healthy = "resolv.conf points to the cluster DNS",
    .cause = "With dnsPolicy Default, or with hostNetwork and without ClusterFirstWithHostNet, a Pod "
             "gets its node's resolv.conf: Services do not resolve, external names do.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
