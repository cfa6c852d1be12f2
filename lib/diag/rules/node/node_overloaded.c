/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/limit.h"
#include "../../evidence/server.h"

/* Something that a lack of CPU would do to DNS: losses, or answers that take their time. */
static bool shows(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].lost || (d->servers[i].p50_us != SHAPE_UNSET &&
                                   (double)d->servers[i].p50_us >= d->thresholds->slow_more_ms * 1000))
            return true;
    return false;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    static const char *const watched[] = {"softnet-dropped"};
    const struct limit_facts *pressure = limit_at(d->facts, "cpu-pressure");
    struct finding *finding;

    limits_check(d, rule, watched, sizeof(watched) / sizeof(watched[0]),
                 "the kernel does not show softnet here");
    if (!pressure || !(pressure->use >= d->thresholds->pressure_percent))
        return;
    finding = finding_new(d, rule, "CPU");
    finding->confidence = CONFIDENCE_POSSIBLE;
    /* A node may be as busy as this all day, and DNS be well. */
    if (!shows(d))
        finding->severity = SEVERITY_INFO;
    finding_evidence(d, finding, "CPU pressure: %.0f %% (PSI some, last 10 s)", pressure->use);
}

static const struct step steps[] = {
    {.text = "see what runs on it", .command = "kubectl describe node {node}"},
    {.text = "see which Pods use most CPU", .command = "kubectl top pods --all-namespaces --sort-by=cpu"},
    {.text = "keep new Pods off it, then move those that use most CPU",
     .command = "kubectl cordon {node}",
     .undo = "kubectl uncordon {node}"},
    {.text = "on the node: enlarge the packet queue",
     .command = "sysctl -w net.core.netdev_max_backlog=5000",
     .undo = "sysctl -w net.core.netdev_max_backlog=1000"},
    {0},
};

static const char *const checks[] = {
    "k8sdns node --interval 1s",
    NULL,
};

static const char *const explains[] = {
    "replica-slow", "path-lossy",     "clusterip-lossy", "coredns-cpu",
    "lookup-slow",  "clusterip-slow", "answers-slow",    NULL,
};

const struct rule rule_node_overloaded = {
    .id = "node-overloaded",
    .title = "the node is overloaded",
    .severity = SEVERITY_WARNING,
    .needs = NEED_NODE,
    .healthy = "the node keeps up with its packets and processes",
    .cause = "Packets are dropped before any rule sees them, or processes wait for a CPU: answers come "
             "late or not at all, on this node only.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
