/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/drop.h"
#include "../../evidence/limit.h"

static void eval(const struct rule *rule, struct diagnosis *d)
{
    static const char *const watched[] = {"udp-receive-buffer", "udp-send-buffer", "dns-socket-queue",
                                          "udp-memory",         "tcp-memory",      "ephemeral-ports",
                                          "file-descriptors",   "process-files",   "dns-socket-sending"};

    if (d->present & NEED_NODE)
        limits_check(d, rule, watched, sizeof(watched) / sizeof(watched[0]),
                     "the kernel does not show its sockets here");
    else
        rule_unknown(
            d,
            "no such loss seen in our own queries; the node's counters are not readable here. On the node: k8sdns node");
    drop_finding(d, rule, NULL, DROP_CAUSE(CAUSE_BUFFER));
}

static const struct step steps[] = {
    {.text = "see which socket's queue is full (r against rb, d for drops)", .command = "ss -uanm"},
    {.text = "give {dns} more CPU, or add a replica",
     .command = "{scale}",
     .undo = "scale back to the number before"},
    {.text = "raise the limit that is named: net.core.rmem_max, net.ipv4.udp_mem, fs.file-max, or the "
             "container's ulimit",
     .undo = "the value before"},
    {0},
};

static const char *const checks[] = {
    "k8sdns node --interval 1s",
    NULL,
};

static const char *const explains[] = {
    "path-lossy", "replica-slow", "replica-unreachable", "clusterip-lossy", "lookup-slow", NULL,
};

const struct rule rule_socket_limits = {
    .id = "socket-limits",
    .title = "socket buffers or file descriptors run out",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_NODE | NEED_DROPS,
    .healthy = "sockets and files have room",
    .cause = "A full receive buffer drops queries or answers that had already arrived. Without memory "
             "or file descriptors no socket can be opened.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
