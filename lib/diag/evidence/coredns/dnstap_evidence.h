/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_DNSTAP_EVIDENCE_H
#define K8SDNS_DIAG_DNSTAP_EVIDENCE_H

#include <k8sdns/diag/rule.h>

/* Whether there is anything to judge by: client queries of which is known what became. */
bool dnstap_tells(const struct dnstap_facts *facts);

/* ", as NAME TYPE at TIME" of the first query of that scenario (enum dnstap_scenario); "" without one. */
const char *dnstap_example(const struct diagnosis *diagnosis, int scenario);

#endif
