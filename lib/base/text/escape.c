/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/escape.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Code points that move the cursor's direction or hide text: what "Trojan Source" is made of. */
static bool hides(uint32_t cp)
{
    return cp < 0xa0 || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff0 && cp <= 0xffff) ||
           (cp >= 0xe0000 && cp <= 0xe0fff);
}

/* Length of a well-formed, visible multi-byte character at `p`, or 0. Source: RFC 3629 section 4. */
static size_t utf8_visible(const unsigned char *p, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t cp;
    size_t n;

    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        n = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        n = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        n = 4;
    else
        return 0;
    if (len < n)
        return 0;
    cp = p[0] & (0xff >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (p[i] & 0x3f);
    }
    if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff) || hides(cp))
        return 0;
    return n;
}

size_t escape_line(char *out, size_t size, const char *in, size_t len)
{
    size_t n = 0;

    if (size == 0)
        return 0;
    for (size_t i = 0; i < len;) {
        const unsigned char *p = (const unsigned char *)in + i;
        char piece[5];
        size_t take = 1, put = 1;

        if (*p >= 0x20 && *p < 0x7f) {
            piece[0] = (char)*p;
        } else if ((put = utf8_visible(p, len - i)) > 0) {
            memcpy(piece, p, put);
            take = put;
        } else {
            snprintf(piece, sizeof(piece), "\\%03u", *p);
            put = 4;
        }
        if (n + put >= size)
            break;
        memcpy(out + n, piece, put);
        n += put;
        i += take;
    }
    out[n] = '\0';
    return n;
}
