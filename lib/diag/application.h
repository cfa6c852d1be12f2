/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_APPLICATION_H
#define K8SDNS_DIAG_APPLICATION_H

#include <k8sdns/diag/rule.h>
#include <k8sdns/model/diagnose_facts.h>

/* What an application here sees of the names: facts->lookups, for each that the answers suffice for. */
void application_lookups(const struct diagnosis *diagnosis, struct diagnose_facts *facts);

#endif
