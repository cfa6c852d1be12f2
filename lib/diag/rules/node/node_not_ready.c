/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/pods.h"
#include <k8sdns/diag/rule.h>
#include <string.h>

/* CoreDNS's Pods on a node. */
static size_t pods_on(struct diagnosis *d, const char *node, const char ***ret_names)
{
    const struct kube_facts *kube = d->facts->kube;
    size_t count = 0;

    *ret_names = NULL;
    for (size_t i = 0; i < kube->pods_count; i++)
        if (kube->pods[i].node && strcmp(kube->pods[i].node, node) == 0)
            *ARENA_PUSH(d->arena, *ret_names, count) = kube->pods[i].name;
    return count;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    const char *own = d->facts->host.node;
    const struct kube_event_facts *event = pods_event(d, KUBE_EVENT_NODE);

    if (kube->nodes == SHAPE_UNSET && event) {
        struct finding *finding =
            finding_new(d, rule, arena_printf(d->arena, "the node of %s", event->object));

        finding->confidence = CONFIDENCE_LIKELY;
        finding_about_pod(d, finding, event->object);
        finding_evidence(d, finding, "%s", pods_event_text(d, event));
        return;
    }
    if (kube->nodes == SHAPE_UNSET) {
        rule_unknown(d, "the nodes are not known; kubectl get nodes,pods -A -o json | {k8sdns} diagnose "
                        "--endpoints -");
        return;
    }
    for (size_t i = 0; i < kube->nodes_not_ready_count; i++) {
        const char *node = kube->nodes_not_ready[i], **pods;
        size_t pods_count = pods_on(d, node, &pods);
        bool mine = own && strcmp(own, node) == 0;
        struct finding *finding;

        if (!pods_count && !mine)
            continue; /* its trouble is none of DNS */
        finding = finding_new(d, rule, node);
        finding->confidence = CONFIDENCE_LIKELY;
        finding_evidence(d, finding, "Kubernetes says that node %s is not ready", node);
        if (pods_count)
            finding_evidence(d, finding, "on it: %s", arena_join(d->arena, pods, pods_count, ", "));
        if (mine)
            finding_evidence(d, finding, "it is the node of this Pod");
        for (size_t k = 0; k < pods_count && !mine; k++)
            finding_about_pod(d, finding, pods[k]);
    }
}

static const struct step steps[] = {
    {.text = "read its conditions and events", .command = "kubectl describe node {node}"},
    {.text = "on the node: read the kubelet's log", .command = "journalctl -u kubelet --since -15min"},
    {.text = "keep new Pods off the node",
     .command = "kubectl cordon {node}",
     .undo = "kubectl uncordon {node}"},
    {.text = "only if the node is really down: let {dns} start elsewhere at once",
     .command = "kubectl -n {ns} delete pod {pod} --force"},
    {0},
};

static const char *const checks[] = {
    "kubectl get nodes -o wide",
    "kubectl -n {ns} get pods -l {sel} -o wide",
    NULL,
};

static const char *const explains[] = {
    "replica-unreachable",    "replica-refused", "replica-slow",   "clusterip-lossy", "path-lossy",
    "coredns-panic",          "tcp-blocked",     "coredns-errors", "all-unreachable", "nodelocal-down",
    "apiserver-disconnected", "lookup-slow",     "clusterip-slow", "answers-slow",    NULL,
};

const struct rule rule_node_not_ready = {
    .id = "node-not-ready",
    .title = "a node with a {dns} Pod is not ready",
    .severity = SEVERITY_WARNING,
    .needs = NEED_KUBE,
    .healthy = "the nodes with {dns} Pods are ready",
    .cause = "The node no longer reports: it is down, cut off, or its kubelet hangs. Until Kubernetes "
             "removes its Pods from the Service, after 40 seconds or more, queries still go there.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
