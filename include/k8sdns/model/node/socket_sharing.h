/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SOCKET_SHARING_H
#define K8SDNS_MODEL_SOCKET_SHARING_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/conntrack_facts.h>
#include <k8sdns/wire/node/sock_diag_message.h>

/*
 * UDP sockets with the same two ends (SO_REUSEPORT): what one of them asks, another may get the answer to.
 * Pure; `sockets` is sorted in place.
 */
void socket_sharing_find(struct arena *arena, struct socket_entry *sockets, size_t count,
                         struct shared_port_facts **ret_shared, size_t *ret_count);

#endif
