/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LABEL_MAX 63

/* One octet of a label in text: `*at` moves behind it. Return the octet, or -1 for a bad escape. */
static int octet_from_text(const char **at)
{
    const char *p = *at;
    int value;

    if (*p != '\\') {
        (*at)++;
        return (unsigned char)*p;
    }
    if (p[1] < '0' || p[1] > '9') {
        if (!p[1])
            return -1;
        *at += 2;
        return (unsigned char)p[1];
    }
    if (p[2] < '0' || p[2] > '9' || p[3] < '0' || p[3] > '9')
        return -1;
    value = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
    *at += 4;
    return value > 255 ? -1 : value;
}

int dns_name_from_text(const char *text, uint8_t out[DNS_NAME_WIRE_MAX], struct err *err)
{
    size_t len = 1, label = 0; /* `label` is the place of the current length octet */
    const char *at = text;
    int octet;

    if (!*text)
        return err_set(err, ERR_FORMAT, EINVAL, "an empty name");
    if (strcmp(text, ".") == 0) {
        out[0] = 0;
        return 1;
    }
    while (*at) {
        if (*at == '.') {
            if (len - label == 1)
                return err_set(err, ERR_FORMAT, EINVAL, "'%.300s' has an empty label", text);
            out[label] = (uint8_t)(len - label - 1);
            label = len++;
            at++;
            continue;
        }
        octet = octet_from_text(&at);
        if (octet < 0)
            return err_set(err, ERR_FORMAT, EINVAL,
                           "'%.300s' has a bad escape; write \\DDD with DDD up to 255", text);
        if (len - label - 1 == LABEL_MAX)
            return err_set(err, ERR_FORMAT, EINVAL, "'%.300s' has a label of more than 63 bytes", text);
        /* One octet stays free for the root's. */
        if (len >= DNS_NAME_WIRE_MAX - 1)
            return err_set(err, ERR_FORMAT, EINVAL, "'%.300s' is longer than the 255 bytes of a DNS name",
                           text);
        out[len++] = (uint8_t)octet;
    }
    if (len - label == 1) {
        out[label] = 0; /* the final dot opened the root's label */
        return (int)len;
    }
    out[label] = (uint8_t)(len - label - 1);
    out[len++] = 0;
    return (int)len;
}

/* Append an octet in presentation form. Source: RFC 1035 section 5.1, RFC 4343 section 2.1. */
static size_t octet_to_text(uint8_t octet, char *out)
{
    if (octet <= 0x20 || octet >= 0x7f) {
        out[0] = '\\';
        out[1] = (char)('0' + octet / 100);
        out[2] = (char)('0' + octet / 10 % 10);
        out[3] = (char)('0' + octet % 10);
        return 4;
    }
    if (strchr(".\\\"();@$", octet)) {
        out[0] = '\\';
        out[1] = (char)octet;
        return 2;
    }
    out[0] = (char)octet;
    return 1;
}

int dns_name_read(const uint8_t *message, size_t len, size_t offset, char out[DNS_NAME_TEXT],
                  const char **ret_why, size_t *ret_where)
{
    size_t at = offset, taken = 0, octets = 0, n = 0, barrier = offset;
    const char *why = NULL;
    uint8_t length;

    for (;;) {
        if (at >= len) {
            why = "a name runs past the end";
            break;
        }
        length = message[at];
        if (length >= 0xc0) {
            size_t target;

            if (at + 1 >= len) {
                why = "a compression pointer runs past the end";
                break;
            }
            target = (size_t)(length & 0x3f) << 8 | message[at + 1];
            if (!taken)
                taken = at + 2 - offset;
            /* Each pointer must lead before the last one's target, so reading ends. */
            if (target >= barrier) {
                why = "a compression pointer leads forward or in a loop";
                break;
            }
            at = barrier = target;
            continue;
        }
        if (length > LABEL_MAX) {
            why = "a label type that is not known";
            break;
        }
        octets += 1 + (size_t)length;
        if (octets > DNS_NAME_WIRE_MAX) {
            why = "a name of more than 255 bytes";
            break;
        }
        if (length == 0) {
            if (!taken)
                taken = at + 1 - offset;
            if (n == 0)
                out[n++] = '.';
            out[n] = '\0';
            return (int)taken;
        }
        if (length > len - at - 1) {
            why = "a label runs past the end";
            break;
        }
        for (size_t i = 1; i <= length; i++)
            n += octet_to_text(message[at + i], out + n);
        out[n++] = '.';
        at += 1 + (size_t)length;
    }
    *ret_why = why;
    *ret_where = at;
    return -EBADMSG;
}

enum {
    UNIT_END = -1,
    UNIT_DOT = 256,
};

/* What stands at `*at`, which moves behind it: an octet in lower case, the end of a label, or of the name. */
static int next_unit(const char **at)
{
    const char *p = *at;
    int octet;

    if (!*p || (*p == '.' && !p[1]))
        return UNIT_END;
    if (*p == '.') {
        (*at)++;
        return UNIT_DOT;
    }
    octet = octet_from_text(at);
    if (octet < 0) { /* a bad escape is equal only to itself */
        *at = p + 1;
        return '\\';
    }
    return tolower(octet);
}

bool dns_name_equal(const char *a, const char *b)
{
    int left, right;

    do {
        left = next_unit(&a);
        right = next_unit(&b);
    } while (left == right && left != UNIT_END);
    return left == right;
}

/* The byte at `at` is a dot between labels, and not one within a label. */
static bool is_dot(const char *name, size_t at)
{
    size_t escapes = 0;

    if (name[at] != '.')
        return false;
    while (escapes < at && name[at - escapes - 1] == '\\')
        escapes++;
    return escapes % 2 == 0;
}

bool dns_name_is_within(const char *name, size_t len, const char *zone)
{
    size_t zone_len = zone ? strlen(zone) : 0;

    if (!zone)
        return false;
    len -= len && is_dot(name, len - 1);
    zone_len -= zone_len && is_dot(zone, zone_len - 1);
    if (!zone_len)
        return true;
    /* Most names that end otherwise have no dot there. */
    if (len < zone_len || (len > zone_len && !is_dot(name, len - zone_len - 1)))
        return false;
    return strncasecmp(name + len - zone_len, zone, zone_len) == 0;
}

unsigned dns_name_dots(const char *name)
{
    unsigned dots = 0;

    for (; *name; name++)
        dots += *name == '.';
    return dots;
}

const char *dns_name_reverse(int family, const void *bytes, char out[DNS_REVERSE_TEXT])
{
    const uint8_t *b = bytes;
    char *at = out;

    if (family == AF_INET) {
        snprintf(out, DNS_REVERSE_TEXT, "%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1], b[0]);
        return out;
    }
    for (size_t i = sizeof(struct in6_addr); i-- > 0; at += 4)
        snprintf(at, 5, "%x.%x.", b[i] & 15U, b[i] >> 4);
    memcpy(at, "ip6.arpa", sizeof("ip6.arpa"));
    return out;
}

const char *dns_name_reverse_of(const char *address, char out[DNS_REVERSE_TEXT])
{
    uint8_t bytes[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, address, bytes) == 1)
        return dns_name_reverse(AF_INET, bytes, out);
    return inet_pton(AF_INET6, address, bytes) == 1 ? dns_name_reverse(AF_INET6, bytes, out) : NULL;
}
