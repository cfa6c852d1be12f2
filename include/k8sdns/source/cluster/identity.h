/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_IDENTITY_H
#define K8SDNS_SOURCE_IDENTITY_H

#include <k8sdns/model/cluster/replica_facts.h>

/*
 * Ask who answers at the ClusterIP, some times, and note it in facts->cluster_identities. On a node this also
 * leaves conntrack entries that show where the ClusterIP leads. `name` is one that CoreDNS answers itself.
 * Return as identity_ask().
 */
int identity_ask_cluster(struct arena *arena, const char *name, uint64_t timeout_us,
                         struct replicas_facts *facts, struct err *err) MUST_USE;

/*
 * Ask the replicas who they are, and note it in facts->replicas and facts->ways.
 *
 * NSID (RFC 5001) is the server's own word. hostname.bind and version.bind (class CH) are answered by CoreDNS
 * only with its chaos plugin, else they are forwarded like any name, and the answer is an upstream's: they
 * count only where the replicas' answers differ, or name the Pod. Source: coredns.io/plugins/nsid, /chaos.
 *
 * Return 0, or a negative errno with a message when nothing could be asked.
 */
int identity_ask(struct arena *arena, const char *name, uint64_t timeout_us, struct replicas_facts *facts,
                 struct err *err) MUST_USE;

#endif
