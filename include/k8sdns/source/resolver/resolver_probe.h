/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_RESOLVER_PROBE_H
#define K8SDNS_SOURCE_RESOLVER_PROBE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/resolv_facts.h>
#include <stdint.h>

/* Whose resolver and whose file. */
struct resolver_probe_options {
    uint64_t pid;            /* look from that process; 0: process 1 in a container, else this system */
    const char *resolv_conf; /* "-" is standard input; NULL: /etc/resolv.conf as the process sees it */
};

/*
 * Find out which resolver a process uses, from its executable (PT_INTERP, Go build information), what it
 * has mapped, and the version that its C library carries. Never fails: what cannot be seen is
 * KIND_UNKNOWN, and `how` says why.
 */
void resolver_identify(struct arena *arena, uint64_t pid, struct resolver_identity *ret_identity);

/*
 * The same at a glance, by the headers of the program alone: enum resolver_kind. A loader that was started by
 * hand counts as a static program.
 */
int resolver_program_kind(uint64_t pid);

/* Which C library a file of this path is, by its name: KIND_GLIBC, KIND_MUSL, else KIND_UNKNOWN. */
int resolver_library_kind(const char *path);

/*
 * Read an absolute path as process `pid` sees it (0: as this process does). Return 0 or a negative errno as
 * file_read() does.
 */
int resolver_file_read(struct arena *arena, uint64_t pid, const char *path, size_t max, char **ret_bytes,
                       size_t *ret_len, struct err *err) MUST_USE;

/*
 * The words that show that this process runs in a container ("the pid namespace is not the first one"), or
 * NULL when nothing does.
 */
const char *resolver_container_evidence(void);

/*
 * Read resolv.conf and identify the resolver: all of struct resolv_facts. RES_OPTIONS and LOCALDOMAIN are
 * those of the process given by `pid`, else of this one. The host name counts unless a file was named
 * without a process, since that file may come from elsewhere.
 * Return 0, or a negative errno with a message (kind ERR_INPUT when the file or the process is not there,
 * ERR_FORMAT when the file is over 8 MiB).
 */
int resolver_probe_run(struct arena *arena, const struct resolver_probe_options *options,
                       struct resolv_facts *ret_facts, struct err *err) MUST_USE;

#endif
