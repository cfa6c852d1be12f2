/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/flows.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

/* Fewer may be names whose servers are slow. */
#define LEAST 3

/* A client none of whose queries a server answers that answers ours. */
struct lost_client {
    const char *address, *pod;
    const struct conntrack_flow_facts *first;
    uint64_t unanswered;
};

/* It answered all that we asked it. */
static bool is_well(const struct diagnosis *d, const char *address)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (strcmp(server->target->address, address) == 0)
            return server->asked && server->heard == server->asked && !server->lost && !server->late;
    }
    return false;
}

/* None of its flows was answered, to whatever server. */
static bool is_never_answered(const struct conntrack_follow_facts *flows, const char *client)
{
    for (size_t i = 0; i < flows->by_client_count; i++)
        if (strcmp(flows->by_client[i].address, client) == 0)
            return flows->by_client[i].unanswered && !flows->by_client[i].answered &&
                   !flows->by_client[i].late;
    return false;
}

static struct lost_client *find(struct arena *arena, struct lost_client **clients, size_t *count,
                                const struct conntrack_flow_facts *flow)
{
    const char *address = flows_host(arena, flow->flow.orig_src);
    struct lost_client *client;

    for (size_t i = 0; i < *count; i++)
        if (strcmp((*clients)[i].address, address) == 0)
            return &(*clients)[i];
    client = ARENA_PUSH(arena, *clients, *count);
    *client = (struct lost_client){.address = address, .pod = flow->pod, .first = flow};
    return client;
}

static void tell(struct diagnosis *d, struct finding *finding, const struct conntrack_follow_facts *flows,
                 const struct lost_client *client)
{
    finding_evidence(d, finding,
                     "none of the DNS flows of %s%s%s%s was answered within %g s, %" PRIu64
                     " of them to servers that answer our queries: %s to %s, by %s",
                     client->address, client->pod ? " (Pod " : "", client->pod ? client->pod : "",
                     client->pod ? ")" : "", flows->wait_s, client->unanswered, client->first->flow.orig_src,
                     client->first->flow.orig_dst, client->first->flow.reply_src);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct conntrack_follow_facts *flows = flows_followed(d);
    struct lost_client *clients = NULL;
    struct finding *finding = NULL;
    size_t count = 0;

    for (size_t i = 0; i < flows->unanswered_flows_count; i++) {
        const struct conntrack_flow_facts *flow = &flows->unanswered_flows[i];

        if (strcmp(flow->flow.protocol, "udp") == 0 && is_well(d, flows_host(d->arena, flow->flow.reply_src)))
            find(d->arena, &clients, &count, flow)->unanswered++;
    }
    for (size_t i = 0; i < count; i++) {
        if (clients[i].unanswered < LEAST || !is_never_answered(flows, clients[i].address))
            continue;
        if (!finding) {
            finding = finding_new(d, rule, clients[i].pod ? clients[i].pod : clients[i].address);
            finding->confidence = CONFIDENCE_LIKELY;
        } else {
            finding->subject = arena_printf(d->arena, "%s, %s", finding->subject,
                                            clients[i].pod ? clients[i].pod : clients[i].address);
        }
        tell(d, finding, flows, &clients[i]);
    }
    if (finding)
        return;
    if (flows->unanswered)
        rule_doubts(d);
    if (!flows->created && !flows->older)
        rule_unknown(d,
                     "no other client asked meanwhile; k8sdns conntrack --follow --unreplied watches longer");
}

static const struct step steps[] = {
    {.text = "see which queries of theirs get no reply",
     .command = "k8sdns conntrack --follow --unreplied --duration 1m"},
    {.text = "in the Pod: ask what it asks", .command = "k8sdns diagnose"},
    {.text = "look for a NetworkPolicy that keeps this client from {dns}, or {dns}'s answers from it",
     .command = "kubectl get networkpolicies -A"},
    {.text = "look for a plugin acl in the Corefile, and for a server that names of theirs are forwarded to",
     .command = "kubectl -n {ns} get cm {cm} -o yaml"},
    {0},
};

static const char *const checks[] = {
    "k8sdns conntrack --follow --unreplied --duration 1m",
    "k8sdns drops --duration 1m",
    NULL,
};

const struct rule rule_flows_unanswered = {
    .id = "flows-unanswered",
    .title = "a client on this node gets no reply, others do",
    .severity = SEVERITY_WARNING,
    .needs = NEED_FLOWS | NEED_MATRIX,
    .healthy = "the DNS flows of this node are answered",
    .cause =
        "Queries of this client reach the node's connection tracking and go on to a server, and no reply "
        "comes back, while the same server answers others. Something behind the node keeps this client "
        "out, as a NetworkPolicy or the plugin acl does, or it asks for names whose own servers are "
        "silent. Its lookups wait for the timeout.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
