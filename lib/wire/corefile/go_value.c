/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <k8sdns/base/number.h>
#include <k8sdns/wire/corefile/corefile.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The unit that a text begins with; 0 for none. */
static size_t unit_at(const char *text, double *ret_ns)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1},   {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"\xce\xbcs", 1e3},
                 {"ms", 1e6}, {"s", 1e9},  {"m", 6e10},        {"h", 3.6e12}};
    size_t len = strcspn(text, ".0123456789");

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(units[i].name) == len && memcmp(text, units[i].name, len) == 0) {
            *ret_ns = units[i].ns;
            return len;
        }
    return 0;
}

bool go_duration(const char *text, int64_t *ret_ns)
{
    bool negative = *text == '-';
    double sum = 0;

    text += *text == '-' || *text == '+';
    if (strcmp(text, "0") == 0) {
        *ret_ns = 0;
        return true;
    }
    if (!*text)
        return false;
    while (*text) {
        double value = 0, part = 1, unit;
        const char *begin = text;
        size_t len;

        for (; is_digit(*text); text++)
            value = value * 10 + (*text - '0');
        len = (size_t)(text - begin);
        if (*text == '.')
            for (text++; is_digit(*text); text++, len++)
                value += (part /= 10) * (*text - '0');
        if (!len)
            return false;
        len = unit_at(text, &unit);
        if (!len)
            return false;
        text += len;
        sum += value * unit;
    }
    if (sum >= 9.223372036854775e18)
        return false;
    *ret_ns = (int64_t)(negative ? -sum : sum);
    return true;
}

bool go_int(const char *text, int64_t *ret_value)
{
    char *end;
    long long value;

    if (!is_digit(text[*text == '+' || *text == '-']))
        return false;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (*end || errno)
        return false;
    *ret_value = value;
    return true;
}

bool go_uint(const char *text, unsigned bits, uint64_t *ret_value)
{
    return number_parse(text, 0, bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1, ret_value, NULL) == 0;
}

bool go_uint_based(const char *text, unsigned bits, uint64_t *ret_value)
{
    char letter = text[0] == '0' ? (char)(text[1] | 0x20) : '\0';
    int base = letter == 'x'               ? 16
               : letter == 'b'             ? 2
               : letter == 'o'             ? 8
               : text[0] == '0' && text[1] ? 8
                                           : 10;
    const char *digits = letter == 'x' || letter == 'b' || letter == 'o' ? text + 2 : text;
    unsigned long long value;
    char *end;

    if (!is_digit(*digits) && !(base == 16 && (*digits | 0x20) >= 'a' && (*digits | 0x20) <= 'f'))
        return false;
    errno = 0;
    value = strtoull(digits, &end, base);
    if (*end || errno || (base == 16 && (digits[1] | 0x20) == 'x') || (bits < 64 && value >> bits))
        return false;
    *ret_value = value;
    return true;
}

bool go_float(const char *text, double *ret_value)
{
    char *end;
    double value;

    if (strspn(text, "0123456789.+-eE") != strlen(text) || !strpbrk(text, "0123456789"))
        return false;
    value = strtod(text, &end);
    if (*end || end == text)
        return false;
    *ret_value = value;
    return true;
}

bool go_bool(const char *text)
{
    static const char *const words[] = {"1", "t", "T", "true",  "TRUE",  "True",
                                        "0", "f", "F", "false", "FALSE", "False"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

bool go_host_port(const char *text)
{
    const char *colon = strrchr(text, ':'), *close;

    if (!colon)
        return false;
    if (*text == '[') {
        close = strchr(text, ']');
        if (!close || close + 1 != colon || memchr(text + 1, '[', (size_t)(close - text) - 1))
            return false;
        return !strpbrk(colon, "[]");
    }
    return memchr(text, ':', (size_t)(colon - text)) == NULL && !strpbrk(text, "[]");
}

bool go_ip(const char *text)
{
    unsigned char ignored[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, ignored) == 1 || inet_pton(AF_INET6, text, ignored) == 1;
}

/* A part of a text as an address; it may be no longer than one. */
static bool part_is_ip(const char *text, size_t len, bool *ret_v6)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char ignored[sizeof(struct in6_addr)];

    if (len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    *ret_v6 = memchr(copy, ':', len) != NULL;
    return inet_pton(*ret_v6 ? AF_INET6 : AF_INET, copy, ignored) == 1;
}

bool go_cidr(const char *text, bool *ret_v6, unsigned *ret_bits)
{
    const char *slash = strchr(text, '/');
    uint64_t bits;
    bool v6;

    if (!slash || !part_is_ip(text, (size_t)(slash - text), &v6) ||
        number_parse(slash + 1, 0, v6 ? 128 : 32, &bits, NULL) < 0 || (slash[1] == '0' && slash[2]))
        return false;
    *ret_v6 = v6;
    *ret_bits = (unsigned)bits;
    return true;
}

bool go_ip_maybe_port(const char *text)
{
    const char *begin = text, *end = text + strlen(text), *percent;
    bool v6;

    if (go_host_port(text)) {
        end = strrchr(text, ':');
        if (*begin == '[') {
            begin++;
            end--;
        }
    }
    percent = memchr(begin, '%', (size_t)(end - begin));
    return part_is_ip(begin, (size_t)((percent ? percent : end) - begin), &v6);
}

/* github.com/miekg/dns takes 256 octets with the lengths; a zone is held to 255 (plugin.SplitHostPort). */
#define NAME_OCTETS_MAX 256
#define ZONE_MAX        255

/* The octets that one of a name's takes as text: "\046" and "\." are one. */
static size_t escape_len(const char *text, size_t left)
{
    size_t digits = 0;

    while (digits < 3 && 1 + digits < left && text[1 + digits] >= '0' && text[1 + digits] <= '9')
        digits++;
    return *text != '\\' ? 1 : digits == 3 ? 4 : left > 1 ? 2 : 1;
}

bool go_domain_name(const char *text, size_t len)
{
    size_t label = 0, octets = 0;

    if (!len)
        return false;
    if (len == 1 && *text == '.')
        return true;
    for (size_t at = 0; at < len;) {
        bool dot = text[at] == '.';

        /* No empty label, and none of more than 63 octets. */
        if (dot ? !label : ++label > 63)
            return false;
        octets++;
        label = dot ? 0 : label;
        at += escape_len(text + at, len - at);
    }
    return octets + (label > 0) <= NAME_OCTETS_MAX;
}

bool go_zone(const char *text)
{
    const char *colon;
    size_t len;
    int64_t port;

    (void)corefile_transport_cut(&text);
    colon = strrchr(text, ':');
    if (colon && !colon[1])
        return false;
    len = colon && go_int(colon + 1, &port) ? (size_t)(colon - text) : strlen(text);
    /* ":53" for the root is passed over. */
    return (!len && colon) || (len <= ZONE_MAX && go_domain_name(text, len));
}
