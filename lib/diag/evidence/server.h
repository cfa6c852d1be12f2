/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_SERVER_H
#define K8SDNS_DIAG_SERVER_H

#include <k8sdns/diag/rule.h>

/* Fill diagnosis->servers and the counts beside it. */
void servers_read(struct diagnosis *diagnosis);

/* "replica 10.244.1.21" */
const char *server_text(struct arena *arena, const struct server *server);

/* The finding is about this server as well, and its subject names it. */
void server_join(struct diagnosis *diagnosis, struct finding *finding, const struct server *server);

/* A finding about this server: `finding`, if there is one already, is about it as well. */
struct finding *server_finding(struct diagnosis *diagnosis, const struct rule *rule, struct finding *finding,
                               const struct server *server);

/*
 * Whether the server itself has this fault: a ClusterIP or a cache passes on what a replica does, and is not
 * blamed where one of those has it.
 */
bool server_is_at_fault(const struct diagnosis *diagnosis, const struct server *server,
                        bool (*has_it)(const struct server *server));

/* It passes questions on to replicas: a ClusterIP, or a cache on the node. */
bool server_passes_on(const struct server *server);

/*
 * Whether one query that ended so (enum probe_status) at this server tells nothing of what was asked: the
 * server, or a replica behind it, loses or fails others.
 */
bool server_fails_by_chance(const struct diagnosis *diagnosis, const struct server *server, int status);

/* Their ids, with commas between. */
const char *servers_text(struct diagnosis *diagnosis, bool (*is_one)(const struct server *server));

/*
 * Whether two losses differ beyond chance: the difference of the proportions is over three standard errors,
 * and at least three were lost. Source: the two-proportion z-test.
 */
bool loss_differs(uint64_t lost, uint64_t of, uint64_t peers_lost, uint64_t peers_of);

/* The types of what it lost in the sampling (CONCERNS_A, CONCERNS_AAAA); 0 without losses. */
unsigned server_lost_types(const struct server *server);

/* CONCERNS_A or CONCERNS_AAAA of a type's word; 0 for others. */
unsigned concern_of_type(const char *type);
/* CONCERNS_SILENCE, CONCERNS_REFUSAL or CONCERNS_SERVFAIL by what came back; 0 for anything else. */
unsigned concern_of_failure(const struct probe_facts *failed);

/* How much a lookup waits for each lost packet, by the resolver of the facts: "5 s (glibc)". */
const char *lookup_cost(struct arena *arena, const struct facts *facts);

/* The view of the resolver whose search order was followed, or else of this Pod's; NULL without resolv.conf.
 */
const struct resolver_view *resolver_followed(const struct facts *facts);

/* Whether the server of that id, or for NULL any, answers over TCP. */
bool server_answers_tcp(const struct diagnosis *diagnosis, const char *id);

/* Say that a server that is silent over UDP answers over TCP, where it does. */
void server_tell_tcp(struct diagnosis *diagnosis, struct finding *finding, const struct server *server);

/* It is refused by ICMP from its own address: the node itself has that, and nothing listens there. */
bool server_refuses_itself(const struct diagnosis *diagnosis, const struct server *server);

/*
 * Who says that the server's port is unreachable, when it is not the server: only a rule on the way answers
 * for somebody else. NULL where nobody does, or the server itself.
 */
const char *server_rejected_by(const struct diagnosis *diagnosis, const struct server *server);

/* The kernel lets no socket be connected to it: load balancing at the socket has no backend for the Service.
 */
bool server_is_refused_at_socket(const struct diagnosis *diagnosis, const struct server *server);

/* The server of that target's id; NULL when it is none. */
const struct server *server_find(const struct diagnosis *diagnosis, const char *id);

/* Whether the server of that id was never heard. */
bool is_silent_server(const struct diagnosis *diagnosis, const char *id);

/* Whether a query is for a name that CoreDNS answers itself: one of the cluster's domain, or the usual one.
 */
bool is_cluster_query(const struct diagnosis *diagnosis, const struct probe_facts *probe);

/*
 * The full name of the Service that every cluster has under the domain that is served, where it is another
 * than that of resolv.conf, whose names are none of the cluster's then; NULL: no other is known.
 */
const char *served_own_name(const struct facts *facts);

/*
 * Whose resolver stands at an address that no cluster gives to its DNS: "the resolver of AWS", "a public
 * address"; NULL where it may be the cluster's.
 */
const char *server_outsider(struct arena *arena, const struct server *server);

/* The Service's name that every cluster has, as it was asked for; NULL when it was not. */
const char *own_name(const struct facts *facts);

/* The kind of the name that a question was asked for. */
int name_kind_of(const struct facts *facts, const char *name);

#endif
