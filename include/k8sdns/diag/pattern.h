/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_PATTERN_H
#define K8SDNS_DIAG_PATTERN_H

#include <k8sdns/model/scope/scope_facts.h>

/*
 * Fill facts->causes and facts->next: what the reports name, the most often first, and what how often and how
 * wide it fails point to by themselves. Source: the tables of "Observability and Cause Diagnosis of DNS
 * Faults in Kubernetes Clusters".
 */
void pattern_causes(struct arena *arena, const struct scope_report *reports, size_t count,
                    struct scope_facts *facts);

/* Count `reports` more that name a finding; before pattern_causes(), for what is no list of reports. */
void pattern_cause_add(struct arena *arena, const char *id, uint64_t reports, struct scope_facts *facts);

#endif
