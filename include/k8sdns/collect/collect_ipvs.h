/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_IPVS_LOOK_H
#define K8SDNS_CMD_IPVS_LOOK_H

#include "known_replicas.h"
#include <k8sdns/model/ipvs_facts.h>

/*
 * One look at IPVS in this network namespace. What takes a privilege that is not there is noted in
 * run->unobserved. Return 0, or a negative errno with a message in run->err: -ENOENT where the kernel has no
 * IPVS, -ESRCH where it has no service on that port.
 */
int ipvs_look(struct run *run, uint16_t port, const struct known_replicas *known,
              struct ipvs_facts *facts) MUST_USE;

#endif
