/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/cluster/policy.h"
#include "../../evidence/pods.h"
#include "../../evidence/server.h"
#include <inttypes.h>

static bool is_silent(const struct server *server)
{
    return server->silent;
}

/* A cache on this node or this Pod itself tell nothing of CoreDNS. */
static bool any_of_cluster(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].place == PLACE_NETWORK || d->servers[i].place == PLACE_CLOUD)
            return true;
    return !d->servers_count;
}

/* Where each query fails at once there is nothing to wait for. */
static bool any_waits(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (!d->servers[i].own_errors && !d->servers[i].unreachable[UNREACHABLE_PORT])
            return true;
    return false;
}

/* Port unreachable from all: somebody is there to say so, and programs wait for nothing. */
static void tell_closed(struct diagnosis *d, struct finding *finding)
{
    static const struct step closed_steps[] = {
        {.text = "see whether {dns} runs and is ready",
         .command = "kubectl -n {ns} get pods -l {sel} -o wide"},
        {.text = "see whether its Service has endpoints",
         .command = "kubectl -n {ns} get endpointslices -l kubernetes.io/service-name={svc}"},
        {.text = "see why a Pod of it does not run",
         .command = "kubectl -n {ns} logs -l {sel}{c} --previous --prefix --tail=50"},
        {0},
    };
    size_t closed = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (!server->unreachable[UNREACHABLE_PORT])
            continue;
        closed++;
        finding_evidence(d, finding, "%s: %s", server_text(d->arena, server), server->unreachable_detail);
    }
    if (closed < d->servers_count)
        return;
    finding->cause =
        "Each server answers with ICMP port unreachable: no {dns} listens on port 53, or the DNS "
        "Service has no endpoint, so that kube-proxy rejects. Lookups fail at once.";
    finding_steps(d, finding, closed_steps);
}

/* Not one query left this machine, which has a finding of its own. */
static bool none_sent(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (!d->servers[i].own_errors || d->servers[i].unreachable[UNREACHABLE_PORT])
            return false;
    return d->servers_count > 0;
}

/* The servers are up, so their Pods are not what to look at. */
static void tell_udp_alone(struct diagnosis *d, struct finding *finding)
{
    static const struct step udp_steps[] = {
        {.text = "see which policies select the Pod; a port without a protocol means TCP alone, so DNS wants "
                 "protocol: UDP and protocol: TCP for port 53",
         .command = "kubectl get networkpolicy --all-namespaces"},
        {.text = "look for rules on UDP 53 in security groups, firewalls and on the node",
         .command = "nft list ruleset | grep -B3 -e drop -e reject"},
        {.text = "workaround for glibc until it is fixed: options use-vc in the Pod's dnsConfig",
         .undo = "remove the option"},
        {0},
    };

    finding->title = "UDP queries get no answer, TCP queries do";
    finding->subject = NULL;
    finding->cause =
        "The servers are up, and answer over TCP. UDP alone is lost on the way to or from port 53: a "
        "NetworkPolicy, a security group or a firewall that allows TCP alone, or a fault of UDP alone "
        "such as wrong checksums. Programs ask over UDP first.";
    for (size_t i = 0; i < d->servers_count; i++)
        server_tell_tcp(d, finding, &d->servers[i]);
    finding_steps(d, finding, udp_steps);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct finding *down = pods_down_finding(d);
    struct finding *finding;
    uint64_t asked = 0, sampled = 0;

    if (d->heard_count)
        return;
    if (!any_of_cluster(d)) {
        rule_unknown(d, "a server of the cluster DNS itself; name one with --cluster-ip or --replica");
        return;
    }
    for (size_t i = 0; i < d->servers_count; i++) {
        asked += d->servers[i].asked;
        sampled += d->servers[i].sent;
    }
    finding = finding_new(d, rule,
                          arena_printf(d->arena, "%zu of %zu servers", d->servers_count, d->servers_count));
    finding_evidence(d, finding, "%" PRIu64 " queries to %s got no answer", asked + sampled,
                     servers_text(d, is_silent));
    finding->consequence = down ? down->id : NULL;
    if (server_answers_tcp(d, NULL))
        tell_udp_alone(d, finding);
    else
        tell_closed(d, finding);
    if (none_sent(d)) {
        finding->cause = "No query left this network namespace, so that nothing is known of {dns}.";
        finding_step(d, finding, "let the queries leave this network namespace first", NULL, NULL);
    } else if (!down && any_waits(d) && policies_tell(d, rule, finding, false)) {
        finding->cause =
            server_answers_tcp(d, NULL)
                ? "A NetworkPolicy does not let DNS over UDP through: a port without a protocol means TCP "
                  "alone. Programs ask over UDP first."
                : "A NetworkPolicy lets no DNS through, as far as the network plugin enforces it; or "
                  "{dns} is down, or this Pod or its node cannot reach it.";
    }
    if (any_waits(d))
        finding_evidence(d, finding, "each lookup waits %s for each packet lost",
                         lookup_cost(d->arena, d->facts));
}

static const struct step steps[] = {
    {.text = "see whether {dns} runs and is ready", .command = "kubectl -n {ns} get pods -l {sel} -o wide"},
    {.text = "see whether only this node is cut off: test from another node",
     .command = "kubectl get nodes -o wide"},
    {.text = "see which NetworkPolicies apply", .command = "kubectl get networkpolicy --all-namespaces"},
    {.text = "only if {dns} is down everywhere: restart it", .command = "{restart}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get pods -l {sel} -o wide",
    "k8sdns probe kubernetes.default --tcp",
    NULL,
};

static const char *const explains[] = {
    "clusterip-unreachable", "replica-unreachable", "path-lossy",
    "clusterip-lossy",       "upstream-failing",    "tcp-blocked",
    "family-failing",        "nodelocal-down",      NULL,
};

const struct rule rule_all_unreachable = {
    .id = "all-unreachable",
    .title = "no DNS server answers",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX,
    .healthy = "the cluster DNS answers",
    .cause = "Neither the ClusterIP nor any replica answered: {dns} is down, or this Pod or its node "
             "cannot reach it.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
