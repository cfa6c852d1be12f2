/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/node/proc_address.h>
#include <stdlib.h>

/* Both readers end, give no more addresses than there are lines, and none of the loopback. */
static void read_all(const char *text, size_t lines, int family,
                     bool (*next)(const char **text, struct address *ret))
{
    struct address address;
    size_t count = 0;

    while (next(&text, &address))
        if (++count > lines || address.family != family || address_is_loopback(&address))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    const char *text = arena_text_n(arena, (const char *)bytes, len);
    size_t lines = 1;

    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    read_all(text, lines, AF_INET, proc_fib_trie_next);
    read_all(text, lines, AF_INET6, proc_if_inet6_next);
    arena_free(arena);
    return 0;
}
