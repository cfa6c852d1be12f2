/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/base64.h>
#include <stdint.h>
#include <string.h>

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : c == '-' ? 62 : c == '_' ? 63 : -1;
}

char *base64_read(struct arena *arena, const char *text, size_t len, size_t *ret_len)
{
    char *bytes = arena_alloc(arena, len / 4 * 3 + 4);
    size_t made = 0, digits = 0, ends = 0;
    uint32_t held = 0;

    for (size_t i = 0; i < len; i++) {
        int value = digit(text[i]);

        if (text[i] && strchr(" \t\r\n", text[i]))
            continue;
        ends += text[i] == '=';
        if (text[i] != '=' && (value < 0 || ends))
            return NULL;
        if (text[i] == '=')
            continue;
        held = held << 6 | (uint32_t)value;
        if (++digits % 4 != 1)
            bytes[made++] = (char)(held >> (6 - 2 * ((digits - 1) % 4)) % 8);
    }
    /* One digit alone is no octet. */
    if (digits % 4 == 1 || ends > 2)
        return NULL;
    bytes[made] = '\0';
    *ret_len = made;
    return bytes;
}
