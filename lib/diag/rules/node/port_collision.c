/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/flows.h"
#include <inttypes.h>
#include <k8sdns/diag/rule.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where Linux's ephemeral range begins. Source: ip(7), ip_local_port_range. */
#define EPHEMERAL_FROM 32768

/* Per second: flows for which no entry could be made; 0 when that is not known. */
static double refused(const struct conntrack_facts *c)
{
    double failed = c->rates ? c->rates->values[CONNTRACK_INSERT_FAILED] : 0;

    return isnan(failed) ? 0 : failed;
}

/* A narrow range of masquerading in full use, while new flows find no port: by itself it may be chance. */
static bool range_is_full(const struct rule *rule, struct diagnosis *d)
{
    const struct conntrack_facts *c = d->facts->conntrack;

    for (size_t i = 0; i < c->dns->port_use_count && refused(c) > 0; i++) {
        const struct conntrack_port_use_facts *use = &c->dns->port_use[i];
        struct finding *finding;

        if (!use->dense)
            continue;
        finding = finding_new(d, rule, use->source);
        finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding,
                         "%s is masqueraded by: every port from %" PRIu64 " to %" PRIu64
                         " is in use towards %s",
                         use->source, use->low, use->high, use->destination);
        finding_evidence(d, finding, "per second %.1f new flows found no port, and were dropped", refused(c));
        flows_tell_odd(d, finding, FLOW_REWRITTEN, "got another source port, since theirs was taken");
        return true;
    }
    return false;
}

/*
 * One of its entries leads straight to a replica, which programs reach by the ClusterIP: it is of a probe,
 * ours or one of a moment before.
 */
static bool is_of_probing(const struct diagnosis *d, const struct conntrack_collision_facts *collision)
{
    for (size_t i = 0; i < collision->entries_count; i++) {
        const struct conntrack_tuple_facts *e = &collision->entries[i];
        const char *colon = e->orig_dst ? strrchr(e->orig_dst, ':') : NULL;

        if (!colon || !e->reply_src || strcmp(e->orig_dst, e->reply_src) != 0)
            continue;
        for (size_t k = 0; k < d->servers_count; k++) {
            const struct target_facts *target = d->servers[k].target;
            size_t len = strlen(target->address);

            if (target->role == TARGET_REPLICA && strncmp(e->orig_dst, target->address, len) == 0 &&
                e->orig_dst + len == colon)
                return true;
        }
    }
    return false;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct conntrack_facts *c = d->facts->conntrack;
    const struct conntrack_port_use_facts *use = c->dns->port_use_count ? &c->dns->port_use[0] : NULL;
    struct finding *finding;
    uint64_t probing = 0;

    if (range_is_full(rule, d))
        return;
    if (use && !isnan(use->ratio) && use->ratio >= d->thresholds->port_use_ratio) {
        finding = finding_new(d, rule, use->source);
        finding_evidence(d, finding, "%s uses %" PRIu64 " of %" PRIu64 " source ports towards %s (%.0f %%)",
                         use->source, use->ports, use->range, use->destination, use->ratio * 100);
        return;
    }
    for (size_t i = 0; i < c->shared_ports_count; i++) {
        const char *colon = strrchr(c->shared_ports[i].local, ':');

        /* Servers share their port on purpose; a client's is of the ephemeral range. */
        if (!colon || strtoul(colon + 1, NULL, 10) < EPHEMERAL_FROM)
            continue;
        finding = finding_new(d, rule, c->shared_ports[i].local);
        finding_evidence(d, finding, "%" PRIu64 " UDP sockets share %s (SO_REUSEPORT)",
                         c->shared_ports[i].sockets, c->shared_ports[i].local);
        return;
    }
    for (size_t i = 0; i < c->collisions_count; i++)
        probing += is_of_probing(d, &c->collisions[i]);
    if (c->collisions_total <= probing)
        return;
    finding = finding_new(d, rule, c->collisions_count ? c->collisions[0].client : NULL);
    /* Entries of flows that are over look just so on any busy node. */
    finding->severity = SEVERITY_INFO;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding_evidence(d, finding, "%" PRIu64 " client ports with entries that collide",
                     c->collisions_total - probing);
    flows_tell_odd(d, finding, FLOW_REWRITTEN, "got another source port, since theirs was taken");
    flows_tell_odd(d, finding, FLOW_REUSED, "had a source port that another has as well, with NAT");
}

static const struct step steps[] = {
    {.text = "see which ports and clients", .command = "k8sdns conntrack -v"},
    {.text = "let clients use fresh ports: no fixed source port, no SO_REUSEPORT on a resolver's "
             "sockets"},
    {.text = "let SNAT use all ports: no --to-ports (iptables), no :FROM-TO (nftables)",
     .undo = "with it again"},
    {.text = "widen the range",
     .command = "sysctl -w net.ipv4.ip_local_port_range='1024 65535'",
     .undo = "sysctl -w net.ipv4.ip_local_port_range='32768 60999'"},
    {0},
};

static const char *const checks[] = {
    "k8sdns conntrack -v",
    NULL,
};

static const char *const explains[] = {
    "conntrack-race", "clusterip-lossy", "path-lossy", "upstream-failing",
    "path-filtered",  "lookup-slow",     NULL,
};

const struct rule rule_port_collision = {
    .id = "port-collision",
    .title = "source ports are shared, reused or used up",
    .severity = SEVERITY_WARNING,
    .needs = NEED_DNS_ENTRIES,
    .healthy = "source ports are not short",
    .cause = "Answers are told apart by the source port. When sockets share one, an answer may reach "
             "the wrong socket; when the range towards a server is used up, packets of new flows are "
             "dropped.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
