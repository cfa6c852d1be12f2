/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/wire/metrics/metrics_accept.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct span {
    const char *at;
    size_t len;
};

static struct span trim(const char *at, size_t len)
{
    while (len && strchr(" \t", *at))
        at++, len--;
    while (len && strchr(" \t", at[len - 1]))
        len--;
    return (struct span){at, len};
}

static bool is(struct span span, const char *word)
{
    return span.len == strlen(word) && strncasecmp(span.at, word, span.len) == 0;
}

/* Cut off what is before `sign`, which is skipped; all when there is none. */
static struct span take(struct span *rest, char sign)
{
    const char *end = memchr(rest->at, sign, rest->len);
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct span taken = trim(rest->at, len);

    rest->at += len + (end != NULL);
    rest->len -= len + (end != NULL);
    return taken;
}

/* In thousandths; what is no such number is all. Source: RFC 9110, 12.4.2. */
static int weight(struct span text)
{
    int value = 0, digit = 100;

    if (!text.len || (text.at[0] != '0' && text.at[0] != '1'))
        return 1000;
    if (text.at[0] == '1')
        return 1000;
    for (size_t i = 2; i < text.len && digit; i++, digit /= 10) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return 1000;
        value += (text.at[i] - '0') * digit;
    }
    return value;
}

struct range {
    struct span type;
    bool known_version;
    int q;
};

static struct range read_range(struct span text)
{
    struct range range = {.type = take(&text, ';'), .known_version = true, .q = 1000};

    while (text.len) {
        struct span value = take(&text, ';'), name = take(&value, '=');

        value = trim(value.at, value.len);
        if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
            value = (struct span){value.at + 1, value.len - 2};
        if (is(name, "q"))
            range.q = weight(value);
        else if (is(name, "version"))
            range.known_version = is(value, "1.0.0") || is(value, "0.0.1");
    }
    return range;
}

bool metrics_accept_openmetrics(const char *accept)
{
    struct span rest = {accept, accept ? strlen(accept) : 0};
    int openmetrics = 0, text = 0;

    while (rest.len) {
        struct range range = read_range(take(&rest, ','));

        if (is(range.type, "application/openmetrics-text") && range.known_version && range.q > openmetrics)
            openmetrics = range.q;
        else if (is(range.type, "text/plain") && range.q > text)
            text = range.q;
    }
    return openmetrics && openmetrics >= text;
}
