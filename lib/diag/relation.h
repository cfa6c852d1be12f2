/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_RELATION_H
#define K8SDNS_DIAG_RELATION_H

#include <k8sdns/diag/rule.h>

/*
 * Give each finding the one that explains it: the first by the order of the rules, which go from causes to
 * symptoms, that lists it, is at least likely, and is about the same servers, transport, address family and
 * names.
 */
void findings_relate(struct diagnosis *diagnosis);

/* Worst first, each followed by its consequences; of equally bad ones the surer first. */
void findings_rank(struct diagnosis *diagnosis);

/* Whether findings of that id may be consequences of the rule's. */
bool rule_explains(const struct rule *rule, const char *id);

#endif
