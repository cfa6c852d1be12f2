/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_CONNTRACK_FLOW_PEERS_H
#define K8SDNS_MODEL_CONNTRACK_FLOW_PEERS_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/conntrack_flow_facts.h>

/* Counts of flows by client, or by backend, in memory with a bound. */
struct flow_peer {
    struct address key;
    uint64_t flows, answered, unanswered, late;
    int known;
};

struct flow_peers {
    struct flow_peer *slots; /* a power of two; at most half full */
    size_t size, count;
    bool with_port;
    struct flow_peer rest; /* of all that there is no room for */
};

void flow_peers_init(struct flow_peers *peers, bool with_port);
void flow_peers_fini(struct flow_peers *peers);

/* Never NULL: those beyond the bound share one. */
struct flow_peer *flow_peers_at(struct flow_peers *peers, const struct address *key);

/* Those with the most unanswered flows first, then those with the most. */
void flow_peers_facts(const struct flow_peers *peers, struct arena *arena, uint16_t port, double seconds,
                      struct conntrack_flow_peer_facts **ret_facts, size_t *ret_count);

uint64_t flow_peers_hash(const struct address *address, bool with_port);

#endif
