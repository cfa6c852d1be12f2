/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_DNS_CURSOR_H
#define K8SDNS_WIRE_DNS_CURSOR_H

#include <k8sdns/wire/dns/dns_name.h>

/*
 * A place in a DNS message with a sticky error: a read past `end` notes the first damage and gives zero, as
 * do all reads after it, so a parser reads straight on and looks at `why` once.
 */
struct dns_cursor {
    const uint8_t *bytes; /* the whole message, which compression pointers lead into */
    size_t at, end;       /* what may be read here */
    size_t len;           /* of the message */
    const char *why;      /* NULL while all is well */
    size_t where;
};

static inline void dns_cursor_fail(struct dns_cursor *c, const char *why, size_t where)
{
    if (!c->why) {
        c->why = why;
        c->where = where;
    }
}

/* The next `count` bytes, or NULL. */
static inline const uint8_t *dns_cursor_take(struct dns_cursor *c, size_t count)
{
    const uint8_t *at = c->bytes + c->at;

    if (c->why)
        return NULL;
    if (c->end - c->at < count) {
        dns_cursor_fail(c, "the message ends in the middle of a record", c->at);
        return NULL;
    }
    c->at += count;
    return at;
}

static inline uint8_t dns_cursor_u8(struct dns_cursor *c)
{
    const uint8_t *p = dns_cursor_take(c, 1);

    return p ? p[0] : 0;
}

static inline uint16_t dns_cursor_u16(struct dns_cursor *c)
{
    const uint8_t *p = dns_cursor_take(c, 2);

    return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t dns_cursor_u32(struct dns_cursor *c)
{
    const uint8_t *p = dns_cursor_take(c, 4);

    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

/* A name, or "" after a failure. A name may lead elsewhere but must not begin or end outside [at, end). */
static inline void dns_cursor_name(struct dns_cursor *c, char out[DNS_NAME_TEXT])
{
    const char *why;
    size_t where;
    int taken;

    out[0] = '\0';
    if (c->why)
        return;
    taken = dns_name_read(c->bytes, c->len, c->at, out, &why, &where);
    if (taken < 0) {
        dns_cursor_fail(c, why, where);
    } else if (c->end - c->at < (size_t)taken) {
        dns_cursor_fail(c, "a name runs past the end of its record", c->at);
        out[0] = '\0';
    } else {
        c->at += (size_t)taken;
    }
}

#endif
