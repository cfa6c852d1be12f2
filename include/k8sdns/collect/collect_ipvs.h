/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_IPVS_LOOK_H
#define K8SDNS_COLLECT_IPVS_LOOK_H

#include <k8sdns/collect/known_replicas.h>
#include <k8sdns/model/node/ipvs_facts.h>

/*
 * One look at IPVS in this network namespace. What takes a privilege that is not there is noted in
 * survey->unobserved. Return 0, or a negative errno with a message in survey->err: -ENOENT where the kernel
 * has no IPVS, -ESRCH where it has no service on that port.
 */
int collect_ipvs(struct survey *survey, uint16_t port, const struct known_replicas *known,
                 struct ipvs_facts *facts) MUST_USE;

#endif
