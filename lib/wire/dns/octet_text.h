/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_OCTET_TEXT_H
#define K8SDNS_WIRE_OCTET_TEXT_H

#include <k8sdns/wire/dns/message_input.h>
#include <stdbool.h>
#include <string.h>

/* Digits of hex and base64, for readers of octets; -1 for what is none. */
static inline int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c == '-' ? '+' : c == '_' ? '/' : c) : NULL;

    return at ? (int)(at - digits) : -1;
}

struct base64 {
    uint32_t bits;
    unsigned count;
    bool ended; /* a '=' was seen */
};

/* Source: RFC 4648 sections 4 and 5. What is no digit is passed over. */
static inline void base64_put(struct octet_block *block, char c, struct base64 *state)
{
    int value = base64_digit(c);

    if (value < 0)
        return;
    state->bits = state->bits << 6 | (uint32_t)value;
    state->count += 6;
    if (state->count >= 8) {
        state->count -= 8;
        block->bytes[block->len++] = (uint8_t)(state->bits >> state->count);
    }
}

#endif
