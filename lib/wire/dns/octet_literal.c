/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "octet_literal.h"
#include "octet_text.h"
#include <ctype.h>
#include <string.h>

/* The header of a DNS message: fewer octets are none. */
#define OCTETS_MIN 12

struct literal_text {
    struct arena *arena;
    const char *bytes, *end;
    struct message_input *input;
    const char *counted; /* lines are counted up to here */
    size_t line;
};

static const char *find(const struct literal_text *t, const char *from, const char *words)
{
    return memmem(from, (size_t)(t->end - from), words, strlen(words));
}

static struct octet_block *add_block(struct literal_text *t, int form, const char *at, size_t room)
{
    struct octet_block *block = ARENA_PUSH(t->arena, t->input->blocks, t->input->blocks_count);

    for (; t->counted < at; t->counted++)
        t->line += *t->counted == '\n';
    *block = (struct octet_block){.form = form, .line = t->line, .bytes = arena_alloc(t->arena, room + 1)};
    return block;
}

static size_t rest_of(const struct literal_text *t, const char *at)
{
    return (size_t)(t->end - at);
}

/* Too short is no message: what was found is none of these. */
static bool is_enough(struct literal_text *t, const struct octet_block *block)
{
    if (block->len >= OCTETS_MIN)
        return true;
    t->input->blocks_count--;
    return false;
}

static const char *put(struct octet_block *block, unsigned value, const char *behind)
{
    block->bytes[block->len++] = (uint8_t)value;
    return behind;
}

/* Behind an escape, whose backslash stands before `at`. */
static const char *escape_read(const char *at, const char *end, struct octet_block *block)
{
    static const char from[] = "nrtabfv", to[] = "\n\r\t\a\b\f\v";
    const char *known = memchr(from, *at, sizeof(from) - 1);
    size_t left = (size_t)(end - at), octal = 0;
    unsigned value = 0;

    if (*at == 'x' && left > 2 && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0)
        return put(block, (unsigned)(hex_digit(at[1]) << 4 | hex_digit(at[2])), at + 3);
    /* Up to U+00FF a character is an octet. */
    if (*at == 'u' && left > 4 && at[1] == '0' && at[2] == '0' && hex_digit(at[3]) >= 0 &&
        hex_digit(at[4]) >= 0)
        return put(block, (unsigned)(hex_digit(at[3]) << 4 | hex_digit(at[4])), at + 5);
    for (; octal < 3 && octal < left && at[octal] >= '0' && at[octal] <= '7'; octal++)
        value = value << 3 | (unsigned)(at[octal] - '0');
    if (octal)
        return put(block, value, at + octal);
    return put(block, (unsigned char)(known ? to[known - from] : *at), at + 1);
}

/* Strings, of which those that stand one behind the other are one. */
static bool strings_read(struct literal_text *t)
{
    const char *first = find(t, t->bytes, "\\x"), *at;
    struct octet_block *block;

    for (at = t->bytes; first && at < first && *at != '"' && *at != '\'';)
        at++;
    if (!first || at == first)
        return false;
    block = add_block(t, OCTETS_HEX, at, rest_of(t, at));
    while (at < t->end && (*at == '"' || *at == '\'')) {
        char quote = *at++;

        while (at < t->end && *at != quote) {
            if (*at == '\\' && t->end - at > 1)
                at = escape_read(at + 1, t->end, block);
            else
                at = put(block, (unsigned char)*at, at + 1);
        }
        at += at < t->end;
        while (at < t->end && (isspace((unsigned char)*at) || *at == '\\' || *at == '+'))
            at++;
    }
    return is_enough(t, block);
}

static bool hex_array_read(struct literal_text *t)
{
    struct octet_block *block;
    const char *open = find(t, t->bytes, "{"), *at = open ? open : find(t, t->bytes, "[");

    if (!at)
        return false;
    block = add_block(t, OCTETS_HEX, at, rest_of(t, at));
    while ((at = find(t, at, "0x")) && t->end - at >= 4) {
        if (hex_digit(at[2]) >= 0 && hex_digit(at[3]) >= 0 && (t->end - at == 4 || hex_digit(at[4]) < 0))
            (void)put(block, (unsigned)(hex_digit(at[2]) << 4 | hex_digit(at[3])), at);
        at += 2;
    }
    return is_enough(t, block);
}

/* [18 52 129 128], [18, 52, 129, 128]: nothing else is in it. */
static bool decimal_array_read(struct literal_text *t)
{
    struct octet_block *block;
    const char *at = t->bytes;
    bool ended = false;

    while (at < t->end && isspace((unsigned char)*at))
        at++;
    if (at == t->end || *at != '[')
        return false;
    block = add_block(t, OCTETS_HEX, at, rest_of(t, at));
    for (at++; at < t->end && !ended; at++) {
        unsigned value = 0, digits = 0;

        for (; at < t->end && isdigit((unsigned char)*at) && digits < 4; at++, digits++)
            value = value * 10 + (unsigned)(*at - '0');
        if (digits)
            (void)put(block, value, at);
        ended = at < t->end && *at == ']';
        if (value > UINT8_MAX || at == t->end || !(ended || *at == ',' || isspace((unsigned char)*at)))
            break;
    }
    if (ended)
        return is_enough(t, block);
    t->input->blocks_count--;
    return false;
}

static bool doh_read(struct literal_text *t)
{
    const char *at = find(t, t->bytes, "?dns=");
    struct octet_block *block;
    struct base64 state = {0};

    if (!at)
        at = find(t, t->bytes, "&dns=");
    if (!at)
        return false;
    block = add_block(t, OCTETS_BASE64, at, rest_of(t, at));
    for (at += 5; at < t->end && base64_digit(*at) >= 0; at++)
        base64_put(block, *at, &state);
    return is_enough(t, block);
}

/* "frame_raw": ["0200...", ...], or the string alone with -T jsonraw. */
static bool frames_read(struct literal_text *t)
{
    static const char key[] = "\"frame_raw\"";
    const char *at = t->bytes;
    bool found = false;

    while ((at = find(t, at, key))) {
        struct octet_block *block;
        const char *digits;

        at += sizeof(key) - 1;
        while (at < t->end && *at != '"')
            at++;
        digits = at += at < t->end;
        while (at < t->end && hex_digit(*at) >= 0)
            at++;
        block = add_block(t, OCTETS_HEX, digits, (size_t)(at - digits) / 2);
        for (; at - digits > 1; digits += 2)
            (void)put(block, (unsigned)(hex_digit(digits[0]) << 4 | hex_digit(digits[1])), digits);
        found = is_enough(t, block) || found;
    }
    return found;
}

bool octet_literal_read(struct arena *arena, const char *bytes, size_t len, struct message_input *input)
{
    struct literal_text t = {arena, bytes, bytes + len, input, bytes, 1};

    return frames_read(&t) || doh_read(&t) || strings_read(&t) || decimal_array_read(&t) ||
           hex_array_read(&t);
}
