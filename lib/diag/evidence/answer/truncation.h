/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_TRUNCATION_H
#define K8SDNS_DIAG_TRUNCATION_H

#include <k8sdns/diag/rule.h>

/*
 * Where a name that was asked for does not fit into UDP and no server gives it over TCP: say so, and make the
 * finding critical, since no program gets it.
 */
void truncation_weigh(struct diagnosis *diagnosis, struct finding *finding);

#endif
