/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_NODE_LIMITS_H
#define K8SDNS_SOURCE_NODE_LIMITS_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/node_facts.h>

struct node_question {
    uint64_t pid;                  /* its open files and its CPU throttling as well; 0: none */
    uint16_t dns_port;             /* of the sockets of DNS servers here */
    const struct address *targets; /* MTU towards these */
    size_t targets_count;
};

/*
 * Read what the kernel says of the limits that DNS runs into, of this network namespace and of the machine.
 * What a kernel does not have, or does not show here, stands in facts->unseen. Return how many limits were
 * seen.
 */
size_t node_limits_read(struct arena *arena, const struct node_question *question, struct node_facts *facts);

#endif
