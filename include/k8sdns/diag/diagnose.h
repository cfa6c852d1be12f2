/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_DIAGNOSE_H
#define K8SDNS_DIAG_DIAGNOSE_H

#include <k8sdns/diag/rule.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>

/*
 * Run every rule over the facts. The findings come worst first, each followed by its consequences; every rule
 * leaves a check that says whether it fired, was quiet, or could not tell and why. Pure: the same facts give
 * the same.
 */
void diagnose(struct arena *arena, const struct facts *facts, const struct thresholds *thresholds,
              struct finding **ret_findings, size_t *ret_count, struct diagnose_facts *ret_facts);

#endif
