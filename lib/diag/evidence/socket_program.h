/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_SOCKET_PROGRAM_H
#define K8SDNS_DIAG_SOCKET_PROGRAM_H

#include <k8sdns/diag/rule.h>

/* Tell which programs the kernel asks when a socket connects, where they could be listed. */
void finding_socket_programs(struct diagnosis *d, struct finding *finding);

/* Whether their names are those of Calico (calico_connect_v4); Cilium's begin with cil_. */
bool socket_programs_are_of_calico(const struct diagnosis *d);

#endif
