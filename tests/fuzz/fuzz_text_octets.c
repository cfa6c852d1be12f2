/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/base64.h>
#include <k8sdns/base/utf16.h>
#include <stdlib.h>
#include <string.h>

/* UTF-16 makes the same text whole and in pieces, within its room; base64 makes three octets of four. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    char *whole = arena_alloc(arena, UTF16_ROOM(len) + 1), *pieces = arena_alloc(arena, 6 * len + 7);
    const char *text = (const char *)bytes;
    size_t made = 0, at = 0, whole_len;
    struct utf16 one, other;

    (void)utf16_begins(text, len, &one);
    other = one;
    whole_len = utf16_take(&one, text, len, whole);
    if (whole_len > UTF16_ROOM(len))
        abort();
    for (size_t i = 0; i < len; i++)
        at += utf16_take(&other, text + i, 1, pieces + at);
    if (at != whole_len || memcmp(whole, pieces, at) != 0)
        abort();
    if (base64_read(arena, text, len, &made) && made > len / 4 * 3 + 3)
        abort();
    arena_free(arena);
    return 0;
}
