/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "span_id.h"
#include <string.h>

static bool read_hex(const struct json_text *text, uint64_t *ret_high, uint64_t *ret_low)
{
    uint64_t high = 0, low = 0;

    if (!text->len || text->len > 32)
        return false;
    for (size_t i = 0; i < text->len; i++) {
        unsigned digit = json_hex(text->at[i]);

        if (digit > 15)
            return false;
        high = high << 4 | low >> 60;
        low = low << 4 | digit;
    }
    *ret_high = high;
    *ret_low = low;
    return true;
}

/* Source: RFC 4648, section 4. Leading bytes of zero may be left out. */
static bool read_base64(const struct json_text *text, uint64_t *ret_high, uint64_t *ret_low)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t high = 0, low = 0;
    size_t len = text->len;
    unsigned bits = 0, held = 0;

    if (!len || len > 24 || len % 4)
        return false;
    for (int i = 0; i < 2 && text->at[len - 1] == '='; i++)
        len--;
    for (size_t i = 0; i < len; i++) {
        const char *digit = text->at[i] ? strchr(digits, text->at[i]) : NULL;

        if (!digit)
            return false;
        bits = bits << 6 | (unsigned)(digit - digits);
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        high = high << 8 | low >> 56;
        low = low << 8 | (bits >> held & 0xff);
    }
    *ret_high = high;
    *ret_low = low;
    return true;
}

bool span_id_read(const struct json_text *text, uint64_t *ret_high, uint64_t *ret_low)
{
    return read_hex(text, ret_high, ret_low) || read_base64(text, ret_high, ret_low);
}
