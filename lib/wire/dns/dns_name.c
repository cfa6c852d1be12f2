/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <k8sdns/wire/dns_name.h>
#include <string.h>

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

static size_t without_dot(const char *name)
{
    size_t len = strlen(name);

    return len > 1 && name[len - 1] == '.' && name[len - 2] != '\\' ? len - 1 : len;
}

bool dns_name_equal(const char *a, const char *b)
{
    size_t len = without_dot(a);

    if (len != without_dot(b))
        return false;
    for (size_t i = 0; i < len; i++)
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
            return false;
    return true;
}

unsigned dns_name_dots(const char *name)
{
    unsigned dots = 0;

    for (; *name; name++)
        dots += *name == '.';
    return dots;
}
