/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_OWN_POD_H
#define K8SDNS_DIAG_OWN_POD_H

/* The Pod that the facts are from, and what its people cannot look at themselves. */
#include <k8sdns/diag/rule.h>

/* Set d->host. */
void own_pod_read(struct diagnosis *diagnosis);

/* The Pod as kubectl takes it, in a shell's words: "web-0 -n shop"; NULL where it is not known, or is no Pod.
 */
const char *own_pod_words(const struct diagnosis *diagnosis);

/* What kubectl's output is piped to: "k8sdns" here, or in the Pod, from where kubectl is. */
const char *own_pod_program(const struct diagnosis *diagnosis);

/*
 * What to send to whoever runs the cluster: where a finding leads that the Pod's people cannot fix, and
 * Kubernetes' view is missing here. One command, which looks with the rights of its reader; NULL: nothing.
 */
struct step *own_pod_for_admin(const struct diagnosis *diagnosis);

#endif
