/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/diag/rule.h>
#include <string.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct kube_facts *kube = d->facts->kube;
    const char *recent = NULL;
    struct finding *finding;

    for (size_t i = 0; i < kube->pods_count; i++) {
        const struct kube_pod_facts *pod = &kube->pods[i];

        recent = NULL;
        for (size_t k = 0; k < kube->changes_count; k++)
            if (strstr(kube->changes[k].what, pod->name) && strcmp(kube->changes[k].how, "ended") == 0 &&
                kube->changes[k].age_s <= d->thresholds->recent_minutes * 60)
                recent = kube->changes[k].time;
        if (!pod->restarts || !recent)
            continue;
        finding = finding_new(d, rule, pod->name);
        finding_evidence(d, finding, "%s has restarted %" PRIu64 " times, last at %s (%s)", pod->name,
                         pod->restarts, recent, pod->last_end ? pod->last_end : "no reason given");
    }
}

static const char *const remedies[] = {
    "read why: kubectl -n kube-system logs POD --previous; kubectl -n kube-system describe pod POD",
    "after OOMKilled raise the memory limit: kubectl -n kube-system set resources deployment coredns "
    "--limits=memory=512Mi; back: kubectl -n kube-system rollout undo deployment coredns",
    "update CoreDNS to a current version; back: kubectl -n kube-system rollout undo deployment "
    "coredns",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide",
    NULL,
};

static const char *const explains[] = {
    "replica-unreachable", "replica-refused", "clusterip-lossy", "path-lossy", "apiserver-disconnected", NULL,
};

const struct rule rule_coredns_panic = {
    .id = "coredns-panic",
    .title = "CoreDNS restarts",
    .severity = SEVERITY_WARNING,
    .needs = NEED_KUBE,
    .healthy = "no CoreDNS Pod restarted lately",
    .cause = "A replica that ends takes with it what it was asked, and until its endpoint is gone "
             "queries still go there. Old versions panic when the API server is away; a low memory "
             "limit ends in OOMKilled.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
