/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
#include <inttypes.h>

static bool is_self(const struct server *server)
{
    return server->place == PLACE_SELF || server->place == PLACE_STUB;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    size_t others = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        others += !is_self(server) && !server->silent && server->target->found_by == ORIGIN_RESOLV_CONF;
        if (!is_self(server) || !server->silent)
            continue;
        finding = server_finding(d, rule, finding, server);
        finding_evidence(d, finding, "%" PRIu64 " queries to %s, which is this %s itself: %s",
                         server->asked + server->sent, server->target->id,
                         d->facts->host.in_pod ? "Pod" : "machine or Pod",
                         server->unreachable_detail ? server->unreachable_detail : "no answer");
        if (server->place == PLACE_STUB)
            finding_evidence(d, finding,
                             "systemd-resolved listens at %s on a node, and nothing does in a Pod",
                             server->target->id);
    }
    if (finding && others)
        finding->severity = SEVERITY_WARNING; /* programs get their answers from the others */
}

static const struct step steps[] = {
    {.text = "see the kubelet's resolvConf on this node",
     .command = "kubectl get --raw /api/v1/nodes/{node}/proxy/configz"},
    {.text = "set resolvConf: /run/systemd/resolve/resolv.conf in the kubelet's configuration, restart "
             "it, and recreate the Pods",
     .undo = "the value before"},
    {.text = "if the Pod's dnsConfig or its image wrote the file, name the ClusterIP of the cluster "
             "DNS there"},
    {.text = "if a DNS server in this Pod is meant, start it"},
    {0},
};

static const char *const checks[] = {
    "k8sdns resolv",
    "kubectl get --raw /api/v1/nodes/{node}/proxy/configz",
    NULL,
};

static const char *const explains[] = {
    "all-unreachable", "replica-refused", "resolv-invalid", "resolv-policy",
    "path-lossy",      "family-failing",  "tcp-blocked",    NULL,
};

const struct rule rule_nameserver_loopback = {
    .id = "nameserver-loopback",
    .title = "resolv.conf names a loopback address where no DNS server listens",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX,
    .healthy = "no nameserver is a loopback address without a server",
    .cause = "In a Pod a loopback address is the Pod itself. The file is that of a host with a local "
             "resolver (systemd-resolved, dnsmasq), passed on by the kubelet or an image. {dns} gets "
             "no query at all.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
