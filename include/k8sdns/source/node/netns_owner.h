/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_NETNS_OWNER_H
#define K8SDNS_SOURCE_NETNS_OWNER_H

#include <k8sdns/base/arena.h>
#include <stdint.h>

/* Whose a network namespace is, by the processes in it. */
struct netns_owner {
    const char *pod;                 /* its host name, which Kubernetes makes the Pod's name; NULL: none */
    const char *pod_uid, *container; /* NULL: none */
};

/* What was looked up is kept for a while: a namespace without an owner may get one. */
struct netns_owners;
struct netns_owners *netns_owners_new(void);
void netns_owners_free(struct netns_owners *owners);

/*
 * Look through /proc for a process in the namespace with this inode. The host's own namespace has no owner.
 * The texts live as long as `owners`. Never fails: what cannot be seen is NULL.
 */
const struct netns_owner *netns_owners_find(struct netns_owners *owners, uint32_t netns);

/* Whose container this process is in: a Pod's name, in the arena of `owners`; NULL when it is none's. */
const char *netns_owners_pod(struct netns_owners *owners, uint64_t pid);

/* "name[pid]" of a process that has the socket with this inode open; NULL when there is none to be seen. */
const char *netns_owners_process(struct netns_owners *owners, uint64_t socket_inode);

#endif
