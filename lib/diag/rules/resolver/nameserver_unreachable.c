/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of several nameservers of resolv.conf is silent, closed or refuses, while another answers. */
#include "../../application.h"
#include "../../evidence/answer/refusal.h"
#include "../../evidence/pods.h"
#include "../../evidence/resolver/nameserver.h"
#include "../../evidence/server.h"
#include <inttypes.h>

/* What this machine or a rule keeps back has findings of its own. */
static bool is_silent(const struct server *server)
{
    return server->silent && server->place == PLACE_NETWORK && !server->own_errors && !server->filtered &&
           !server->unreachable[UNREACHABLE_PORT];
}

#define TEST_ALONE                                                                       \
    {                                                                                    \
        .text = "test it alone", .command = "k8sdns probe @{address} kubernetes.default" \
    }
#define SEE_WHO                                                                                        \
    {                                                                                                  \
        .text = "see who wrote it into resolv.conf: the Pod's dnsConfig, or the kubelet's clusterDNS", \
        .command = "kubectl get pod {self} -o jsonpath='{.spec.dnsPolicy} {.spec.dnsConfig}'"          \
    }

/* A server that is there and says no, or whose port is closed: nobody waits for it. */
static void tell_refusal(struct diagnosis *d, struct finding *finding, const struct server *server,
                         const struct refusals *refusals)
{
    static const struct step no_steps[] = {
        TEST_ALONE,
        SEE_WHO,
        {.text = "take it out of resolv.conf there, or let that server answer for cluster names",
         .undo = "the list as before"},
        {0},
    };
    bool may_be_cluster = server->target->role == TARGET_CLUSTER_IP;

    if (refusals->kind == REFUSAL_CLOSED) {
        finding->title = "nothing listens on port 53 of a nameserver of resolv.conf";
        finding->cause =
            "resolv.conf names several servers, and the port of one of them is closed. A resolver "
            "that asks it goes on to the next one at once.";
        finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " queries to %s brought %s",
                         server->unreachable[UNREACHABLE_PORT], server->asked + server->sent,
                         server->target->id, server->unreachable_detail);
    } else {
        bool said = refusals->kind == REFUSAL_SAID;
        const char *rcode = said ? "REFUSED" : refusals->rcode;

        finding->title = arena_printf(d->arena, "a nameserver of resolv.conf answers %s", rcode);
        finding->cause =
            said
                ? "resolv.conf names several servers, and one of them refuses: it has an access list, or does "
                  "not serve these names. Most resolvers ask the next one at once, some fail."
                : "resolv.conf names several servers, and one of them does not understand the queries. Some "
                  "resolvers ask the next one at once, some fail.";
        finding_evidence(
            d, finding, "%" PRIu64 " of %" PRIu64 " queries to %s for cluster names were answered %s",
            said ? refusals->refused : refusals->form, refusals->asked, server->target->id, rcode);
    }
    finding_concerns(finding, refusals->kind == REFUSAL_CLOSED ? CONCERNS_SILENCE
                                                               : CONCERNS_REFUSAL | refusals->types);
    finding_steps(d, finding, no_steps);
    if (!may_be_cluster)
        return;
    if (refusals->kind == REFUSAL_CLOSED)
        finding_step(d, finding,
                     "if it is the ClusterIP of the cluster DNS: see whether its Service has endpoints",
                     "kubectl -n {ns} get endpointslices -l kubernetes.io/service-name={svc}", NULL);
    else
        finding_step(d, finding,
                     "if it is the ClusterIP of the cluster DNS: read its acl plugin and its zones",
                     "kubectl -n {ns} get configmap {cm} -o yaml", NULL);
}

/* A program that its resolver does not lead to the next server is worse off than one that waits. */
static bool any_lookup_fails(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->lookups_count; i++)
        if (d->lookups[i].exists && !d->lookups[i].found)
            return true;
    return false;
}

static void tell_place(struct diagnosis *d, struct finding *finding, const struct server *server, bool waits,
                       int status)
{
    const struct resolver_view *view = resolver_followed(d->facts);
    size_t place = nameserver_place(d, server);

    if (place != 1) {
        finding_evidence(
            d, finding,
            "it is number %zu of %zu: queries go there when one before it is silent, or with rotate", place,
            view->nameservers_count);
        return;
    }
    if (waits)
        finding_evidence(d, finding, "it is the first of %zu: glibc and Go time out on it in each query",
                         view->nameservers_count);
    application_tell_first(d, finding, server->target, status);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        struct refusals refusals = {.kind = REFUSAL_NONE};
        bool waits = is_silent(server);
        struct finding *finding;

        if (!nameserver_has_other(d, server))
            continue;
        if (!waits)
            refusals = refusals_of(d, server);
        /* What does not know EDNS alone is told of where any server is. */
        if (!waits && (refusals.kind == REFUSAL_NONE || refusals.kind == REFUSAL_EDNS))
            continue;
        finding = finding_new(d, rule, arena_printf(d->arena, "nameserver %s", server->target->id));
        finding_about(d, finding, server->target->id);
        if (waits)
            finding_evidence(d, finding,
                             "%" PRIu64 " queries to %s got no answer; another nameserver answers",
                             server->asked + server->sent, server->target->id);
        else
            tell_refusal(d, finding, server, &refusals);
        server_tell_tcp(d, finding, server);
        tell_place(d, finding, server, waits,
                   waits                             ? PROBE_TIMEOUT
                   : refusals.kind == REFUSAL_CLOSED ? PROBE_UNREACHABLE
                   : refusals.kind == REFUSAL_SAID   ? PROBE_REFUSED
                                                     : PROBE_FORMERR);
        if (!waits &&
            ((nameserver_place(d, server) == 1 && any_lookup_fails(d)) ||
             (server->target->role == TARGET_CLUSTER_IP && !nameserver_other_knows_cluster(d, server))))
            finding->severity = SEVERITY_CRITICAL;
    }
}

static const struct step steps[] = {
    TEST_ALONE,
    SEE_WHO,
    {.text = "take it out of resolv.conf there, or let it answer", .undo = "the list as before"},
    {0},
};

static const char *const checks[] = {
    "k8sdns resolv",
    "k8sdns lookup --as all kubernetes.default",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",      "clusterip-lossy",      "path-lossy",
    "resolver-differs", "upstream-failing",     "replica-inconsistent",
    "tcp-blocked",      "cluster-domain-wrong", NULL,
};

const struct rule rule_nameserver_unreachable = {
    .id = "nameserver-unreachable",
    .title = "a nameserver of resolv.conf does not answer",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX | NEED_RESOLV,
    .healthy = "each nameserver of resolv.conf answers",
    .cause =
        "resolv.conf names several servers, and one of them is silent. glibc and Go ask them one after "
        "another and wait 5 s for each that is silent; musl asks all at once. One whose port is closed, or "
        "that refuses, costs no wait: most resolvers ask the next one at once.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
