/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_ELF_H
#define K8SDNS_WIRE_ELF_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an executable says of the C library or the language runtime that it runs with. */
struct elf_facts {
    bool is_64;
    const char *interpreter; /* PT_INTERP: the dynamic loader's path; NULL: none (static, or a loader) */
    bool is_dynamic;         /* it has a PT_DYNAMIC segment */
    bool is_go;              /* it carries Go build information */
    const char *go_version;  /* "go1.19.8"; NULL when it could not be read */
};

/*
 * Read the headers of an ELF file. Only what the headers lead to is touched, so `bytes` may be a mapping of
 * a large file. Both word sizes and byte orders are read. Texts are copied into the arena.
 * Return 0, or -EBADMSG when it is no ELF file or a header leads outside of it; `ret_facts` then is
 * untouched. Source: elf(5); debug/buildinfo of Go for the build information.
 */
int elf_read(struct arena *arena, const uint8_t *bytes, size_t len, struct elf_facts *ret_facts) MUST_USE;

/*
 * Where in a shared library the functions `names` begin: offsets in the file, 0 for one that it does not
 * export. Return how many were found, or -EBADMSG when it is no ELF file, has no dynamic symbols, or a header
 * leads outside of it; the offsets then mean nothing. Source: elf(5).
 */
int elf_function_offsets(const uint8_t *bytes, size_t len, const char *const *names, size_t count,
                         uint64_t *ret_offsets) MUST_USE;

/*
 * The version of a C library or its loader, from its bytes: of glibc "2.36", from the words that every
 * build of it prints; of musl "1.2.3", the only text of that form in it. NULL when there is none.
 */
const char *elf_glibc_version(struct arena *arena, const uint8_t *bytes, size_t len);
const char *elf_musl_version(struct arena *arena, const uint8_t *bytes, size_t len);

#endif
