/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <k8sdns/base/utf16.h>
#include <stdint.h>

#define MARK        0xfeff
#define REPLACEMENT 0xfffd
/* Letters that must be there: with a mark, and without, where a message of DNS might look alike. */
#define LETTERS_MARKED   3
#define LETTERS_UNMARKED 8

static bool are_letters(const unsigned char *b, size_t from, size_t letters, bool big)
{
    for (size_t i = 0; i < letters; i++) {
        unsigned char low = b[from + 2 * i + big], high = b[from + 2 * i + !big];

        if (high || (!isprint(low) && !isspace(low)))
            return false;
    }
    return true;
}

bool utf16_begins(const char *bytes, size_t len, struct utf16 *ret)
{
    const unsigned char *b = (const unsigned char *)bytes;
    bool little = len >= 2 && b[0] == 0xff && b[1] == 0xfe, big = len >= 2 && b[0] == 0xfe && b[1] == 0xff;

    *ret = (struct utf16){.is_big = big};
    if (little || big)
        return len >= 2 + 2 * LETTERS_MARKED && are_letters(b, 2, LETTERS_MARKED, big);
    return len >= 2 * LETTERS_UNMARKED && are_letters(b, 0, LETTERS_UNMARKED, false);
}

static size_t put(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

static uint32_t unit(const struct utf16 *utf16, size_t at)
{
    return (uint32_t)utf16->held[at + !utf16->is_big] << 8 | utf16->held[at + utf16->is_big];
}

static bool is_upper_half(uint32_t value)
{
    return value >= 0xd800 && value < 0xdc00;
}

static bool is_lower_half(uint32_t value)
{
    return value >= 0xdc00 && value < 0xe000;
}

/* What is held is a unit, or an upper half and what follows it. */
static size_t take_held(struct utf16 *utf16, char *out)
{
    uint32_t first = unit(utf16, 0), second;
    size_t len;

    if (utf16->held_len == 2) {
        if (is_upper_half(first))
            return 0;
        utf16->held_len = 0;
        return first == MARK ? 0 : put(is_lower_half(first) ? REPLACEMENT : first, out);
    }
    second = unit(utf16, 2);
    utf16->held_len = 0;
    if (is_lower_half(second))
        return put(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), out);
    /* A half alone; what follows it stands for itself. */
    len = put(REPLACEMENT, out);
    utf16->held[0] = utf16->held[2];
    utf16->held[1] = utf16->held[3];
    utf16->held_len = 2;
    return len + take_held(utf16, out + len);
}

size_t utf16_take(struct utf16 *utf16, const char *bytes, size_t len, char *out)
{
    size_t made = 0;

    for (size_t i = 0; i < len; i++) {
        utf16->held[utf16->held_len++] = (unsigned char)bytes[i];
        if (utf16->held_len == 2 || utf16->held_len == 4)
            made += take_held(utf16, out + made);
    }
    return made;
}
