/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv.conf searches a cluster domain that CoreDNS does not serve: kubernetes.default cannot be missing. */
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

/* Not NXDOMAIN: no server block is for the zone, nor for the root, or the upstream fails or is silent. */
static bool is_error(int status)
{
    return status == PROBE_REFUSED || status == PROBE_SERVFAIL || status == PROBE_TIMEOUT;
}

/* Who was asked, once each; an address that is nobody's of a cluster serves no other domain of it either. */
static bool is_of_cluster(struct diagnosis *d, const char *id, const char ***who, size_t *who_count)
{
    const struct server *server = server_find(d, id);

    for (size_t i = 0; i < *who_count; i++)
        if (strcmp((*who)[i], id) == 0)
            return true;
    if (server && server_outsider(d->arena, server))
        return false;
    *ARENA_PUSH(d->arena, *who, *who_count) = id;
    return true;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    const char *domain = matrix->cluster_domain, *own = own_name(d->facts), *found, **who = NULL;
    uint64_t missing = 0, errors = 0, others = 0;
    struct finding *finding;
    size_t who_count = 0;

    for (size_t i = 0; domain && own && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->name, own) != 0 || (!probe_is_heard(p) && is_silent_server(d, p->target)))
            continue;
        if (p->status != PROBE_NXDOMAIN && !is_error(p->status)) {
            others++;
        } else if (is_of_cluster(d, p->target, &who, &who_count)) {
            missing++;
            errors += is_error(p->status);
        }
    }
    found = served_own_name(d->facts);
    /* What fails may be an access list or anything else, unless the other domain is served. */
    if (!missing || others || (!found && errors))
        return;
    finding = finding_new(d, rule, domain);
    finding->confidence = found ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    if (found)
        finding_evidence(d, finding, "%s does exist: that is the domain CoreDNS serves", found);
    finding_evidence(d, finding,
                     "kubernetes.default.svc.%s, which every cluster has, %s: %" PRIu64 " of %" PRIu64
                     " %s %s",
                     domain, errors ? "is not served" : "does not exist", missing, missing,
                     errors ? "questions fail at" : "answers of", arena_join(d->arena, who, who_count, ", "));
    if (!found && (!d->facts->replicas || !d->facts->replicas->service_ips_count))
        finding_evidence(
            d, finding,
            "where the DNS Service has another ClusterIP than %s, not the domain but the address "
            "of resolv.conf is wrong",
            arena_join(d->arena, who, who_count, ", "));
}

static const struct step steps[] = {
    {.text =
         "compare the zones of the kubernetes plugin with the search line of the Pod's resolv.conf, which "
         "the kubelet writes (clusterDomain)",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml"},
    {.text =
         "set the kubelet's clusterDomain to the zone that {dns} serves, restart the kubelet, and recreate "
         "the Pods",
     .undo = "the old value"},
    {.text = "or let {dns} serve both zones: name both on the kubernetes line of the Corefile",
     .undo = "apply the old ConfigMap"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe kubernetes.default.svc.cluster.local --no-search",
    "kubectl -n {ns} get configmap {cm} -o yaml",
    NULL,
};

static const char *const explains[] = {
    "name-not-found", "resolver-differs",     "replica-refused", "coredns-errors",
    "srv-failing",    "failures-unexplained", "lookup-slow",     NULL,
};

const struct rule rule_cluster_domain_wrong = {
    .id = "cluster-domain-wrong",
    .title = "{dns} does not serve the cluster domain of resolv.conf",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "{dns} serves the cluster domain of resolv.conf",
    .cause = "The kubelet writes one cluster domain into resolv.conf, and {dns}'s kubernetes plugin serves "
             "another: no Service is found by its short name.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
