/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_CONNTRACK_SUMMARY_H
#define K8SDNS_MODEL_CONNTRACK_SUMMARY_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/conntrack_facts.h>

/*
 * DNS entries put together as they pass by, in memory with a bound: what is beyond it is counted.
 */
struct conntrack_summary;

struct conntrack_summary_options {
    uint16_t port;
    /* The replicas, when somebody said which they are; else none, and nothing is stale. */
    const struct address *replicas;
    size_t replicas_count;
    /* ClusterIPs: an entry to one whose reply is to come from itself was made without a rule. */
    const struct address *cluster_ips;
    size_t cluster_ips_count;
    uint64_t now_ns;              /* CLOCK_REALTIME */
    uint64_t port_low, port_high; /* ephemeral range; unset when not known */
};

struct conntrack_summary *conntrack_summary_new(const struct conntrack_summary_options *options);
void conntrack_summary_free(struct conntrack_summary *summary);

/* Take one entry in; `summary` as a void pointer, for conntrack_dump(). */
void conntrack_summary_add(void *summary, const struct conntrack_entry *entry);

/*
 * Of an entry that has passed only a hash is kept. Where one client port was seen towards several servers, a
 * second pass over the table brings the others of that port as evidence.
 */
bool conntrack_summary_wants_again(const struct conntrack_summary *summary);
void conntrack_summary_again(void *summary, const struct conntrack_entry *entry);

/* Fill dns, collisions and stale of `facts`; all is in `arena`. */
void conntrack_summary_facts(const struct conntrack_summary *summary, struct arena *arena,
                             struct conntrack_facts *facts);

#endif
