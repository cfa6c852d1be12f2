/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_CONNTRACK_LOOK_H
#define K8SDNS_COLLECT_CONNTRACK_LOOK_H

#include <k8sdns/collect/known_replicas.h>
#include <k8sdns/model/node/conntrack_facts.h>

/*
 * One look at the connection tracking of this network namespace. Where the entries take a privilege that is
 * not there facts->dns stays NULL, and survey->err says why. Return 0, or a negative errno when nothing was
 * to be seen.
 */
int collect_conntrack(struct survey *survey, uint16_t port, const struct known_replicas *known,
                      struct conntrack_facts *facts) MUST_USE;

/* Only how full it is and what its counters say: no entry is walked. Return as above. */
int collect_conntrack_counters(struct survey *survey, struct conntrack_facts *facts) MUST_USE;

/* Say in survey->unobserved that it had no entries, and how to get them. */
void collect_conntrack_unobserved(struct survey *survey);

#endif
