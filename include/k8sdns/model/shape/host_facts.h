/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_HOST_FACTS_H
#define K8SDNS_MODEL_HOST_FACTS_H

#include <k8sdns/model/shape/shape.h>

/* Where a run looked from. */
struct host_facts {
    const char *hostname;
    const char *kernel;  /* release: "6.1.0-18-amd64" */
    const char *machine; /* "x86_64" */
    bool in_pod;
    const char *node;  /* of the cluster; NULL when not known */
    const char *pod;   /* this Pod's name; NULL when not known, as the next */
    const char *space; /* its namespace */
    bool host_network; /* it is in its node's network, and has the node's resolv.conf */
    const char *netns; /* the inode number of the network namespace, in text */
    const char *libc;  /* of the process looked at: enum resolver_kind's word */
};
extern const struct shape host_facts_shape;

#endif
