/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>
#include <string.h>

/* Questions for A of the sampling that a server lost: over TCP just that is asked. */
static bool loses(const struct server *server)
{
    for (size_t i = 0; server->sampled && i < server->sampled->types_count; i++)
        if (strcmp(server->sampled->types[i].type, "A") == 0 && server->sampled->types[i].lost)
            return true;
    return false;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *tcp = d->facts->tcp;
    struct finding *finding = NULL;
    bool lossy = false;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        const char *how = NULL;

        for (size_t k = 0; k < tcp->probes_count; k++) {
            const struct probe_facts *p = &tcp->probes[k];

            if (strcmp(p->target, server->target->id) == 0)
                how = probe_is_heard(p) ? NULL : probe_status_words[p->status];
        }
        /* One question to the ClusterIP may just have gone to a replica that is silent in everything. */
        if (!how || server->silent ||
            (server->target->role == TARGET_CLUSTER_IP && d->replicas_heard < d->replicas_count))
            continue;
        if (loses(server)) {
            lossy = true; /* one question that was lost may be a loss like the others */
            continue;
        }
        finding = server_finding(d, rule, finding, server);
        finding_evidence(d, finding, "%s answers over UDP, and not over TCP (%s)", server->target->id, how);
    }
    if (!finding && lossy)
        rule_unknown(d, "a server that loses questions over UDP lost one over TCP, which may be no more than "
                        "that; k8sdns probe kubernetes.default --tcp --tries 5 tells");
}

static const char *const remedies[] = {
    "allow TCP 53 as well as UDP: NetworkPolicies, security groups, kube-proxy's rules for the "
    "Service",
    "see that the Service has the port dns-tcp: kubectl -n kube-system get service kube-dns -o yaml",
    NULL,
};

static const char *const checks[] = {
    "k8sdns probe kubernetes.default --tcp",
    NULL,
};

const struct rule rule_tcp_blocked = {
    .id = "tcp-blocked",
    .title = "DNS over TCP does not work",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_TCP,
    .healthy = "DNS over TCP works",
    .cause = "Answers that do not fit a datagram are asked for again over TCP, as are all answers of "
             "servers that limit their rate. A rule that forgets TCP 53 makes just these names fail.",
    .remedies = remedies,
    .checks = checks,
    .eval = eval,
};
