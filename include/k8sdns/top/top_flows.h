/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TOP_TOP_FLOWS_H
#define K8SDNS_TOP_TOP_FLOWS_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/top/top_facts.h>

struct event_base;

/* The DNS flows of others in this namespace's connection tracking, followed on an event loop. */
struct top_flows;

/* Return it; where they cannot be followed, it is still there and says why. It must be freed. */
struct top_flows *top_flows_new(struct survey *survey, struct event_base *base);
void top_flows_free(struct top_flows *flows);

/* Fill flows, flows_unanswered_lately and flows_gap, in `arena`. */
void top_flows_facts(struct top_flows *flows, struct arena *arena, struct top_facts *ret_facts);

#endif
