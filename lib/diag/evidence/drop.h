/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_DROP_H
#define K8SDNS_DIAG_DROP_H

#include <k8sdns/diag/rule.h>

/* A set of enum drop_cause. */
#define DROP_CAUSE(cause) (1U << (cause))

/*
 * What the kernel threw away for one of these causes, as evidence: `finding`, or a new one of the rule when
 * it is NULL and there is something to say. What is only concluded makes a new finding likely, not certain.
 * Return the finding, or `finding` as it came when the kernel was not watched or dropped nothing for these
 * causes.
 */
struct finding *drop_finding(struct diagnosis *diagnosis, const struct rule *rule, struct finding *finding,
                             unsigned causes);

/* The finding is about the servers whose packets these causes took, where every one of those is known. */
void drop_about(struct diagnosis *diagnosis, struct finding *finding, unsigned causes);

#endif
