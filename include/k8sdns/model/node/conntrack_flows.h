/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_CONNTRACK_FLOWS_H
#define K8SDNS_MODEL_CONNTRACK_FLOWS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/conntrack_flow_facts.h>
#include <k8sdns/wire/node/conntrack_message.h>

/*
 * Flows put together from their events as they come, in memory with a bound. Times are monotonic.
 *
 * DESTROY comes long after a query was lost, so a flow without UPDATE some time after its NEW is what tells
 * of it. Where events were lost, no flow that was waiting is called unanswered.
 */
struct conntrack_flows;

/* What is told of a flow. `other` is the flow before, of FLOW_REUSED and FLOW_CLASH. */
struct conntrack_flow_notice {
    enum flow_event event;
    const struct conntrack_entry *entry, *other;
    uint64_t age_ns; /* CONNTRACK_UNSET for a flow that is older than the look */
    int known;       /* its backend is a replica; -1: nobody said which are */
};

struct conntrack_flows_options {
    uint16_t port;
    uint64_t wait_ns; /* a flow without a reply for so long is unanswered */
    size_t flows_max; /* kept in mind; some 120 bytes each */
    /* As for struct conntrack_summary_options. */
    const struct address *replicas, *cluster_ips;
    size_t replicas_count, cluster_ips_count;
    /* Only flows of these, and to these; none: all. */
    const struct address *clients, *backends;
    size_t clients_count, backends_count;
    void (*tell)(void *user, const struct conntrack_flow_notice *notice); /* NULL: only counted */
    void *user;
};

struct conntrack_flows *conntrack_flows_new(const struct conntrack_flows_options *options, uint64_t now_ns);
void conntrack_flows_free(struct conntrack_flows *flows);

/* An entry that was there before: it is told when it is stale, and known by its port. */
void conntrack_flows_seed(struct conntrack_flows *flows, const struct conntrack_entry *entry);

void conntrack_flows_take(struct conntrack_flows *flows, enum conntrack_change change,
                          const struct conntrack_entry *entry, uint64_t now_ns);

/* Tell what has been unanswered for the wait. To be called some times a second. */
void conntrack_flows_tick(struct conntrack_flows *flows, uint64_t now_ns);

/* Whether a flow that began by then is neither answered nor unanswered yet. */
bool conntrack_flows_wait(const struct conntrack_flows *flows, uint64_t began_ns);

/* Events were lost: what waits now may have been answered. */
void conntrack_flows_overrun(struct conntrack_flows *flows);

/* Fill all but what the source of the events knows (overruns, lost, damaged, buffer_bytes, reader) and
 * `hidden`. */
void conntrack_flows_facts(const struct conntrack_flows *flows, struct arena *arena, uint64_t now_ns,
                           struct conntrack_follow_facts *ret_facts);

#endif
