/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_LOAD_H
#define K8SDNS_DIAG_LOAD_H

#include <k8sdns/diag/rule.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>

/* How busy it was by these facts. */
struct report_load *load_seen(const struct diagnosis *diagnosis);

#endif
