/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/limit.h"
#include <inttypes.h>
#include <k8sdns/model/node/driver_limit.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct driver_limit *known = driver_limits; known->counter; known++) {
        const struct limit_facts *limit = limit_at(d->facts, known->id);

        if (!limit || !(limit->events_per_second > 0))
            continue;
        if (!finding)
            finding = finding_new(d, rule, limit->label);
        finding_evidence(d, finding, "%s: %.1f a second while it was watched (%s of ethtool -S)",
                         limit->label, limit->events_per_second, known->counter);
        finding_evidence(d, finding, "%s", limit->affects);
    }
}

static const struct step steps[] = {
    {.text = "watch the counter on this node",
     .command =
         "for i in /sys/class/net/*; do ethtool -S ${i##*/} 2>/dev/null | grep allowance_exceeded; done"},
    {.text =
         "send fewer queries to the cloud's resolver: cache external names longer in {dns}, and spread the "
         "{dns} Pods over nodes"},
    {.text = "take a cache on each node (NodeLocal DNSCache), or a larger machine type"},
    {0},
};

static const char *const checks[] = {
    "k8sdns node --interval 1s",
    NULL,
};

const struct rule rule_cloud_limit = {
    .id = "cloud-limit",
    .title = "the cloud drops packets of this node beyond a limit",
    .severity = SEVERITY_WARNING,
    .needs = NEED_NODE,
    .cause =
        "Clouds limit what a machine may send: packets a second to their own resolver, packets, connections and "
        "bandwidth in all. What is beyond is dropped outside the machine, so that no rule and no counter but the "
        "driver's shows it.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
