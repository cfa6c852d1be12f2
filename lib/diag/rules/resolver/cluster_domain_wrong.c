/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv.conf searches a cluster domain that CoreDNS does not serve: kubernetes.default cannot be missing. */
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

static const char *own_name(const struct facts *facts)
{
    for (size_t i = 0; i < facts->names_count; i++)
        if (facts->names[i].kind == NAME_OWN)
            return facts->names[i].name;
    return NULL;
}

/* The same Service under the domain that is served, when it was found. */
static const char *found_name(const struct facts *facts, const char *own)
{
    const struct matrix_facts *other = facts->name_suggestions;

    for (size_t i = 0; other && i < other->probes_count; i++)
        if (strcmp(other->probes[i].name, own) == 0 && other->probes[i].status == PROBE_ANSWER)
            return other->probes[i].candidate;
    return NULL;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    const char *domain = matrix->cluster_domain, *own = own_name(d->facts), *found;
    uint64_t missing = 0, refused = 0, others = 0;
    struct finding *finding;

    for (size_t i = 0; domain && own && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->name, own) != 0 || (!probe_is_heard(p) && is_silent_server(d, p->target)))
            continue;
        /* REFUSED: no server block is for the zone, nor for the root. */
        missing += p->status == PROBE_NXDOMAIN || p->status == PROBE_REFUSED;
        refused += p->status == PROBE_REFUSED;
        others += p->status != PROBE_NXDOMAIN && p->status != PROBE_REFUSED;
    }
    found = own ? found_name(d->facts, own) : NULL;
    /* What is refused may be an access list, unless the other domain is served. */
    if (!missing || others || (!found && refused))
        return;
    finding = finding_new(d, rule, domain);
    finding->confidence = found ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    finding_evidence(d, finding,
                     "kubernetes.default.svc.%s, which every cluster has, does not exist: %" PRIu64
                     " of %" PRIu64 " answers",
                     domain, missing, missing);
    if (found)
        finding_evidence(d, finding, "%s does exist: that is the domain CoreDNS serves", found);
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
    "name-not-found", "resolver-differs", "replica-refused", "failures-unexplained", "lookup-slow", NULL,
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
