/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/node/dns_socket_facts.h>

static const struct shape_field socket_fields[] = {
    SHAPE_FIELD_NAME(struct dns_socket_facts, local, "local", "address and port"),
    SHAPE_FIELD_NAME(struct dns_socket_facts, remote, "remote", "address and port it is connected to"),
    SHAPE_FIELD_NAME(struct dns_socket_facts, address, "address", "address it is connected to"),
    SHAPE_FIELD_TEXT(struct dns_socket_facts, process, "process", "name[pid] of a process that has it open"),
    SHAPE_FIELD_COUNT(struct dns_socket_facts, uid, "uid", "user id it belongs to"),
    SHAPE_FIELD_BOOL(struct dns_socket_facts, known, "known", "the address is a server named or found"),
    SHAPE_FIELD_ANSWER(struct dns_socket_facts, answers, "answers",
                       "whether the address answered a query; null: it was not asked"),
};
const struct shape dns_socket_facts_shape = SHAPE(struct dns_socket_facts, socket_fields, "dns_socket");

static const struct shape_field program_fields[] = {
    SHAPE_FIELD_NAME(struct socket_program_facts, hook, "hook", "when it is asked, as connect4 or sendmsg6"),
    SHAPE_FIELD_COUNT(struct socket_program_facts, id, "id", "the kernel's id for it, as bpftool shows"),
    SHAPE_FIELD_TEXT(struct socket_program_facts, name, "name",
                     "its first 15 characters; null: may not be read"),
};
const struct shape socket_program_facts_shape =
    SHAPE(struct socket_program_facts, program_fields, "socket_program");

static const struct shape_field fields[] = {
    SHAPE_FIELD_OBJECTS(struct dns_sockets_facts, sockets, "sockets", &dns_socket_facts_shape,
                        "UDP sockets of this network namespace that stayed connected to port 53"),
    SHAPE_FIELD_TEXT(struct dns_sockets_facts, cluster_ip_backend, "cluster_ip_backend",
                     "where a socket connected to the ClusterIP leads, when sockets are load balanced"),
    SHAPE_FIELD_BOOL(struct dns_sockets_facts, cluster_ip_refused, "cluster_ip_refused",
                     "no socket may be connected to the ClusterIP: load balancing has no backend for it"),
    SHAPE_FIELD_OBJECTS(
        struct dns_sockets_facts, programs, "programs", &socket_program_facts_shape,
        "programs in force when a socket of this process connects or sends; none: none, or they may "
        "not be listed"),
};
const struct shape dns_sockets_facts_shape = SHAPE(struct dns_sockets_facts, fields, "dns_sockets");
