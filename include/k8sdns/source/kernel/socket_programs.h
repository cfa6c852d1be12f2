/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_SOCKET_PROGRAMS_H
#define K8SDNS_SOURCE_SOCKET_PROGRAMS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/node/dns_socket_facts.h>

/*
 * List the programs that are in force for the sockets of this process: attached to its control group or to
 * one above (bpf(2), BPF_PROG_QUERY with BPF_F_QUERY_EFFECTIVE). It takes CAP_NET_ADMIN, and CAP_BPF where
 * kernel.unprivileged_bpf_disabled is set. Nothing is attached or changed.
 *
 * Return 0; -ENOENT where no control group of version 2 is mounted; or what the kernel said.
 */
int socket_programs_list(struct arena *arena, struct socket_program_facts **ret, size_t *ret_count) MUST_USE;

/* Learn the names of those that are there now, while there are privileges for it; later lists have them. */
void socket_programs_learn_names(void);

#endif
