/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/corefile/config_map.h>
#include <stdlib.h>
#include <string.h>

/* Each map that is given has a Corefile, and what cannot be read says why. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct config_maps maps = {0};
    struct err err = {0};
    int r;

    (void)config_map_is_one((const char *)bytes, len);
    r = config_map_read(arena, (const char *)bytes, len, &maps, &err);
    if ((r < 0) != (err.kind != ERR_NONE) || (r < 0 && (maps.maps_count || maps.text)))
        abort();
    for (size_t i = 0; i < maps.maps_count; i++)
        if (!maps.maps[i].corefile || !maps.maps[i].name || !maps.maps[i].space)
            abort();
    /* A text keeps its lines, since remarks name them; but one that was a JSON string. */
    if (maps.text && (!len || bytes[0] != '"') && strlen(maps.text) > len)
        abort();
    arena_free(arena);
    return 0;
}
