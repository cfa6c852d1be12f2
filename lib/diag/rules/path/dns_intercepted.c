/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/interception.h"
#include "../../evidence/server.h"

/* What to think of it: a proxy that works is worth a word, one that fails is the fault. */
static int severity_of(const struct diagnosis *d)
{
    bool fails = false;

    for (size_t i = 0; i < d->servers_count; i++)
        fails = fails || d->servers[i].failed || d->servers[i].lost;
    return d->heard_count == 0 ? SEVERITY_CRITICAL : fails ? SEVERITY_WARNING : SEVERITY_INFO;
}

static void tell(struct diagnosis *d, struct finding *finding, const struct hop_probe_facts *probe)
{
    const char *how = probe->query == HOP_ANSWERED ? "is answered" : "is refused (port unreachable)";

    if (probe->documentation)
        finding_evidence(d, finding, "a query to %s, an address that nobody has, %s", probe->target, how);
    else
        finding_evidence(
            d, finding, "a query to %s that may not pass a router (TTL 1) %s%s", probe->target, how,
            hop_probe_is_intercepted(probe) ? ", while its other ports are behind a router" : "");
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct interception_facts *seen = d->facts->interception;
    struct finding *finding;

    if (!seen) {
        rule_unknown(d, "whether port 53 is redirected; name a server with --cluster-ip or --replica");
        return;
    }
    if (!any_intercepted(d->facts))
        return;
    finding = finding_new(d, rule, NULL);
    finding->severity = severity_of(d);
    if (!d->heard_count)
        finding->title = "port 53 is redirected to a DNS proxy on this Pod or node, which does not answer";
    for (size_t i = 0; i < seen->probes_count; i++)
        if (seen->probes[i].query == HOP_ANSWERED || seen->probes[i].query == HOP_REFUSED)
            tell(d, finding, &seen->probes[i]);
    finding_evidence(
        d, finding, "the servers that are redirected were not tested: it is the proxy that answers or fails");
}

static const struct step steps[] = {
    {.text =
         "see whether the Pod has a sidecar with DNS capture (Istio: ISTIO_META_DNS_CAPTURE), and its state",
     .command = "kubectl describe pod {self}"},
    {.text = "see the redirect rules, as root in the Pod's network namespace and on its node",
     .command = "nft list ruleset | grep -B3 -e redirect -e 'dport 53'"},
    {.text = "see the proxy's log", .command = "kubectl logs {self} -c istio-proxy --tail=50"},
    {0},
};

static const char *const checks[] = {
    "iptables -t nat -S | grep -w 53",
    NULL,
};

static const char *const explains[] = {
    "all-unreachable",
    "clusterip-unreachable",
    "clusterip-lossy",
    "replica-unreachable",
    "replica-refused",
    "path-lossy",
    "tcp-blocked",
    "conntrack-stale",
    "upstream-failing",
    "family-failing",
    NULL,
};

const struct rule rule_dns_intercepted = {
    .id = "dns-intercepted",
    .title = "port 53 is redirected to a DNS proxy on this Pod or node",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX,
    .healthy = "nothing redirects port 53",
    .cause =
        "A rule in this Pod or on its node sends every query for port 53 to a proxy, whatever address it is "
        "for: DNS capture of a service mesh, or a transparent cache. Its answers and its faults are the proxy's, "
        "and say nothing of {dns}.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
