/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_VERDICT_H
#define K8SDNS_DIAG_VERDICT_H

#include <k8sdns/diag/rule.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>

/* Sum the findings up: the verdict, how often, how wide, what is well, what to run next. */
void verdict_write(struct diagnosis *diagnosis, struct diagnose_facts *ret_facts);

#endif
