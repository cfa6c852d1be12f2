/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TOP_TOP_JUDGE_H
#define K8SDNS_TOP_TOP_JUDGE_H

#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/top/top_facts.h>

/* Run the rules over facts, and take the verdict for top's. */
void top_judge(const struct facts *facts, const struct thresholds *thresholds, struct arena *arena,
               struct top_facts *top, struct finding **ret_findings, size_t *ret_count);

#endif
