/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
#include "../../evidence/socket_program.h"
#include <inttypes.h>

/* Somebody other than the flows of the node says which replicas live. */
static bool replicas_are_named(const struct diagnosis *d)
{
    return d->facts->replicas && d->facts->replicas->service_ips_count && d->facts->replicas->replicas_count;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct dns_sockets_facts *sockets = d->facts->sockets;
    struct finding *finding = NULL;

    if (!sockets) {
        rule_unknown(
            d, "the UDP sockets of this network namespace; run it where the kernel lists them (sock_diag)");
        return;
    }
    for (size_t i = 0; i < sockets->sockets_count; i++) {
        const struct dns_socket_facts *socket = &sockets->sockets[i];

        if (socket->known || socket->answers != 0)
            continue;
        if (!finding) {
            finding = finding_new(d, rule, socket->address);
            finding->confidence = replicas_are_named(d) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
        }
        finding_evidence(d, finding,
                         "the UDP socket %s%s%s (user %" PRIu64
                         ") stays connected to %s, which does not answer",
                         socket->local, socket->process ? " of " : "", socket->process ? socket->process : "",
                         socket->uid, socket->remote);
    }
    if (finding && replicas_are_named(d))
        finding_evidence(d, finding, "%s is none of the running replicas", finding->subject);
    if (finding && sockets->cluster_ip_backend)
        finding_evidence(
            d, finding,
            "sockets are load balanced here: one connected to the ClusterIP leads to %s, for as long as "
            "it is open",
            sockets->cluster_ip_backend);
    if (finding)
        finding_socket_programs(d, finding);
}

static const struct step steps[] = {
    {.text = "find the program, as root in the Pod's network namespace", .command = "ss -uanp 'dport = 53'"},
    {.text = "restart the program: its resolver then opens a new socket"},
    {.text =
         "let the program's resolver open a new socket after a timeout; newer versions of Cilium and Calico eBPF "
         "close such sockets"},
    {0},
};

static const char *const checks[] = {
    "ss -uanp 'dport = 53'",
    NULL,
};

const struct rule rule_socket_stale = {
    .id = "socket-stale",
    .title = "a program's UDP socket stays connected to a DNS server that is gone",
    .severity = SEVERITY_WARNING,
    .needs = NEED_MATRIX,
    .healthy = "no socket stays connected to a DNS server that is gone",
    .cause =
        "A connected UDP socket sends to one address for as long as it is open. With load balancing at the "
        "socket that is a {dns} Pod and not the ClusterIP: when the Pod goes, each lookup of this program "
        "times out, while new sockets are fine. No table shows it.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
