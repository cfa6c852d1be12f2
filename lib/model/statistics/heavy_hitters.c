/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/statistics/heavy_hitters.h>
#include <stdlib.h>
#include <string.h>

#define NO_PLACE UINT32_MAX

#define HEAD 44

/* What a hit needs, in one line of the cache: most texts are no longer than their head. */
struct hitter_place {
    uint64_t hash, count;
    uint32_t len;
    char head[HEAD];
};
_Static_assert(sizeof(struct hitter_place) == 64, "a place is a line of the cache");

struct heavy_hitters {
    uint32_t places_count, used, cursor;
    uint64_t least; /* count of the least counted, as far as the cursor has seen */
    uint32_t table_mask;
    uint32_t *table; /* places by hash, linear probing; NO_PLACE when empty */
    struct hitter_place *places;
    uint64_t *errors;
    uint64_t (*marks)[TOP_MARKS];
    char (*texts)[TOP_TEXT + 1];
    bool replaced;
};

uint64_t top_hash(const char *text, size_t len)
{
    uint64_t hash = len * UINT64_C(0x9E3779B97F4A7C15), word;

    for (; len >= 8; text += 8, len -= 8) {
        memcpy(&word, text, 8);
        hash = (hash ^ word) * UINT64_C(0xBF58476D1CE4E5B9);
        hash ^= hash >> 29;
    }
    word = 0;
    for (size_t i = 0; i < len; i++)
        word = word << 8 | (unsigned char)text[i];
    hash = (hash ^ word) * UINT64_C(0x94D049BB133111EB);
    return hash ^ hash >> 32;
}

struct heavy_hitters *heavy_hitters_new(struct arena *arena, uint32_t places)
{
    struct heavy_hitters *c = ARENA_NEW(arena, struct heavy_hitters);

    c->places_count = places;
    c->table_mask = places * 4 - 1;
    c->table = arena_array(arena, (size_t)places * 4, sizeof(*c->table));
    memset(c->table, 0xff, (size_t)places * 4 * sizeof(*c->table));
    c->places = arena_array(arena, places + (size_t)1, sizeof(*c->places));
    /* At the beginning of a line. */
    c->places =
        (struct hitter_place *)(((uintptr_t)c->places + sizeof(*c->places) - 1) & ~(sizeof(*c->places) - 1));
    c->errors = arena_array(arena, places, sizeof(*c->errors));
    c->marks = arena_array(arena, places, sizeof(*c->marks));
    c->texts = arena_array(arena, places, sizeof(*c->texts));
    return c;
}

/* Take a place out of the table, moving up those that its going would cut off. */
static void table_remove(struct heavy_hitters *c, uint32_t place)
{
    uint32_t at = (uint32_t)c->places[place].hash & c->table_mask, next;

    while (c->table[at] != place)
        at = (at + 1) & c->table_mask;
    for (next = (at + 1) & c->table_mask; c->table[next] != NO_PLACE; next = (next + 1) & c->table_mask) {
        uint32_t home = (uint32_t)c->places[c->table[next]].hash & c->table_mask;

        if (((next - home) & c->table_mask) >= ((next - at) & c->table_mask)) {
            c->table[at] = c->table[next];
            at = next;
        }
    }
    c->table[at] = NO_PLACE;
}

static void find_least(struct heavy_hitters *c)
{
    uint64_t least = UINT64_MAX;

    for (uint32_t i = 0; i < c->places_count; i++)
        least = c->places[i].count < least ? c->places[i].count : least;
    c->least = least;
}

/*
 * A place with the least count. The cursor goes round; when it has found no more of the last least count, the
 * next is looked for. Replaced places pile up at the same count, so a round serves many of them.
 */
static uint32_t least_place(struct heavy_hitters *c)
{
    for (;;) {
        for (; c->cursor < c->places_count; c->cursor++)
            if (c->places[c->cursor].count <= c->least)
                return c->cursor++;
        find_least(c);
        c->cursor = 0;
    }
}

static uint32_t take_place(struct heavy_hitters *c)
{
    uint32_t place;

    if (c->used < c->places_count)
        return c->used++;
    place = least_place(c);
    table_remove(c, place);
    c->replaced = true;
    c->errors[place] = c->places[place].count;
    memset(c->marks[place], 0, sizeof(c->marks[place]));
    return place;
}

static bool is_text(const struct heavy_hitters *c, uint32_t place, const char *text, size_t len)
{
    return memcmp(c->places[place].head, text, len < HEAD ? len : HEAD) == 0 &&
           (len <= HEAD || memcmp(c->texts[place] + HEAD, text + HEAD, len - HEAD) == 0);
}

static uint32_t find(const struct heavy_hitters *c, const char *text, size_t len, uint64_t hash)
{
    for (uint32_t at = (uint32_t)hash & c->table_mask; c->table[at] != NO_PLACE;
         at = (at + 1) & c->table_mask) {
        uint32_t place = c->table[at];

        if (c->places[place].hash == hash && c->places[place].len == len && is_text(c, place, text, len))
            return place;
    }
    return NO_PLACE;
}

bool heavy_hitters_has(const struct heavy_hitters *c, const char *text, size_t len, uint64_t hash)
{
    return find(c, text, len < TOP_TEXT ? len : TOP_TEXT, hash) != NO_PLACE;
}

uint32_t heavy_hitters_add(struct heavy_hitters *c, const char *text, size_t len, uint64_t hash)
{
    uint32_t at, place;

    if (len > TOP_TEXT)
        len = TOP_TEXT;
    place = find(c, text, len, hash);
    if (place != NO_PLACE) {
        c->places[place].count++;
        return place;
    }
    place = take_place(c);
    c->places[place].count++;
    c->places[place].hash = hash;
    c->places[place].len = (uint32_t)len;
    memcpy(c->places[place].head, text, len < HEAD ? len : HEAD);
    memcpy(c->texts[place], text, len);
    c->texts[place][len] = '\0';
    for (at = (uint32_t)hash & c->table_mask; c->table[at] != NO_PLACE; at = (at + 1) & c->table_mask)
        ;
    c->table[at] = place;
    return place;
}

void heavy_hitters_mark(struct heavy_hitters *c, uint32_t place, unsigned mark)
{
    c->marks[place][mark]++;
}

size_t heavy_hitters_size(const struct heavy_hitters *c)
{
    return c->used;
}

bool heavy_hitters_is_exact(const struct heavy_hitters *c)
{
    return !c->replaced;
}

uint64_t heavy_hitters_floor(const struct heavy_hitters *c)
{
    uint64_t least = UINT64_MAX;

    if (!c->replaced)
        return 0;
    for (uint32_t i = 0; i < c->used; i++)
        least = c->places[i].count < least ? c->places[i].count : least;
    return least;
}

static int by_count(const void *a, const void *b)
{
    const struct top_item *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->text, y->text);
}

size_t heavy_hitters_list(const struct heavy_hitters *c, struct arena *arena, size_t max,
                          struct top_item **ret)
{
    struct top_item *all = arena_array(arena, c->used + (size_t)1, sizeof(*all));

    for (uint32_t i = 0; i < c->used; i++) {
        all[i] = (struct top_item){c->texts[i], c->places[i].count, c->errors[i], {0}};
        memcpy(all[i].marks, c->marks[i], sizeof(all[i].marks));
    }
    qsort(all, c->used, sizeof(*all), by_count);
    for (uint32_t i = 0; i < c->used && i < max; i++)
        all[i].text = arena_text(arena, all[i].text);
    *ret = all;
    return c->used < max ? c->used : max;
}
