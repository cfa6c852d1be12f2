/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_CONNTRACK_LOOK_H
#define K8SDNS_CMD_CONNTRACK_LOOK_H

#include "known_replicas.h"
#include <k8sdns/model/conntrack_facts.h>

/*
 * One look at the connection tracking of this network namespace. Where the entries take a privilege that is
 * not there facts->dns stays NULL, and run->err says why. Return 0, or a negative errno when nothing was to
 * be seen.
 */
int conntrack_look(struct run *run, uint16_t port, const struct known_replicas *known,
                   struct conntrack_facts *facts) MUST_USE;

/* Only how full it is and what its counters say: no entry is walked. Return as above. */
int conntrack_look_counters(struct run *run, struct conntrack_facts *facts) MUST_USE;

/* Say in run->unobserved that it had no entries, and how to get them. */
void conntrack_look_unobserved(struct run *run);

#endif
