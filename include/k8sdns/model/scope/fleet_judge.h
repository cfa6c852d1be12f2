/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SCOPE_FLEET_JUDGE_H
#define K8SDNS_MODEL_SCOPE_FLEET_JUDGE_H

#include <k8sdns/model/scope/fleet.h>
#include <k8sdns/model/scope/scope_facts.h>

/*
 * The nodes to ask more about: the `worst` ones by the share that fails, and as many `others` as shuffling
 * gives, always the same. All of them where there are no more. Return how many.
 */
size_t fleet_sample(const struct fleet *fleet, size_t worst, size_t others, const char ***ret_names);

/*
 * Judge a fleet: how wide and how often, as two answers. `facts->fleet` has what was asked beside the counts
 * by node (servers, namespaces, pods, counts, nodes and warnings); signals, moments, and the places that are
 * nodes and zones are added to it. Fill what scope says of reports; only counts of reports and Pods stay
 * unset, and causes are the caller's.
 *
 * whole-cluster  nine of ten nodes fail.
 * some-nodes     some nodes fail more than they did a day before, or more than the spread of all nodes
 * explains, and it is the same ones. fixed-pods     lookups of one namespace fail while the nodes' own
 * queries do not. random-pods    other nodes each time. none           else.
 *
 * Pure. See fleet_mixture.h for the spread; windows of time are those of fleet_time.h.
 */
void fleet_judge(const struct fleet *fleet, struct scope_facts *facts);

#endif
