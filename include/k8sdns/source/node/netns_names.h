/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_NETNS_NAMES_H
#define K8SDNS_SOURCE_NETNS_NAMES_H

#include <k8sdns/base/arena.h>
#include <stdint.h>

/*
 * What people call network namespaces: the host name of the Pod that has it, the name under /run/netns,
 * "node" for that of the machine's first process. What was looked up is kept for a while.
 */
struct netns_names;

struct netns_names *netns_names_new(struct arena *arena);
void netns_names_free(struct netns_names *names);

/* Return NULL when it has no name. It lives as long as the arena of `names`. */
const char *netns_names_find(struct netns_names *names, uint32_t netns);

#endif
