/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../replica_metrics.h"
#include "../server.h"
#include <inttypes.h>

/* It does not answer. */
static void by_silence(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        struct finding *finding;

        if (server->target->role != TARGET_NODE_LOCAL || !server->silent || !d->heard_count)
            continue;
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding_evidence(d, finding, "%" PRIu64 " questions to %s, no answer, while %zu other servers answer",
                         server->asked + server->sent, server->target->id, d->heard_count);
    }
}

/* It counts what it could not put up: its address, or the rules that lead to it. */
static void by_setup(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        if (!metrics_grew(m->setup_errors_total))
            continue;
        finding = metrics_finding(d, rule, finding, m);
        finding->title = "the node-local DNS cache cannot set itself up";
        finding->severity = SEVERITY_WARNING;
        finding_evidence(d, finding,
                         "%s could not put up its address or its rules %" PRIu64 " times since it began",
                         m->source, m->setup_errors_total);
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->matrix)
        by_silence(rule, d);
    else
        rule_unknown(d, "answers of the servers; name one with --cluster-ip or --replica");
    by_setup(rule, d);
}

static const char *const remedies[] = {
    "see its Pod on this node: kubectl -n kube-system get pods -l k8s-app=node-local-dns -o wide",
    "restart it: kubectl -n kube-system delete pod POD",
    "let Pods ask CoreDNS meanwhile: the kubelet's clusterDNS set to the ClusterIP, and Pods "
    "restarted; back: as it was",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system logs -l k8s-app=node-local-dns --tail=50",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    NULL,
};

const struct rule rule_nodelocal_down = {
    .id = "nodelocal-down",
    .title = "the node-local DNS cache does not answer",
    .severity = SEVERITY_CRITICAL,
    .needs_any = NEED_MATRIX | NEED_METRICS,
    .cause = "The Pod asks the cache on its own node, which is down, while CoreDNS behind it "
             "answers: every lookup on this node fails.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
