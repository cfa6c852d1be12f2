/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../application.h"
#include "../../evidence/answer/truncation.h"
#include "../../evidence/cluster/policy.h"
#include "../../evidence/server.h"
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

/* A name whose answer does not fit UDP, and TCP without an answer. */
static int too_large(void *user, size_t server, const char *name, uint16_t type, int transport)
{
    (void)user, (void)server, (void)name, (void)type;
    return transport == TRANSPORT_TCP ? PROBE_TIMEOUT : PROBE_TRUNCATED;
}

/* The same, and TCP works. */
static int whole_over_tcp(void *user, size_t server, const char *name, uint16_t type, int transport)
{
    (void)user, (void)server, (void)name, (void)type;
    return transport == TRANSPORT_TCP ? PROBE_ANSWER : PROBE_TRUNCATED;
}

/* Which programs that concerns. */
static void tell_programs(struct diagnosis *d, struct finding *finding)
{
    static const struct lookup_stage now = {too_large, NULL}, after = {whole_over_tcp, NULL};
    const char *text = application_staged(d, "large.example.", &now);

    if (text)
        finding_evidence(d, finding, "a name whose answer is too large for UDP: %s", text);
    text = application_staged(d, "large.example.", &after);
    if (text)
        finding_evidence(d, finding, "the same where TCP works: %s", text);
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
                how = probe_is_heard(p) ? NULL : probe_status_names[p->status];
        }
        /* One question to the ClusterIP may just have gone to a replica that is silent in everything. */
        if (how)
            rule_doubts(d);
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
    if (finding) {
        truncation_weigh(d, finding);
        (void)policies_tell(d, rule, finding, true);
        tell_programs(d, finding);
    }
    if (!finding && lossy)
        rule_unknown(d, "a server that loses queries over UDP lost one over TCP, which may be no more than "
                        "that; k8sdns probe kubernetes.default --tcp --tries 5");
}

static const struct step steps[] = {
    {.text = "allow TCP 53 as well as UDP 53 in NetworkPolicies and security groups",
     .command = "kubectl get networkpolicy --all-namespaces"},
    {.text = "see whether the Service has a TCP port",
     .command = "kubectl -n {ns} get service {svc} -o yaml"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe kubernetes.default --tcp",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",
    NULL,
};

const struct rule rule_tcp_blocked = {
    .id = "tcp-blocked",
    .title = "DNS over TCP does not work",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_TCP,
    .healthy = "DNS over TCP works",
    .cause = "An answer that does not fit a UDP datagram is asked for again over TCP. When TCP 53 is "
             "blocked, only names with large answers fail. Some programs never use TCP and fail on them in "
             "any case: musl before 1.2.4, Netty unless it is told to, HAProxy, inet_res of Erlang.",
    .steps = steps,
    .checks = checks,
    .concerns = CONCERNS_TCP,
    .explains = explains,
    .eval = eval,
};
