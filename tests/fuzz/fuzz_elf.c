/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/tracing/elf.h>
#include <stdlib.h>
#include <string.h>

/* What is read from a file is no longer than the file. */
static void check(const char *text, size_t len)
{
    if (text && strlen(text) > len)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    static const char *const names[] = {"getaddrinfo", "main"};
    struct elf_facts facts = {0};
    uint64_t offsets[2];

    if (elf_read(arena, bytes, len, &facts) == 0) {
        check(facts.interpreter, len);
        check(facts.go_version, len);
    }
    check(elf_glibc_version(arena, bytes, len), len);
    check(elf_musl_version(arena, bytes, len), len);
    if (elf_function_offsets(bytes, len, names, 2, offsets) >= 0 &&
        (offsets[0] >= len || offsets[1] >= len) && len)
        abort();
    arena_free(arena);
    return 0;
}
