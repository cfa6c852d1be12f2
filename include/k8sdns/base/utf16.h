/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_UTF16_H
#define K8SDNS_BASE_UTF16_H

#include <stdbool.h>
#include <stddef.h>

/* Text in UTF-16, as PowerShell's > writes it, read piece by piece as UTF-8. */
struct utf16 {
    bool is_big; /* the upper octet first */
    unsigned char held[4];
    size_t held_len; /* of a pair, or a unit, whose rest has not come */
};

/*
 * Whether the beginning of a text is UTF-16: a mark of the order of octets and three letters, or eight
 * letters whose second octet is zero. Then `ret` is ready for all of the text, the mark included.
 */
bool utf16_begins(const char *bytes, size_t len, struct utf16 *ret);

/* The most octets that utf16_take() makes of `len`. */
#define UTF16_ROOM(len) ((len) + (len) / 2 + 6)

/* Put the UTF-8 of the next piece into `out`, without the mark. Return how many octets that is. */
size_t utf16_take(struct utf16 *utf16, const char *bytes, size_t len, char *out);

#endif
