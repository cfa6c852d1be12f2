/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_UDP_SOCKETS_H
#define K8SDNS_SOURCE_UDP_SOCKETS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/wire/node/sock_diag_message.h>

/* More are not kept. */
#define UDP_SOCKETS_MAX 65536

/*
 * List the UDP sockets of this network namespace, of both families, by sock_diag, which needs no privilege.
 * Return 0, or a negative errno with a message (kind ERR_UNOBSERVED).
 */
int udp_sockets_list(struct arena *arena, struct socket_entry **ret_sockets, size_t *ret_count,
                     struct err *err) MUST_USE;

#endif
