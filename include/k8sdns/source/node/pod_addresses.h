/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_POD_ADDRESSES_H
#define K8SDNS_SOURCE_POD_ADDRESSES_H

#include <k8sdns/base/address.h>

/*
 * Which Pod of this node has an address: by the processes of each network namespace but the host's and one's
 * own, whose addresses /proc shows without going there. It takes the right to trace them (CAP_SYS_PTRACE).
 * What was seen is kept; an address that is not known is looked for again after some seconds.
 */
struct pod_addresses;
struct pod_addresses *pod_addresses_new(void);
void pod_addresses_free(struct pod_addresses *pods);

/* The Pod's name, which lives as long as `pods`; NULL when none is seen. Never fails. */
const char *pod_addresses_find(struct pod_addresses *pods, const struct address *address);

#endif
