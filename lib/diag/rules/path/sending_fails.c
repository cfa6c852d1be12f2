/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
#include <inttypes.h>

/* What each error of the own kernel is and what to do; a kind without a text is told in general words. */
struct own_error {
    const char *title, *means;
    struct step steps[3]; /* ends with one without a text */
};

#define AT_ONCE "programs are told at once, and wait for nothing"

/* A neighbour that does not answer takes about 3 s; the same error at the send itself is a route of type
 * unreachable. */
static const struct own_error unreachable_route = {
    "no route to the DNS servers: host is unreachable",
    AT_ONCE ": a route of type unreachable is in the way",
    {{.text = "find that route",
      .command = "ip route get {address}; ip route show table all type unreachable"},
     {.text = "look at what wrote it, the network plugin on this node: its Pod's log",
      .command = "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName={node}"}}};

static const struct own_error kinds[UNREACHABLE_KINDS] = {
    [UNREACHABLE_NO_ROUTE] =
        {"there is no route to the DNS servers: network is unreachable",
         AT_ONCE,
         {{.text = "look at the Pod's addresses and routes", .command = "ip addr; ip route"},
          {.text =
               "look at this Pod's events and at the network plugin's log on this node; then recreate the Pod",
           .command = "kubectl describe pod {self}"}}},
    [UNREACHABLE_HOST] =
        {"the next hop to the DNS servers does not answer: host is unreachable",
         "the neighbour does not answer ARP or neighbour discovery; the error comes after about 3 s",
         {{.text = "see the neighbours and the route", .command = "ip neigh; ip route get {address}"},
          {.text =
               "look at the node's end of the Pod's interface, or at the router: is it up, and has it the address",
           .command = "ip -br addr"}}},
    [UNREACHABLE_REJECT_ROUTE] =
        {"a route forbids to send to the DNS servers: permission denied",
         AT_ONCE ": a route of type prohibit is in the way",
         {{.text = "find that route",
           .command = "ip route get {address}; ip route show table all type prohibit"},
          {.text = "look at what wrote it, the network plugin on this node: its Pod's log",
           .command = "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName={node}"}}},
    [UNREACHABLE_BLACKHOLE] =
        {"a blackhole route leads to the DNS servers: invalid argument",
         AT_ONCE ": a route of type blackhole is in the way",
         {{.text = "find that route",
           .command = "ip route get {address}; ip route show table all type blackhole"},
          {.text =
               "look at what wrote it, the network plugin on this node: it makes such routes for addresses of "
               "Pods that it does not know",
           .command = "kubectl -n kube-system get pods -o wide --field-selector spec.nodeName={node}"}}},
    [UNREACHABLE_NO_BUFFER] = {"the kernel has no room to send DNS queries: no buffer space",
                               AT_ONCE,
                               {{.text = "see the interface's queue and drops",
                                 .command = "ip -s link; tc -s qdisc"},
                                {.text = "see UDP memory and send buffers", .command = "k8sdns node"}}},
};

/* Whatever was heard of the server, this machine did not send it: rules of its own have another finding. */
static bool is_unsent(const struct server *server)
{
    return server->silent && server->own_errors && server->own_kind != UNREACHABLE_LOCAL_RULE &&
           server->own_kind != UNREACHABLE_PORT;
}

static void tell(const struct rule *rule, struct diagnosis *d, int kind)
{
    const struct own_error *words = &kinds[kind];
    struct finding *finding = NULL;
    size_t servers = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (!is_unsent(server) || server->own_kind != kind)
            continue;
        finding = server_finding(d, rule, finding, server);
        servers++;
        if (kind == UNREACHABLE_HOST && server->own_sends == server->asked)
            words = &unreachable_route;
        finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " queries to %s: %s", server->own_errors,
                         server->asked, server->target->id,
                         server->own_detail ? server->own_detail : unreachable_phrase(kind));
    }
    if (!finding)
        return;
    if (servers == d->servers_count)
        finding->subject = NULL; /* of all, which the title says */
    else if (d->heard_count)
        finding->severity = SEVERITY_WARNING;
    if (!words->title)
        return;
    finding->title = words->title;
    finding_evidence(d, finding, "%s", words->means);
    finding_steps(d, finding, words->steps);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    for (int kind = 0; kind < UNREACHABLE_KINDS; kind++)
        tell(rule, d, kind);
}

static const struct step steps[] = {
    {.text = "look at the Pod's addresses, routes and neighbours", .command = "ip addr; ip route; ip neigh"},
    {.text = "look at this Pod's events, then at the network plugin's log on this node",
     .command = "kubectl describe pod {self}"},
    {0},
};

static const char *const checks[] = {
    "ip route get SERVER",
    "k8sdns probe kubernetes.default",
    NULL,
};

static const char *const explains[] = {
    "all-unreachable",
    "clusterip-unreachable",
    "replica-unreachable",
    "nodelocal-down",
    "path-lossy",
    "clusterip-lossy",
    "family-failing",
    "tcp-blocked",
    NULL,
};

const struct rule rule_sending_fails = {
    .id = "sending-fails",
    .title = "DNS queries cannot be sent from here",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX,
    .healthy = "the kernel sends every query",
    .cause = "The error comes from this network namespace: the queries did not leave it, so no server "
             "was asked. Look at the addresses, routes and neighbours here, not at {dns}.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
