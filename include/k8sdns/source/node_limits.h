/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_NODE_LIMITS_H
#define K8SDNS_SOURCE_NODE_LIMITS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node_facts.h>

/*
 * Read what the kernel says of the limits that DNS runs into, of this network namespace and of the machine;
 * and with `pid` of that process (open files, CPU throttling). What a kernel does not have, or does not show
 * here, is left out. `dns_port` is the port of DNS servers' sockets. Return how many limits were seen.
 */
size_t node_limits_read(struct arena *arena, uint64_t pid, uint16_t dns_port, struct node_facts *facts);

#endif
