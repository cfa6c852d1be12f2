/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <k8sdns/model/statistics/heavy_hitters.h>
#include <stdlib.h>
#include <string.h>

#define NO_PLACE UINT32_MAX

#define HEAD 48

/* What a hit needs, in one line of the cache: most texts are no longer than their head. */
struct hitter_place {
    uint64_t count;
    uint32_t hash, len;
    char head[HEAD];
};
_Static_assert(sizeof(struct hitter_place) == 64, "a place is a line of the cache");

/* What is counted besides. */
struct hitter_notes {
    uint64_t error, marks[TOP_MARKS];
};

/* A place by its hash, half of which is enough to pass by others without looking at them. */
struct hitter_slot {
    uint32_t hash, place;
};

struct heavy_hitters {
    uint32_t places_count, used, cursor;
    uint64_t least; /* count of the least counted, as far as the cursor has seen */
    uint32_t slots_mask;
    struct hitter_slot *slots; /* linear probing; NO_PLACE when empty */
    struct hitter_place *places;
    struct hitter_notes *notes;
    char (*tails)[TOP_TEXT - HEAD]; /* of texts that are longer than their head */
    bool replaced;
};

static uint64_t octets8(const char *at)
{
    uint64_t word;

    memcpy(&word, at, 8);
    return word;
}

/* The last `len` octets before `end`, fewer than eight, as a number whose last digit is the last of them. */
static uint64_t octets_before(const char *end, size_t len)
{
    uint64_t word = 0;
    uint32_t first, last;

    if (len >= 4) {
        memcpy(&first, end - len, 4);
        memcpy(&last, end - 4, 4);
        return (uint64_t)be32toh(first) << 8 * (len - 4) | be32toh(last);
    }
    for (; len; len--)
        word = word << 8 | (unsigned char)end[-(ptrdiff_t)len];
    return word;
}

uint64_t top_hash(const char *text, size_t len)
{
    uint64_t hash = len * UINT64_C(0x9E3779B97F4A7C15);

    for (; len >= 8; text += 8, len -= 8) {
        hash = (hash ^ octets8(text)) * UINT64_C(0xBF58476D1CE4E5B9);
        hash ^= hash >> 29;
    }
    hash = (hash ^ octets_before(text + len, len)) * UINT64_C(0x94D049BB133111EB);
    return hash ^ hash >> 32;
}

struct heavy_hitters *heavy_hitters_new(struct arena *arena, uint32_t places)
{
    struct heavy_hitters *c = ARENA_NEW(arena, struct heavy_hitters);
    size_t slots = (size_t)places * 2;

    c->places_count = places;
    c->slots_mask = (uint32_t)slots - 1;
    c->slots = arena_array(arena, slots, sizeof(*c->slots));
    memset(c->slots, 0xff, slots * sizeof(*c->slots));
    c->places = arena_array(arena, places + (size_t)1, sizeof(*c->places));
    /* At the beginning of a line. */
    c->places =
        (struct hitter_place *)(((uintptr_t)c->places + sizeof(*c->places) - 1) & ~(sizeof(*c->places) - 1));
    c->notes = arena_array(arena, places, sizeof(*c->notes));
    c->tails = arena_array(arena, places, sizeof(*c->tails));
    return c;
}

/* Take a place out of the slots, moving up those that its going would cut off. */
static void slots_remove(struct heavy_hitters *c, uint32_t place)
{
    uint32_t at = c->places[place].hash & c->slots_mask, next;

    while (c->slots[at].place != place)
        at = (at + 1) & c->slots_mask;
    for (next = (at + 1) & c->slots_mask; c->slots[next].place != NO_PLACE;
         next = (next + 1) & c->slots_mask) {
        uint32_t home = c->slots[next].hash & c->slots_mask;

        if (((next - home) & c->slots_mask) >= ((next - at) & c->slots_mask)) {
            c->slots[at] = c->slots[next];
            at = next;
        }
    }
    c->slots[at].place = NO_PLACE;
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
    slots_remove(c, place);
    c->replaced = true;
    c->notes[place] = (struct hitter_notes){.error = c->places[place].count};
    return place;
}

static bool is_text(const struct heavy_hitters *c, uint32_t place, const char *text, size_t len)
{
    const struct hitter_place *p = &c->places[place];

    return p->len == len && memcmp(p->head, text, len < HEAD ? len : HEAD) == 0 &&
           (len <= HEAD || memcmp(c->tails[place], text + HEAD, len - HEAD) == 0);
}

static uint32_t find(const struct heavy_hitters *c, const char *text, size_t len, uint64_t hash)
{
    for (uint32_t at = (uint32_t)hash & c->slots_mask; c->slots[at].place != NO_PLACE;
         at = (at + 1) & c->slots_mask)
        if (c->slots[at].hash == (uint32_t)hash && is_text(c, c->slots[at].place, text, len))
            return c->slots[at].place;
    return NO_PLACE;
}

void heavy_hitters_expect(const struct heavy_hitters *c, uint64_t hash)
{
    __builtin_prefetch(&c->slots[(uint32_t)hash & c->slots_mask]);
}

void heavy_hitters_approach(const struct heavy_hitters *c, uint64_t hash)
{
    const struct hitter_slot *slot = &c->slots[(uint32_t)hash & c->slots_mask];

    if (slot->place != NO_PLACE)
        __builtin_prefetch(&c->places[slot->place], 1);
}

bool heavy_hitters_has(const struct heavy_hitters *c, const char *text, size_t len, uint64_t hash)
{
    return find(c, text, len < TOP_TEXT ? len : TOP_TEXT, hash) != NO_PLACE;
}

static void put(struct heavy_hitters *c, uint32_t place, const char *text, size_t len, uint64_t hash)
{
    struct hitter_place *p = &c->places[place];
    uint32_t at = (uint32_t)hash & c->slots_mask;

    p->hash = (uint32_t)hash;
    p->len = (uint32_t)len;
    memcpy(p->head, text, len < HEAD ? len : HEAD);
    if (len > HEAD)
        memcpy(c->tails[place], text + HEAD, len - HEAD);
    while (c->slots[at].place != NO_PLACE)
        at = (at + 1) & c->slots_mask;
    c->slots[at] = (struct hitter_slot){(uint32_t)hash, place};
}

uint32_t heavy_hitters_add(struct heavy_hitters *c, const char *text, size_t len, uint64_t hash)
{
    uint32_t place;

    if (len > TOP_TEXT)
        len = TOP_TEXT;
    place = find(c, text, len, hash);
    if (place == NO_PLACE) {
        place = take_place(c);
        put(c, place, text, len, hash);
    }
    c->places[place].count++;
    return place;
}

void heavy_hitters_mark(struct heavy_hitters *c, uint32_t place, unsigned mark)
{
    if (mark < TOP_MARKS)
        c->notes[place].marks[mark]++;
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

static const char *text_of(const struct heavy_hitters *c, uint32_t place, struct arena *arena)
{
    const struct hitter_place *p = &c->places[place];
    char *text = arena_alloc(arena, p->len + (size_t)1);

    memcpy(text, p->head, p->len < HEAD ? p->len : HEAD);
    if (p->len > HEAD)
        memcpy(text + HEAD, c->tails[place], p->len - HEAD);
    return text;
}

size_t heavy_hitters_list(const struct heavy_hitters *c, struct arena *arena, size_t max,
                          struct top_item **ret)
{
    struct top_item *all = arena_array(arena, c->used + (size_t)1, sizeof(*all));
    for (uint32_t i = 0; i < c->used; i++) {
        all[i] = (struct top_item){text_of(c, i, arena), c->places[i].count, c->notes[i].error, {0}};
        memcpy(all[i].marks, c->notes[i].marks, sizeof(all[i].marks));
    }
    qsort(all, c->used, sizeof(*all), by_count);
    *ret = all;
    return c->used < max ? c->used : max;
}
