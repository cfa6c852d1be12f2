/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/config_map.h>
#include <stdlib.h>

/* Each map that is given has a Corefile, and what cannot be read says why. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct config_map *maps;
    struct err err = {0};
    size_t count = 0;
    int r;

    (void)config_map_is_one((const char *)bytes, len);
    r = config_map_read(arena, (const char *)bytes, len, &maps, &count, &err);
    if ((r < 0) != (err.kind != ERR_NONE) || (r < 0 && count))
        abort();
    for (size_t i = 0; i < count; i++)
        if (!maps[i].corefile || !maps[i].name || !maps[i].space)
            abort();
    arena_free(arena);
    return 0;
}
