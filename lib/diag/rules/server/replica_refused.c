/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../application.h"
#include "../../evidence/answer/refusal.h"
#include "../../evidence/resolver/nameserver.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

#define SILENCE "all-unreachable"

/* Where nothing was heard from any server this is how they are silent, and no fault of its own. */
static const char *silence_of_all(const struct diagnosis *d)
{
    for (size_t i = 0; !d->heard_count && i < d->findings_count; i++)
        if (d->findings[i].severity == SEVERITY_CRITICAL && strcmp(d->findings[i].id, SILENCE) == 0)
            return d->findings[i].id;
    return NULL;
}

/* A ClusterIP listens nowhere: what refuses there are rules; and a node-local cache has a finding of its own.
 */
static bool is_told_elsewhere(const struct diagnosis *d, const struct server *server, enum refusal_kind kind)
{
    if (kind == REFUSAL_NONE || (kind != REFUSAL_EDNS && nameserver_has_other(d, server)))
        return true;
    return kind == REFUSAL_CLOSED && ((server->target->role == TARGET_CLUSTER_IP && d->replicas_heard) ||
                                      server->target->role == TARGET_NODE_LOCAL ||
                                      server->place == PLACE_SELF || server->place == PLACE_STUB);
}

/* A ClusterIP or a cache passes on what its replicas do, which are told of. */
static bool is_passed_on(const struct diagnosis *d, const struct server *server, enum refusal_kind kind)
{
    for (size_t i = 0; server_passes_on(server) && i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA && refusals_of(d, &d->servers[i]).kind == kind)
            return kind == REFUSAL_FORM || kind == REFUSAL_EDNS;
    return false;
}

static void tell(struct diagnosis *d, struct finding *finding, const struct server *server,
                 const struct refusals *r)
{
    const char *id = server->target->id;
    int status = r->kind == REFUSAL_CLOSED ? PROBE_UNREACHABLE
                 : r->kind == REFUSAL_SAID ? PROBE_REFUSED
                 : r->rcode[0] == 'N'      ? PROBE_NOTIMP
                                           : PROBE_FORMERR;

    if (r->kind == REFUSAL_CLOSED) {
        finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " queries to %s brought %s",
                         server->unreachable[UNREACHABLE_PORT], server->asked + server->sent, id,
                         server->unreachable_detail);
        server_tell_tcp(d, finding, server);
    } else if (r->kind == REFUSAL_SAID) {
        finding_evidence(d, finding,
                         "%" PRIu64 " of %" PRIu64 " queries to %s for cluster names were answered REFUSED",
                         r->refused, r->asked, id);
    } else {
        finding_evidence(d, finding,
                         "%" PRIu64 " of %" PRIu64 " queries to %s for cluster names were answered %s",
                         r->form, r->asked, id, r->rcode);
        if (r->kind == REFUSAL_EDNS)
            finding_evidence(d, finding, "these had EDNS; without EDNS %s answers", id);
        else if (r->form_without)
            finding_evidence(d, finding, "without EDNS %s answers the same", id);
    }
    finding_concerns(
        finding, CONCERNS_UDP | (r->kind == REFUSAL_CLOSED ? CONCERNS_SILENCE : CONCERNS_REFUSAL | r->types));
    if (r->kind != REFUSAL_EDNS)
        application_tell_first(d, finding, server->target, status);
}

/* Where all of them refuse in one way, the words are those of that way. */
static void word(struct diagnosis *d, struct finding *finding, unsigned kinds, const char *rcode)
{
    static const struct step form_steps[] = {
        {.text = "ask it without EDNS", .command = "k8sdns probe @{address} kubernetes.default"},
        {.text = "and with EDNS", .command = "k8sdns probe @{address} kubernetes.default --bufsize 1232"},
        {.text = "see what answers at {address}: another DNS server, a proxy or firewall before it, or a "
                 "template of the Corefile with that rcode"},
        {0},
    };

    if (kinds == 1U << REFUSAL_CLOSED)
        finding->title = "nothing listens on port 53 of a server";
    else if (kinds == 1U << REFUSAL_SAID)
        finding->title = "a server answers REFUSED";
    if (kinds & ~(1U << REFUSAL_FORM | 1U << REFUSAL_EDNS))
        return;
    finding_steps(d, finding, form_steps);
    if (kinds == 1U << REFUSAL_EDNS) {
        finding->severity = SEVERITY_WARNING; /* many programs ask without EDNS, or once more without it */
        finding->title = arena_printf(d->arena, "a server answers %s to queries with EDNS", rcode);
        finding->cause =
            "The server, or a proxy or firewall before it, does not know EDNS (RFC 6891). Programs "
            "that ask with EDNS, and not once more without it, get an error; the others an answer.";
    } else {
        finding->title = arena_printf(d->arena, "a server answers %s to every query", rcode);
        finding->cause =
            "FORMERR means that a server cannot read the query, NOTIMP that it does not know that kind of query. "
            "A server that says so to every query is broken, or is no DNS server for these queries.";
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    size_t replicas = 0;
    unsigned kinds = 0;
    const char *rcode = NULL;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        const struct refusals refusals = refusals_of(d, server);

        if (refusals.kind != REFUSAL_NONE || refusals.refused)
            rule_doubts(d);
        if (is_told_elsewhere(d, server, refusals.kind) || is_passed_on(d, server, refusals.kind))
            continue;
        finding = server_finding(d, rule, finding, server);
        replicas += server->target->role == TARGET_REPLICA && refusals.kind != REFUSAL_EDNS;
        kinds |= 1U << refusals.kind;
        rcode = rcode ? rcode : refusals.rcode;
        tell(d, finding, server, &refusals);
    }
    if (!finding)
        return;
    finding->consequence = silence_of_all(d);
    word(d, finding, kinds, rcode);
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
