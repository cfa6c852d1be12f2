/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../log_evidence.h"
#include <inttypes.h>
#include <k8sdns/diag/rule.h>

/* A Corefile whose upstream is CoreDNS itself. */
static void by_corefile(const struct rule *rule, struct diagnosis *d)
{
    const struct corefile_facts *corefile = d->facts->corefile;
    struct finding *finding = NULL;

    for (size_t i = 0; corefile && i < corefile->remarks_count; i++) {
        const struct corefile_remark_facts *remark = &corefile->remarks[i];

        if (remark->matter != MATTER_FORWARD_LOOP)
            continue;
        if (!finding)
            finding = finding_new(d, rule, corefile->source);
        finding_evidence(d, finding, "line %" PRIu64 " of the Corefile%s%s%s %s", remark->line,
                         remark->block ? " (" : "", remark->block ? remark->block : "",
                         remark->block ? ")" : "", remark->text);
    }
}

/* With loop CoreDNS would not be there to answer; without it only the file that it forwards to can tell. */
static bool may_hide(const struct diagnosis *d)
{
    const struct corefile_facts *corefile = d->facts->corefile;

    if (!corefile || !corefile->resolv_conf_unseen)
        return false;
    for (size_t i = 0; i < corefile->remarks_count; i++)
        if (corefile->remarks[i].matter == MATTER_LOOP)
            return true;
    return !d->heard_count;
}

/* The loop plugin's last word, or its probe, which comes back. */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    const struct logs_facts *logs = d->facts->logs;
    struct finding *finding;

    if (!logs || !(logs->loop.detected || logs->loop.repeated))
        return;
    finding = finding_new(d, rule, "CoreDNS's log");
    if (logs->loop.detected) {
        finding_evidence(d, finding, "the loop plugin found a loop and ended CoreDNS, %" PRIu64 " times",
                         logs->loop.detected);
    } else {
        /* A probe that another replica sees may have come by the upstream as it should not, or by the
         * ClusterIP. */
        finding->severity = SEVERITY_WARNING;
        finding->confidence = CONFIDENCE_LIKELY;
        finding_evidence(d, finding,
                         "%" PRIu64 " of %" PRIu64 " probes of the loop plugin came back to CoreDNS",
                         logs->loop.repeated, logs->loop.probes);
    }
    if (logs->loop.example)
        finding_evidence(d, finding, "%s", logs->loop.example);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    size_t before = d->findings_count;

    by_corefile(rule, d);
    by_logs(rule, d);
    if (d->findings_count == before && may_hide(d))
        rule_unknown(d,
                     "the resolv.conf that CoreDNS forwards to; on the node: k8sdns corefile --resolv-conf "
                     "/etc/resolv.conf COREFILE");
}

static const char *const remedies[] = {
    "see which file CoreDNS forwards to, and what it says: kubectl -n kube-system get cm coredns -o yaml; on the "
    "node: cat /etc/resolv.conf",
    "with systemd-resolved on the node (127.0.0.53), give the kubelet the real file: resolvConf: "
    "/run/systemd/resolve/resolv.conf in its configuration, then restart CoreDNS; back: take the line away",
    "or name the upstreams in the Corefile: forward . UPSTREAM_IP; back: kubectl -n kube-system rollout undo, or "
    "the ConfigMap as it was",
    NULL,
};

static const char *const checks[] = {
    "k8sdns corefile --resolv-conf /etc/resolv.conf COREFILE",
    "kubectl -n kube-system logs -l k8s-app=kube-dns --previous | grep -i loop",
    NULL,
};

static const char *const explains[] = {
    "coredns-panic",   "upstream-failing",    "coredns-cpu",
    "coredns-errors",  "replica-refused",     "replica-slow",
    "all-unreachable", "replica-unreachable", NULL,
};

const struct rule rule_forward_loop = {
    .id = "forward-loop",
    .title = "CoreDNS forwards to itself",
    .severity = SEVERITY_CRITICAL,
    .needs_any = NEED_COREFILE | NEED_LOGS,
    .healthy = "CoreDNS forwards to others than itself",
    .cause =
        "A query that CoreDNS sends to its upstream comes back to CoreDNS, and is sent again. The loop plugin "
        "ends CoreDNS when it sees that (CrashLoopBackOff); without it CPU and memory go, and outside names fail.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
