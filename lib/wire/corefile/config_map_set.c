/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ConfigMaps matter to a Corefile, whoever read them. */
#include "corefile_paste.h"
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* Whether a Corefile may import one of its keys. */
static bool is_part(const struct config_map *map)
{
    /* A key that nothing imports is to be told. */
    if (map->keys_count && strcmp(map->name, "coredns-custom") == 0)
        return true;
    for (size_t i = 0; i < map->keys_count; i++)
        if (ends_with(map->keys[i].name, ".server") || ends_with(map->keys[i].name, ".override") ||
            (strchr(map->keys[i].name, '.') && strstr(map->name, "dns")))
            return true;
    return false;
}

static bool is_kube_dns(const struct config_map *map)
{
    static const char *const keys[] = {"stubDomains", "upstreamNameservers"};

    for (size_t i = 0; i < map->keys_count; i++)
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            if (strcmp(map->keys[i].name, keys[k]) == 0)
                return true;
    return strcmp(map->name, "kube-dns") == 0;
}

void config_map_add(struct arena *arena, const struct config_map *map, struct config_maps *maps)
{
    if (map->corefile)
        *ARENA_PUSH(arena, maps->maps, maps->maps_count) = *map;
    else if (is_kube_dns(map))
        *ARENA_PUSH(arena, maps->kube_dns, maps->kube_dns_count) = *map;
    else if (is_part(map))
        *ARENA_PUSH(arena, maps->parts, maps->parts_count) = *map;
}
