/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DNS_SOCKET_FACTS_H
#define K8SDNS_MODEL_DNS_SOCKET_FACTS_H

#include <k8sdns/model/shape/shape.h>

/* A UDP socket that stayed connected to the DNS port of one address while it was watched. */
struct dns_socket_facts {
    const char *local;   /* address and port */
    const char *remote;  /* address and port */
    const char *address; /* of remote */
    const char *process; /* "name[pid]"; NULL: not to be seen from here */
    uint64_t uid;
    bool known;  /* the remote address is a server that was named or found */
    int answers; /* whether it answered when it was asked: 1, 0; -1: it was not asked */
};
extern const struct shape dns_socket_facts_shape;

/* A program of the kernel's that is asked when a socket of this process connects or sends. */
struct socket_program_facts {
    const char *hook; /* "connect4", "sendmsg6" */
    uint64_t id;      /* as bpftool names it */
    const char *name; /* its first 15 characters; NULL: none, or not to be read without CAP_SYS_ADMIN */
};
extern const struct shape socket_program_facts_shape;

struct dns_sockets_facts {
    struct dns_socket_facts *sockets; /* of this network namespace */
    size_t sockets_count;
    /* Where a socket leads that is connected to the ClusterIP, when that is another address: sockets are load
     * balanced, and no rule of kube-proxy is on the way. NULL: to the ClusterIP itself, or it was not tried.
     */
    const char *cluster_ip_backend;
    /* The kernel refuses (EPERM) to connect a UDP socket to the ClusterIP, which sends nothing: a program at
     * the socket decides, which has no backend for it. Firewall rules are asked only when something is sent.
     */
    bool cluster_ip_refused;
    struct socket_program_facts
        *programs; /* of load balancing, or of a policy; none: none, or not to be read */
    size_t programs_count;
};
extern const struct shape dns_sockets_facts_shape;

#endif
