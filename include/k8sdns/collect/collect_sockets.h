/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_SOCKETS_H
#define K8SDNS_COLLECT_SOCKETS_H

#include <k8sdns/base/list.h>
#include <k8sdns/collect/survey.h>
#include <k8sdns/model/node/dns_socket_facts.h>
#include <k8sdns/wire/node/sock_diag_message.h>

/* Which UDP sockets are connected to a DNS port; two of these tell those that stay. */
struct connected_sockets {
    struct socket_entry *items;
    size_t count;
    bool seen; /* the kernel listed them */
};

void collect_sockets_list(struct survey *survey, uint16_t port, struct connected_sockets *ret);

/*
 * Those that are in both lists, with their processes where these can be seen. `known` are the servers of the
 * cluster and of resolv.conf. NULL when the kernel did not list them.
 */
struct dns_sockets_facts *collect_sockets_facts(struct survey *survey, const struct connected_sockets *before,
                                                const struct connected_sockets *after,
                                                const struct address *known, size_t known_count);

/*
 * Where the kernel leads a UDP socket that is connected there; nothing is sent. NULL: there, or unknown.
 * `*ret_refused`: it does not let it be connected (EPERM).
 */
const char *collect_sockets_backend(struct survey *survey, const struct address *cluster_ip,
                                    bool *ret_refused);

/*
 * All the backends that it leads such sockets to in place of `cluster_ip`, each once, without ports: as many
 * sockets are connected as make it next to certain that none is missed, whether the choice is by turns or at
 * random. Nothing is sent. Empty where sockets lead to `cluster_ip` itself.
 */
struct address_list collect_sockets_backends(struct survey *survey, const struct address *cluster_ip);

#endif
