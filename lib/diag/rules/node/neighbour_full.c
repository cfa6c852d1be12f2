/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../limit.h"

static void eval(const struct rule *rule, struct diagnosis *d)
{
    static const char *const watched[] = {"neighbour-ipv4", "neighbour-ipv6"};

    limits_check(d, rule, watched, sizeof(watched) / sizeof(watched[0]),
                 "the kernel does not show its neighbour tables here");
}

static const char *const remedies[] = {
    "raise all three: sysctl -w net.ipv4.neigh.default.gc_thresh1=4096 "
    "net.ipv4.neigh.default.gc_thresh2=8192 net.ipv4.neigh.default.gc_thresh3=16384; back: the "
    "values that they had (128, 512, 1024)",
    NULL,
};

static const char *const checks[] = {
    "k8sdns node --interval 1s",
    NULL,
};

static const char *const explains[] = {
    "path-lossy", "replica-unreachable", "clusterip-lossy", "clusterip-unreachable", "all-unreachable", NULL,
};

const struct rule rule_neighbour_full = {
    .id = "neighbour-full",
    .title = "the neighbour (ARP) table is full",
    .severity = SEVERITY_WARNING,
    .needs = NEED_NODE,
    .healthy = "the neighbour table has room",
    .cause = "Above its upper threshold the kernel makes no entry for a new neighbour, and packets "
             "to hosts that are not in the table are dropped: some Pods reach some replicas, others "
             "do not.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
