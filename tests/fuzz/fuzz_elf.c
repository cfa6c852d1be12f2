/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/elf.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct elf_facts facts = {0};
    volatile size_t sink = 0;

    if (elf_read(arena, bytes, len, &facts) == 0 && facts.interpreter)
        sink += strlen(facts.interpreter);
    if (facts.go_version)
        sink += strlen(facts.go_version);
    (void)!elf_glibc_version(arena, bytes, len);
    (void)!elf_musl_version(arena, bytes, len);
    arena_free(arena);
    return 0;
}
