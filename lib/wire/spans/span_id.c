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

/* Source: RFC 4648, section 4. */
static bool read_base64(const struct json_text *text, uint64_t *ret_high, uint64_t *ret_low)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bytes = text->len == 12 && text->at[11] == '='                          ? 8
                   : text->len == 24 && text->at[22] == '=' && text->at[23] == '=' ? 16
                                                                                   : 0;
    uint64_t high = 0, low = 0;
    unsigned bits = 0, held = 0;

    for (size_t i = 0, taken = 0; taken < bytes; i++) {
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
        taken++;
    }
    *ret_high = high;
    *ret_low = low;
    return bytes > 0;
}

bool span_id_read(const struct json_text *text, uint64_t *ret_high, uint64_t *ret_low)
{
    return read_hex(text, ret_high, ret_low) || read_base64(text, ret_high, ret_low);
}
