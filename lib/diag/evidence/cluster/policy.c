/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy.h"
#include "../pods.h"
#include <k8sdns/base/shell_word.h>
#include <stdint.h>

/* More are not named one by one; opening one port for all of them is the same work. */
#define FEW 3

bool policies_tell(struct diagnosis *d, const struct rule *rule, struct finding *finding, bool tcp)
{
    const struct replicas_facts *known = d->facts->replicas;
    const struct step *others = finding->steps_count ? finding->steps : rule->steps;
    const size_t others_count = finding->steps_count ? finding->steps_count : SIZE_MAX;
    size_t told = 0;

    for (size_t i = 0; known && i < known->policies_count && !told; i++)
        told = tcp ? known->policies[i].tcp : known->policies[i].udp;
    if (!told)
        return false;
    finding->steps = NULL;
    finding->steps_count = told = 0;
    for (size_t i = 0; known && i < known->policies_count && told < FEW; i++) {
        const struct dns_policy_facts *policy = &known->policies[i];

        if (!(tcp ? policy->tcp : policy->udp))
            continue;
        told++;
        finding_evidence(d, finding,
                         "NetworkPolicy %s/%s %s, and no policy there allows DNS over %s: where the network "
                         "plugin enforces policies, this stops the queries",
                         policy->namespace, policy->name,
                         policy->egress ? "shuts egress of all Pods of this namespace"
                                        : "shuts ingress of the Pods of DNS",
                         policy->udp && policy->tcp ? "UDP or TCP"
                         : tcp                      ? "TCP"
                                                    : "UDP");
        finding_step(d, finding, "see what this NetworkPolicy lets through: no policy allows DNS",
                     arena_printf(d->arena, "kubectl -n %s describe networkpolicy %s",
                                  shell_word(d->arena, policy->namespace),
                                  shell_word(d->arena, policy->name)),
                     NULL);
        finding_step(
            d, finding,
            policy->egress
                ? "where policies are enforced: allow egress to port 53, UDP and TCP"
                : "where policies are enforced: allow ingress to port 53, UDP and TCP, from all namespaces",
            arena_printf(d->arena, "kubectl -n %s edit networkpolicy %s",
                         shell_word(d->arena, policy->namespace), shell_word(d->arena, policy->name)),
            "the policy before");
    }
    for (size_t i = 0; i < others_count && others[i].text; i++)
        *ARENA_PUSH(d->arena, finding->steps, finding->steps_count) = others[i];
    return true;
}
