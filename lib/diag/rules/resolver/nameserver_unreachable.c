/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One of several nameservers of resolv.conf is silent, while another answers. */
#include "../../application.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

/* Its place in the list as the resolver reads it, from 1; 0: it is not there. */
static size_t place_in(const struct resolver_view *view, const struct server *server)
{
    for (size_t i = 0; i < view->nameservers_count; i++)
        if (strcmp(view->nameservers[i], server->target->address) == 0)
            return i + 1;
    return 0;
}

/* A cache, a stub, a ClusterIP before live replicas and what this machine or a rule keeps back have findings
 * of their own. */
static bool is_candidate(const struct diagnosis *d, const struct server *server)
{
    return server->silent && (server->target->role != TARGET_CLUSTER_IP || !d->replicas_heard) &&
           server->place == PLACE_NETWORK && server->target->role != TARGET_NODE_LOCAL &&
           server->target->role != TARGET_REPLICA && !server->own_errors && !server->filtered &&
           !server->unreachable[UNREACHABLE_PORT];
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct resolver_view *view = resolver_followed(d->facts);
    bool any_heard = false;

    for (size_t i = 0; view && i < d->servers_count; i++)
        any_heard = any_heard || (!d->servers[i].silent && place_in(view, &d->servers[i]));
    if (!any_heard)
        return;
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        size_t place = place_in(view, server);
        struct finding *finding;

        if (!place || !is_candidate(d, server))
            continue;
        finding = finding_new(d, rule, arena_printf(d->arena, "nameserver %s", server->target->id));
        finding_about(d, finding, server->target->id);
        finding_evidence(d, finding, "%" PRIu64 " queries to %s got no answer; another nameserver answers",
                         server->asked + server->sent, server->target->id);
        server_tell_tcp(d, finding, server);
        if (place == 1) {
            finding_evidence(d, finding, "it is the first of %zu: glibc and Go time out on it in each query",
                             view->nameservers_count);
            application_tell_first(d, finding, server->target, PROBE_TIMEOUT);
        } else {
            finding_evidence(
                d, finding,
                "it is number %zu of %zu: queries go there when one before it is silent, or with rotate",
                place, view->nameservers_count);
        }
    }
}

static const struct step steps[] = {
    {.text = "test it alone", .command = "k8sdns probe @{address} kubernetes.default"},
    {.text = "see who wrote it into resolv.conf: the Pod's dnsConfig, or the kubelet's clusterDNS",
     .command = "kubectl get pod {self} -o jsonpath='{.spec.dnsPolicy} {.spec.dnsConfig}'"},
    {.text = "take it out of resolv.conf there, or let it answer", .undo = "the list as before"},
    {0},
};

static const char *const checks[] = {
    "k8sdns resolv",
    "k8sdns lookup --as all kubernetes.default",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",
    "clusterip-lossy",
    "path-lossy",
    NULL,
};

const struct rule rule_nameserver_unreachable = {
    .id = "nameserver-unreachable",
    .title = "a nameserver of resolv.conf does not answer",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX | NEED_RESOLV,
    .healthy = "each nameserver of resolv.conf answers",
    .cause = "resolv.conf names several servers, and one of them is silent. glibc and Go ask them one after "
             "another and wait 5 s for each that is silent; musl asks all at once.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
