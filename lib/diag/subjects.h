/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_SUBJECTS_H
#define K8SDNS_DIAG_SUBJECTS_H

#include <k8sdns/diag/rule.h>

/*
 * Fill finding->subjects: the servers that it is about, with Pod and node where the facts know them; for a
 * finding about this node's kernel, the node. A finding about none in particular keeps none.
 */
void subjects_write(struct diagnosis *diagnosis, struct finding *finding);

#endif
