/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../application.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

/* Queries for names that CoreDNS answers itself: what is refused of others is an upstream's refusal. */
struct refusals {
    uint64_t asked, heard, refused;
    unsigned types; /* of the refused (CONCERNS_A, CONCERNS_AAAA) */
};

static struct refusals refusals_of(const struct diagnosis *d, const struct server *server)
{
    struct refusals r = {0};

    for (size_t i = 0; i < d->facts->matrix->probes_count; i++) {
        const struct probe_facts *p = &d->facts->matrix->probes[i];

        if (p->transport != TRANSPORT_UDP || strcmp(p->target, server->target->id) != 0 ||
            !is_cluster_query(d, p))
            continue;
        r.asked++;
        r.heard += probe_is_heard(p);
        if (p->status != PROBE_REFUSED)
            continue;
        r.refused++;
        r.types |= concern_of_type(p->type);
    }
    return r;
}

#define SILENCE "all-unreachable"

/* Where nothing was heard from any server this is how they are silent, and no fault of its own. */
static const char *silence_of_all(const struct diagnosis *d)
{
    for (size_t i = 0; !d->heard_count && i < d->findings_count; i++)
        if (d->findings[i].severity == SEVERITY_CRITICAL && strcmp(d->findings[i].id, SILENCE) == 0)
            return d->findings[i].id;
    return NULL;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    size_t replicas = 0, closed_count = 0, refused_count = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        struct refusals refusals = refusals_of(d, server);
        bool closed = server->silent && server->unreachable[UNREACHABLE_PORT] > 0 &&
                      !server_rejected_by(d, server),
             says_no = refusals.refused * 2 > refusals.heard;

        if (closed || refusals.refused)
            rule_doubts(d);
        /* A ClusterIP listens nowhere: what refuses there are rules; and a node-local cache has a finding of
         * its own. */
        if ((!closed && !says_no) ||
            (closed && server->target->role == TARGET_CLUSTER_IP && d->replicas_heard) ||
            (closed && (server->target->role == TARGET_NODE_LOCAL || server->place == PLACE_SELF ||
                        server->place == PLACE_STUB)))
            continue;
        finding = server_finding(d, rule, finding, server);
        replicas += server->target->role == TARGET_REPLICA;
        closed_count += closed;
        refused_count += !closed;
        if (closed) {
            finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " queries to %s brought %s",
                             server->unreachable[UNREACHABLE_PORT], server->asked + server->sent,
                             server->target->id, server->unreachable_detail);
            server_tell_tcp(d, finding, server);
        } else {
            finding_evidence(d, finding,
                             "%" PRIu64 " of %" PRIu64
                             " queries to %s for cluster names were answered REFUSED",
                             refusals.refused, refusals.asked, server->target->id);
        }
        finding_concerns(finding,
                         CONCERNS_UDP | (closed ? CONCERNS_SILENCE : CONCERNS_REFUSAL | refusals.types));
        application_tell_first(d, finding, server->target, closed ? PROBE_UNREACHABLE : PROBE_REFUSED);
    }
    if (finding)
        finding->consequence = silence_of_all(d);
    if (finding && !refused_count)
        finding->title = "nothing listens on port 53 of a server";
    else if (finding && !closed_count)
        finding->title = "a server answers REFUSED";
    if (replicas && d->replicas_count > 1)
        finding_evidence(d, finding, "%zu of %zu replicas: about that share of all queries fails", replicas,
                         d->replicas_count);
}

static const struct step steps[] = {
    {.text = "look at the Pod", .command = "kubectl -n {ns} describe pod {pod}"},
    {.text = "read its log", .command = "kubectl -n {ns} logs {pod}{c} --tail=200"},
    {.text = "for REFUSED: read its acl plugin and its zones",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml"},
    {.text = "replace the Pod; its Deployment makes a new one",
     .command = "kubectl -n {ns} delete pod {pod}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get pods -l {sel} -o wide",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",  "path-lossy",       "coredns-errors", "tcp-blocked", "replica-inconsistent",
    "upstream-failing", "resolver-differs", "lookup-slow",    NULL,
};

const struct rule rule_replica_refused = {
    .id = "replica-refused",
    .title = "a server refuses queries",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX,
    .healthy = "no server refuses queries",
    .cause = "Port unreachable means that nothing listens there: {dns} ended, or listens "
             "elsewhere. REFUSED is an access list (the acl plugin), or a zone that the server does "
             "not serve.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
