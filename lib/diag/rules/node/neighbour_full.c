/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/limit.h"

/* Of IPv6, which has neighbour discovery in place of ARP and thresholds of its own. */
static const struct step steps_six[] = {
    {.text = "raise all three thresholds",
     .command = "sysctl -w net.ipv6.neigh.default.gc_thresh1=4096 net.ipv6.neigh.default.gc_thresh2=8192 "
                "net.ipv6.neigh.default.gc_thresh3=16384",
     .undo = "sysctl -w net.ipv6.neigh.default.gc_thresh1=128 net.ipv6.neigh.default.gc_thresh2=512 "
             "net.ipv6.neigh.default.gc_thresh3=1024"},
    {0},
};

static void eval(const struct rule *rule, struct diagnosis *d)
{
    static const char *const watched[] = {"neighbour-ipv4", "neighbour-ipv6"};
    const struct limit_facts *six = limit_at(d->facts, watched[1]);
    size_t before = d->findings_count;

    limits_check(d, rule, watched, sizeof(watched) / sizeof(watched[0]),
                 "the kernel does not show its neighbour tables here");
    for (size_t i = before; six && i < d->findings_count; i++)
        if (d->findings[i].subject == six->label) {
            d->findings[i].title = "the IPv6 neighbour table (neighbour discovery) is full";
            finding_steps(d, &d->findings[i], steps_six);
        }
}

static const struct step steps[] = {
    {.text = "raise all three thresholds",
     .command = "sysctl -w net.ipv4.neigh.default.gc_thresh1=4096 net.ipv4.neigh.default.gc_thresh2=8192 "
                "net.ipv4.neigh.default.gc_thresh3=16384",
     .undo = "sysctl -w net.ipv4.neigh.default.gc_thresh1=128 net.ipv4.neigh.default.gc_thresh2=512 "
             "net.ipv4.neigh.default.gc_thresh3=1024"},
    {0},
};

static const char *const checks[] = {
    "k8sdns node --interval 1s",
    NULL,
};

static const char *const explains[] = {
    "path-lossy",
    "replica-unreachable",
    "clusterip-lossy",
    "clusterip-unreachable",
    "all-unreachable",
    "lookup-slow",
    NULL,
};

const struct rule rule_neighbour_full = {
    .id = "neighbour-full",
    .title = "the neighbour (ARP) table is full",
    .severity = SEVERITY_WARNING,
    .needs = NEED_NODE,
    .healthy = "the neighbour table has room",
    .cause = "Above its upper threshold the kernel makes no entry for a new neighbour and drops "
             "packets to hosts that are not in the table: some Pods reach some replicas, others do "
             "not.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
