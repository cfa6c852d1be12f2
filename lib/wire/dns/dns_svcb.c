/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns_svcb.h"
#include <arpa/inet.h>
#include <stdio.h>

/* Source: IANA "Service Parameter Keys (SvcParamKeys)". */
enum {
    KEY_MANDATORY = 0,
    KEY_ALPN = 1,
    KEY_PORT = 3,
    KEY_IPV4HINT = 4,
    KEY_IPV6HINT = 6,
};

static const char *const keys[] = {"mandatory", "alpn",     "no-default-alpn", "port", "ipv4hint",
                                   "ech",       "ipv6hint", "dohpath",         "ohttp"};

static void add_key(struct text *out, unsigned key)
{
    if (key < sizeof(keys) / sizeof(keys[0]))
        text_add(out, keys[key]);
    else
        text_addf(out, "key%u", key);
}

static void add_hints(struct text *out, struct dns_cursor *c, int family, size_t size)
{
    for (bool first = true; c->at < c->end && !c->why; first = false) {
        const uint8_t *bytes = dns_cursor_take(c, size);
        char host[INET6_ADDRSTRLEN];

        if (bytes && inet_ntop(family, bytes, host, sizeof(host)))
            text_addf(out, "%s%s", first ? "" : ",", host);
    }
}

/* Any value in quotes: what is not printable as \DDD, and a comma in a list twice escaped (appendix A.1). */
static void add_value(struct text *out, const uint8_t *bytes, size_t len, bool in_list)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] < 0x20 || bytes[i] >= 0x7f)
            text_addf(out, "\\%03u", bytes[i]);
        else if (in_list && (bytes[i] == ',' || bytes[i] == '\\'))
            text_addf(out, "\\\\%s%c", bytes[i] == '\\' ? "\\" : "", bytes[i]);
        else if (bytes[i] == '"' || bytes[i] == '\\')
            text_addf(out, "\\%c", bytes[i]);
        else
            text_add_char(out, (char)bytes[i], 1);
    }
}

static void add_alpn(struct text *out, struct dns_cursor *c)
{
    text_add(out, "\"");
    for (bool first = true; c->at < c->end && !c->why; first = false) {
        size_t len = dns_cursor_u8(c);
        const uint8_t *bytes = dns_cursor_take(c, len);

        text_add(out, first ? "" : ",");
        if (bytes)
            add_value(out, bytes, len, true);
    }
    text_add(out, "\"");
}

static void add_param(struct text *out, struct dns_cursor *c, unsigned key)
{
    switch (key) {
    case KEY_MANDATORY:
        for (bool first = true; c->at < c->end && !c->why; first = false) {
            text_add(out, first ? "" : ",");
            add_key(out, dns_cursor_u16(c));
        }
        break;
    case KEY_ALPN:
        add_alpn(out, c);
        break;
    case KEY_PORT:
        text_addf(out, "%u", dns_cursor_u16(c));
        break;
    case KEY_IPV4HINT:
        add_hints(out, c, AF_INET, 4);
        break;
    case KEY_IPV6HINT:
        add_hints(out, c, AF_INET6, 16);
        break;
    default:
        text_add(out, "\"");
        add_value(out, c->bytes + c->at, c->end - c->at, false);
        c->at = c->end;
        text_add(out, "\"");
        break;
    }
    if (c->at != c->end)
        dns_cursor_fail(c, "a service parameter of a wrong length", c->at);
}

void dns_svcb_params(struct text *out, struct dns_cursor *c)
{
    size_t end = c->end;

    for (bool first = true; c->at < end && !c->why; first = false) {
        unsigned key = dns_cursor_u16(c);
        size_t len = dns_cursor_u16(c);

        if (c->why || end - c->at < len) {
            dns_cursor_fail(c, "a service parameter runs past the end of its record", c->at);
            return;
        }
        text_add(out, first ? "" : " ");
        add_key(out, key);
        if (!len)
            continue;
        text_add(out, "=");
        c->end = c->at + len;
        add_param(out, c, key);
        c->end = end;
    }
}
