/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/diag/rule.h>
#include <math.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    uint64_t replicas = kube->available != SHAPE_UNSET ? kube->available : kube->pods_count;
    struct finding *finding;

    if (kube->nodes == SHAPE_UNSET || !replicas) {
        rule_unknown(
            d,
            "the number of nodes is not known; let kubectl get nodes,pods -A -o json be piped to --endpoints -");
        return;
    }
    if ((double)kube->nodes / (double)replicas <= d->thresholds->nodes_per_replica &&
        (replicas > 1 || kube->nodes < 2))
        return;
    finding = finding_new(d, rule, "CoreDNS");
    /* Few replicas are a risk, not yet a fault. */
    finding->severity = SEVERITY_INFO;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_evidence(d, finding, "%" PRIu64 " replicas for %" PRIu64 " nodes", replicas, kube->nodes);
    for (size_t i = 0; i < kube->pods_count; i++)
        if (kube->pods[i].cpu_limit) {
            finding_evidence(d, finding, "each has a CPU limit of %s", kube->pods[i].cpu_limit);
            break;
        }
}

static const char *const remedies[] = {
    "add replicas: kubectl -n kube-system scale deployment coredns --replicas=N, one for each 8 to "
    "16 nodes, never one alone; back: the number that it had",
    "take the CPU limit away, and leave the request: kubectl -n kube-system set resources deployment "
    "coredns --limits=cpu=0; back: kubectl -n kube-system rollout undo deployment coredns",
    "run NodeLocal DNSCache, which takes most of the load; back: delete its DaemonSet",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system top pods -l k8s-app=kube-dns",
    NULL,
};

static const char *const explains[] = {
    "replica-slow", "path-lossy", "clusterip-lossy", "coredns-errors", NULL,
};

const struct rule rule_coredns_cpu = {
    .id = "coredns-cpu",
    .title = "CoreDNS has too little CPU or too few replicas",
    .severity = SEVERITY_WARNING,
    .needs = NEED_KUBE,
    .healthy = "CoreDNS has replicas enough for the nodes",
    .cause = "One core answers some ten thousand queries a second. With a CPU limit, or more load "
             "than that, queries wait in the queue and then are lost: slow and failing at peak, over "
             "the whole cluster.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
