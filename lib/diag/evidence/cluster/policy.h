/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_POLICY_H
#define K8SDNS_DIAG_POLICY_H

#include <k8sdns/diag/rule.h>

/*
 * Name the NetworkPolicies that let no DNS through over UDP (or TCP) where the wire shows that nothing comes
 * through, with what to look at first. Which of them are enforced only the network plugin tells. Return
 * whether there are any.
 */
bool policies_tell(struct diagnosis *diagnosis, const struct rule *rule, struct finding *finding, bool tcp);

#endif
