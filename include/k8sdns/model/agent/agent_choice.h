/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_AGENT_CHOICE_H
#define K8SDNS_MODEL_AGENT_CHOICE_H

#include <k8sdns/model/probe/probe_facts.h>

/*
 * Of all servers those that the agent of one node asks: a ClusterIP, a node-local cache, a nameserver, others
 * that were named, at most `replicas` replicas, and what then has room of AGENT_SERVERS_MAX. The replicas are
 * chosen by rendezvous hashing of node and address: each is asked from about as many nodes, and what is
 * chosen changes only with who is gone. The chosen come first, in the order that they had; return how many.
 */
size_t agent_choice(const char *node, size_t replicas, struct target_facts *targets, size_t count);

#endif
