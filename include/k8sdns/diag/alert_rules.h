/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_ALERT_RULES_H
#define K8SDNS_DIAG_ALERT_RULES_H

#include <k8sdns/base/arena.h>
#include <k8sdns/diag/threshold.h>
#include <k8sdns/model/metrics/metrics_facts.h>

/*
 * Rules for Prometheus that draw the lines where these thresholds do, for CoreDNS of any version (both names
 * of what was renamed in 1.7.0 and 1.11.0). The expressions are PromQL. Return how many.
 */
size_t alert_rules_make(struct arena *arena, const struct thresholds *thresholds,
                        struct alert_rule_facts **ret_rules);

#endif
