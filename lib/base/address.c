/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <k8sdns/base/address.h>
#include <k8sdns/base/number.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static int scope_parse(const char *name, uint32_t *ret_scope)
{
    uint64_t number;
    unsigned index = if_nametoindex(name);

    if (index) {
        *ret_scope = index;
        return 0;
    }
    if (number_parse(name, 1, UINT32_MAX, &number, NULL) < 0)
        return -EINVAL;
    *ret_scope = (uint32_t)number;
    return 0;
}

/* Split "HOST", "HOST:PORT", "[HOST]:PORT"; a bare IPv6 address has more than one colon and no port. */
static int split(const char *text, char *host, size_t size, const char **ret_port)
{
    const char *begin = text, *end, *colon = strchr(text, ':');

    *ret_port = NULL;
    if (*text == '[') {
        begin = text + 1;
        end = strchr(begin, ']');
        if (!end || (end[1] && end[1] != ':'))
            return -EINVAL;
        if (end[1])
            *ret_port = end + 2;
    } else if (colon && !strchr(colon + 1, ':')) {
        end = colon;
        *ret_port = colon + 1;
    } else {
        end = text + strlen(text);
    }
    if ((size_t)(end - begin) >= size)
        return -EINVAL;
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    return 0;
}

int address_parse(const char *text, uint16_t default_port, struct address *ret_address, struct err *err)
{
    struct address a = {.port = default_port};
    char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], *percent;
    const char *port;
    uint64_t number;

    if (split(text, host, sizeof(host), &port) < 0)
        goto bad;
    if (inet_pton(AF_INET, host, &a.v4) == 1) {
        a.family = AF_INET;
    } else {
        percent = strchr(host, '%');
        if (percent) {
            *percent = '\0';
            if (scope_parse(percent + 1, &a.scope) < 0)
                return err_set(err, ERR_USAGE, EINVAL, "'%s': there is no interface '%s' here", text,
                               percent + 1);
        }
        if (inet_pton(AF_INET6, host, &a.v6) != 1)
            goto bad;
        a.family = AF_INET6;
    }
    if (port) {
        int r = number_parse(port, 1, 65535, &number, err);

        if (r < 0)
            return err_prefix(err, r, "port of '%s'", text);
        a.port = (uint16_t)number;
    }
    *ret_address = a;
    return 0;
bad:
    return err_set(err, ERR_USAGE, EINVAL,
                   "'%s' is no IP address; write it like 10.96.0.10, 10.96.0.10:5353 or [fd00::a]:53", text);
}

const char *address_format(const struct address *address, char *buf, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "-";

    if (address->family)
        inet_ntop(address->family, &address->v6, host, sizeof(host));
    if (address->scope)
        snprintf(buf, size, "%s%%%u", host, address->scope);
    else
        snprintf(buf, size, "%s", host);
    return buf;
}

const char *address_format_port(const struct address *address, char *buf, size_t size)
{
    char host[ADDRESS_TEXT];

    address_format(address, host, sizeof(host));
    snprintf(buf, size, address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, address->port);
    return buf;
}

int address_compare(const struct address *a, const struct address *b)
{
    int r = (a->family > b->family) - (a->family < b->family);

    if (r == 0)
        r = a->family == AF_INET ? memcmp(&a->v4, &b->v4, sizeof(a->v4))
                                 : memcmp(&a->v6, &b->v6, sizeof(a->v6));
    return r ? r : (a->port > b->port) - (a->port < b->port);
}

bool address_same_host(const struct address *a, const struct address *b)
{
    if (a->family != b->family)
        return false;
    if (a->family == AF_INET)
        return a->v4.s_addr == b->v4.s_addr;
    return memcmp(&a->v6, &b->v6, sizeof(a->v6)) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return address_same_host(a, b) && a->port == b->port && a->scope == b->scope;
}

bool address_is_loopback(const struct address *address)
{
    if (address->family == AF_INET)
        return ntohl(address->v4.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&address->v6);
}

bool address_is_link_local(const struct address *address)
{
    if (address->family == AF_INET)
        return ntohl(address->v4.s_addr) >> 16 == 0xa9fe;
    return IN6_IS_ADDR_LINKLOCAL(&address->v6);
}

bool address_is_public(const struct address *address)
{
    /* Network and mask, in host order. */
    static const uint32_t site[][2] = {
        {0x00000000, 0xff000000}, {0x0a000000, 0xff000000}, {0x64400000, 0xffc00000},
        {0x7f000000, 0xff000000}, {0xa9fe0000, 0xffff0000}, {0xac100000, 0xfff00000},
        {0xc0000000, 0xffffff00}, {0xc0000200, 0xffffff00}, {0xc0a80000, 0xffff0000},
        {0xc6120000, 0xfffe0000}, {0xc6336400, 0xffffff00}, {0xcb007100, 0xffffff00},
        {0xe0000000, 0xe0000000}};

    /* 2000::/3 is what is given out; 2001:db8::/32 of it is for documents. */
    if (address->family != AF_INET)
        return (address->v6.s6_addr[0] & 0xe0) == 0x20 && memcmp(&address->v6, "\x20\x01\x0d\xb8", 4) != 0;
    for (size_t i = 0; i < sizeof(site) / sizeof(site[0]); i++)
        if ((ntohl(address->v4.s_addr) & site[i][1]) == site[i][0])
            return false;
    return true;
}

socklen_t address_to_sockaddr(const struct address *address, struct sockaddr_storage *ret_sa)
{
    memset(ret_sa, 0, sizeof(*ret_sa));
    if (address->family == AF_INET) {
        struct sockaddr_in *sin = (struct sockaddr_in *)ret_sa;

        sin->sin_family = AF_INET;
        sin->sin_port = htons(address->port);
        sin->sin_addr = address->v4;
        return sizeof(*sin);
    } else {
        struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ret_sa;

        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(address->port);
        sin6->sin6_addr = address->v6;
        sin6->sin6_scope_id = address->scope;
        return sizeof(*sin6);
    }
}

struct address address_unmapped(const struct address *address)
{
    struct address plain = *address;

    if (address->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->v6)) {
        plain = (struct address){.family = AF_INET, .port = address->port};
        memcpy(&plain.v4, &address->v6.s6_addr[12], sizeof(plain.v4));
    }
    return plain;
}

int address_from_sockaddr(const struct sockaddr *sa, struct address *ret_address)
{
    struct address a = {.family = (uint8_t)sa->sa_family};

    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *sin = (const struct sockaddr_in *)sa;

        a.v4 = sin->sin_addr;
        a.port = ntohs(sin->sin_port);
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)sa;

        a.v6 = sin6->sin6_addr;
        a.scope = sin6->sin6_scope_id;
        a.port = ntohs(sin6->sin6_port);
    } else {
        return -EAFNOSUPPORT;
    }
    *ret_address = address_unmapped(&a);
    return 0;
}
