/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_LIBC_IDENTITY_H
#define K8SDNS_SOURCE_LIBC_IDENTITY_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <stdint.h>

/*
 * Which resolver a program uses, from its executable (PT_INTERP, Go build information), what it has mapped,
 * and the version that its C library carries. They never fail: what cannot be seen is KIND_UNKNOWN, and `how`
 * says why.
 */

/* Of a running process, whose root is the folder `root`. */
void libc_identify_process(struct arena *arena, uint64_t pid, int root,
                           struct resolver_identity *ret_identity);

/* Of a program file below a root. */
void libc_identify_program(struct arena *arena, int root, const char *path,
                           struct resolver_identity *ret_identity);

/* Of an image without a look at a process: by the C libraries that it has. No library at all: KIND_STATIC. */
void libc_identify_image(struct arena *arena, int root, struct resolver_identity *ret_identity);

/*
 * The same of a process at a glance, by the headers of the program alone: enum resolver_kind. A loader that
 * was started by hand counts as a static program.
 */
int libc_kind_of_process(uint64_t pid);

/* Which C library a file of this path is, by its name: KIND_GLIBC, KIND_MUSL, else KIND_UNKNOWN. */
int libc_kind_of_library(const char *path);

/* The language runtime that a program of this path is, by its name: enum application_runtime. */
int application_runtime_of(const char *program);

#endif
