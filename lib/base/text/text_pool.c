/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/text_pool.h>
#include <stdint.h>
#include <string.h>

#define ROOM_FIRST 256
/* So many places are looked at for one text. */
#define NEAR 8

/* Source: Fowler, Noll, Vo, FNV-1a of 64 bits. Its low bits alone are not used. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

/* The place of a text: where it is, or a free one; NULL when there is neither. */
static const char **place_of(const struct text_pool *pool, const char *text)
{
    uint64_t hash = hash_of(text);

    for (size_t i = 0; i < NEAR; i++) {
        const char **place = &pool->places[(hash + i) & (pool->room - 1)];

        if (!*place || strcmp(*place, text) == 0)
            return place;
    }
    return NULL;
}

static void grow(struct text_pool *pool)
{
    struct text_pool larger = {.arena = pool->arena, .room = pool->room ? 2 * pool->room : ROOM_FIRST};

    larger.places = arena_array(pool->arena, larger.room, sizeof(*larger.places));
    for (size_t i = 0; i < pool->room; i++) {
        const char **place = pool->places[i] ? place_of(&larger, pool->places[i]) : NULL;

        if (place) {
            *place = pool->places[i];
            larger.count++;
        }
    }
    *pool = larger;
}

const char *text_pool_keep(struct text_pool *pool, const char *text)
{
    const char **place;

    if (pool->count * 2 >= pool->room)
        grow(pool);
    place = place_of(pool, text);
    if (place && *place)
        return *place;
    text = arena_text(pool->arena, text);
    if (place) {
        *place = text;
        pool->count++;
    }
    return text;
}
