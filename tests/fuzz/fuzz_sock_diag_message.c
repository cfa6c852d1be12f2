/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/node/socket_sharing.h>
#include <stdlib.h>

/* The bytes are a list of sockets: those that share are at most half as many groups. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct socket_entry *sockets = NULL, entry;
    struct shared_port_facts *shared;
    size_t count = 0, shared_count;

    for (size_t at = 0; at + 72 <= len && count < 4096; at += 72)
        if (socket_entry_read(bytes + at, 72, &entry) == 0)
            *ARENA_PUSH(arena, sockets, count) = entry;
    (void)socket_entry_read(bytes, len, &entry);
    socket_sharing_find(arena, sockets, count, &shared, &shared_count);
    if (shared_count * 2 > count)
        abort();
    arena_free(arena);
    return 0;
}
