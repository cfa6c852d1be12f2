/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/limit.h"

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct limit_facts *limit = limit_at(d->facts, "udp-checksum");
    struct finding *finding;

    if (!limit) {
        rule_unknown(d, "UDP checksum errors; run it where /proc/net/snmp can be read");
        return;
    }
    if (!(limit->events_per_second > 0))
        return;
    finding = finding_new(d, rule, NULL);
    finding_evidence(d, finding,
                     "%.1f datagrams a second were thrown away for a wrong checksum while it was watched",
                     limit->events_per_second);
}

static const struct step steps[] = {
    {.text = "on the sending node: turn off checksum offload of the overlay's interface (flannel.1, "
             "vxlan.calico, cilium_vxlan)",
     .command = "ethtool -K flannel.1 tx-checksum-ip-generic off",
     .undo = "ethtool -K flannel.1 tx-checksum-ip-generic on"},
    {.text = "update the kernel of the nodes, or the network plugin"},
    {0},
};

static const char *const checks[] = {
    "nstat -az UdpInCsumErrors Udp6InCsumErrors",
    "k8sdns node --interval 1s",
    NULL,
};

const struct rule rule_udp_checksum = {
    .id = "udp-checksum",
    .title = "UDP datagrams arrive with a wrong checksum",
    .severity = SEVERITY_WARNING,
    .needs = NEED_NODE,
    .healthy = "no datagram arrives with a wrong checksum",
    .cause = "The receiver drops such datagrams silently. On overlay networks (VXLAN) it is a fault of "
             "checksum offload together with NAT: the ClusterIP fails from the host network or for "
             "replicas on other nodes, while Pod addresses work.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
