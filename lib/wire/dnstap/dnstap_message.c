/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "protobuf_cursor.h"
#include <errno.h>
#include <k8sdns/wire/dnstap/dnstap_message.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
/* 2^33 seconds after 1970: beyond it nanoseconds do not fit, and no clock is right. */
#define SECONDS_MAX (UINT64_C(1) << 33)

const char *const dnstap_type_names[DNSTAP_TYPES] = {
    "none",          "AUTH_QUERY",      "AUTH_RESPONSE",   "RESOLVER_QUERY",     "RESOLVER_RESPONSE",
    "CLIENT_QUERY",  "CLIENT_RESPONSE", "FORWARDER_QUERY", "FORWARDER_RESPONSE", "STUB_QUERY",
    "STUB_RESPONSE", "TOOL_QUERY",      "TOOL_RESPONSE",   "UPDATE_QUERY",       "UPDATE_RESPONSE",
};

const char *const dnstap_protocol_names[] = {"-",           "UDP",         "TCP", "DOT", "DOH",
                                             "DNSCryptUDP", "DNSCryptTCP", "DOQ", NULL};

/* Seconds and nanoseconds come apart. */
struct dnstap_moment {
    uint64_t seconds, nanoseconds;
    bool given;
};

static uint64_t moment_ns(const struct dnstap_moment *moment)
{
    if (!moment->given || moment->seconds >= SECONDS_MAX || moment->nanoseconds >= NS_PER_S)
        return 0;
    return moment->seconds * NS_PER_S + moment->nanoseconds;
}

static void read_address(const struct protobuf_field *field, struct address *ret)
{
    struct address address = {.family = field->len == 4 ? AF_INET : AF_INET6, .port = ret->port};

    if (field->len != 4 && field->len != 16)
        return;
    memcpy(&address.v6, field->bytes, field->len);
    *ret = address_unmapped(&address);
}

static uint16_t port_of(uint64_t value)
{
    return value <= UINT16_MAX ? (uint16_t)value : 0;
}

static int read_inner(const struct protobuf_field *outer, struct dnstap_message *m)
{
    struct protobuf_cursor c = {.at = outer->bytes, .end = outer->bytes + outer->len};
    struct dnstap_moment query = {0}, response = {0};
    struct octets query_dns = {0}, response_dns = {0};
    struct protobuf_field f;
    bool typed = false;

    while (protobuf_next(&c, &f)) {
        switch (f.number) {
        case 1:
            typed = !f.bytes;
            m->type = f.value < DNSTAP_TYPES ? (int)f.value : DNSTAP_NO_MESSAGE;
            break;
        case 3:
            m->protocol = f.value < DNSTAP_PROTOCOLS ? (int)f.value : 0;
            break;
        case 4:
            read_address(&f, &m->query);
            break;
        case 5:
            read_address(&f, &m->response);
            break;
        case 6:
            m->query.port = port_of(f.value);
            break;
        case 7:
            m->response.port = port_of(f.value);
            break;
        case 8:
            query.seconds = f.value;
            query.given = true;
            break;
        case 9:
            query.nanoseconds = f.value;
            break;
        case 10:
            query_dns = (struct octets){f.bytes, f.len};
            break;
        case 11:
            m->zone = (struct octets){f.bytes, f.len};
            break;
        case 12:
            response.seconds = f.value;
            response.given = true;
            break;
        case 13:
            response.nanoseconds = f.value;
            break;
        case 14:
            response_dns = (struct octets){f.bytes, f.len};
            break;
        default:
            break;
        }
    }
    m->query_ns = moment_ns(&query);
    m->response_ns = moment_ns(&response);
    /* Queries have odd numbers. */
    m->dns = m->type % 2 ? query_dns : response_dns;
    return c.failed || !typed ? -EBADMSG : 0;
}

int dnstap_message_read(const uint8_t *bytes, size_t len, struct dnstap_message *ret)
{
    struct protobuf_cursor c = {.at = bytes, .end = bytes + len};
    struct protobuf_field f, inner = {0};
    uint64_t type = 0;

    memset(ret, 0, sizeof(*ret));
    while (protobuf_next(&c, &f)) {
        if (f.number == 1)
            ret->identity = (struct octets){f.bytes, f.len};
        else if (f.number == 2)
            ret->version = (struct octets){f.bytes, f.len};
        else if (f.number == 3)
            ret->extra = (struct octets){f.bytes, f.len};
        else if (f.number == 14)
            inner = f;
        else if (f.number == 15)
            type = f.value;
    }
    if (c.failed || !type)
        return -EBADMSG;
    if (type != 1) /* MESSAGE is the only kind so far */
        return 0;
    return inner.bytes ? read_inner(&inner, ret) : -EBADMSG;
}
