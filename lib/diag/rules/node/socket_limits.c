/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../drop.h"
#include "../limit.h"

static void eval(const struct rule *rule, struct diagnosis *d)
{
    static const char *const watched[] = {"udp-receive-buffer", "udp-send-buffer", "dns-socket-queue",
                                          "udp-memory",         "tcp-memory",      "ephemeral-ports",
                                          "file-descriptors",   "process-files",   "dns-socket-sending"};

    if (d->present & NEED_NODE)
        limits_check(d, rule, watched, sizeof(watched) / sizeof(watched[0]),
                     "the kernel does not show its sockets here");
    else
        rule_unknown(d, "none of what was asked here was lost so; the node's counters tell of others");
    drop_finding(d, rule, NULL, DROP_CAUSE(CAUSE_BUFFER));
}

static const char *const remedies[] = {
    "see whose queue is full: ss -uanm (r against rb, d for drops)",
    "give the server CPU, or another replica: kubectl -n kube-system scale deployment coredns "
    "--replicas=N; back: the number that it had",
    "raise the limit that is named: net.core.rmem_max, net.ipv4.udp_mem, fs.file-max, or the "
    "container's ulimit; back: the value that it had",
    NULL,
};

static const char *const checks[] = {
    "k8sdns node --interval 1s",
    NULL,
};

static const char *const explains[] = {
    "path-lossy", "replica-slow", "replica-unreachable", "clusterip-lossy", NULL,
};

const struct rule rule_socket_limits = {
    .id = "socket-limits",
    .title = "sockets run out of room",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_NODE | NEED_DROPS,
    .healthy = "sockets and files have room",
    .cause = "A full receive buffer drops queries or answers that came all the way; without memory "
             "or file descriptors no socket can be opened.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
