/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PROTOBUF_CURSOR_H
#define K8SDNS_WIRE_PROTOBUF_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A place in protocol buffers' encoding with a sticky error, as in dns_cursor.h: after a read past the end
 * all are zero, and `failed` is looked at once.
 *
 *     field   | key: number << 3 | kind | value
 *     kind    0 varint, 1 eight octets, 2 a length and octets, 5 four octets (3 and 4 are of the past)
 *
 * Source: protobuf.dev, "Encoding".
 */
struct protobuf_cursor {
    const uint8_t *at, *end;
    bool failed;
};

/* One field. A number, or octets, by its kind; the other is empty. */
struct protobuf_field {
    uint32_t number;
    uint64_t value;
    const uint8_t *bytes; /* NULL unless it is of octets */
    size_t len;
};

static inline uint64_t protobuf_varint(struct protobuf_cursor *c)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 70 && c->at < c->end; shift += 7) {
        uint8_t octet = *c->at++;

        if (shift < 64)
            value |= (uint64_t)(octet & 0x7f) << shift;
        if (!(octet & 0x80))
            return value;
    }
    c->failed = true;
    return 0;
}

static inline uint64_t protobuf_fixed(struct protobuf_cursor *c, unsigned octets)
{
    uint64_t value = 0;

    if ((size_t)(c->end - c->at) < octets) {
        c->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < octets; i++)
        value |= (uint64_t)c->at[i] << 8 * i;
    c->at += octets;
    return value;
}

/* Give the next field. Return false at the end and after a failure. */
static inline bool protobuf_next(struct protobuf_cursor *c, struct protobuf_field *field)
{
    uint64_t key;

    if (c->failed || c->at == c->end)
        return false;
    key = protobuf_varint(c);
    field->number = (uint32_t)(key >> 3 < UINT32_MAX ? key >> 3 : UINT32_MAX);
    field->bytes = NULL;
    field->value = 0;
    field->len = 0;
    switch (key & 7) {
    case 0:
        field->value = protobuf_varint(c);
        break;
    case 1:
        field->value = protobuf_fixed(c, 8);
        break;
    case 5:
        field->value = protobuf_fixed(c, 4);
        break;
    case 2:
        field->value = protobuf_varint(c);
        if (field->value > (size_t)(c->end - c->at)) {
            c->failed = true;
            return false;
        }
        field->bytes = c->at;
        field->len = (size_t)field->value;
        c->at += field->len;
        break;
    default:
        c->failed = true;
    }
    return !c->failed;
}

#endif
