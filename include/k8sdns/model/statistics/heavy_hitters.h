/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_HEAVY_HITTERS_H
#define K8SDNS_MODEL_HEAVY_HITTERS_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The most frequent of any number of texts, in constant memory.
 *
 * The idea is Space-Saving: there is a fixed number of places, each with a text and its count. A text without
 * a place takes that of the least counted one, and its count too, plus one. So a count is never too small,
 * and too large by no more than the `error` noted when the place was taken; every text that is more than
 * 1/places of all has one. As long as there have been no more texts than places, all counts are exact.
 *
 * Source: Metwally, Agrawal, El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data
 * Streams", 2005.
 */
struct heavy_hitters;

/* Longer texts are cut: a DNS name has 255 octets, and most of the escaped ones no more characters. */
#define TOP_TEXT 255

/* Things counted besides, whose meaning is the caller's; since the place was taken. */
#define TOP_MARKS 2

struct top_item {
    const char *text; /* NUL-terminated */
    uint64_t count, error;
    uint64_t marks[TOP_MARKS];
};

/* `places` is a power of two, up to 65536. The memory is the arena's, all of it taken at once. */
struct heavy_hitters *heavy_hitters_new(struct arena *arena, uint32_t places);

/* Count a text. The place is valid until the next call. */
uint32_t heavy_hitters_add(struct heavy_hitters *counter, const char *text, size_t len, uint64_t hash);
/* TOP_MARKS marks nothing. */
void heavy_hitters_mark(struct heavy_hitters *counter, uint32_t place, unsigned mark);

/* Whether a text has a place. */
bool heavy_hitters_has(const struct heavy_hitters *counter, const char *text, size_t len, uint64_t hash);

/*
 * That hash comes soon: what its place stands in may be fetched meanwhile, in two steps, since the second
 * needs what the first fetches.
 */
void heavy_hitters_expect(const struct heavy_hitters *counter, uint64_t hash);
void heavy_hitters_approach(const struct heavy_hitters *counter, uint64_t hash);

/* The hash that heavy_hitters_add() wants: quick, and no secret. */
uint64_t top_hash(const char *text, size_t len);

/* Texts that have a place, and whether any has lost its place: then counts may be too large. */
size_t heavy_hitters_size(const struct heavy_hitters *counter);
bool heavy_hitters_is_exact(const struct heavy_hitters *counter);
/* No text without a place can have come more often; 0 while it is exact. */
uint64_t heavy_hitters_floor(const struct heavy_hitters *counter);

/* The most frequent `max`, by count and then by text. Return how many. */
size_t heavy_hitters_list(const struct heavy_hitters *counter, struct arena *arena, size_t max,
                          struct top_item **ret_items);

#endif
