/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../logs/octet_marks.h"
#include <k8sdns/wire/capture/json_excerpt.h>
#include <string.h>

/* As deep as jansson goes. */
#define DEPTH_MAX 2048
#define SPACE     0x20
#define BEYOND    0x80 /* of ASCII */

struct json_scan {
    const char *at, *end;
    struct text *text;
    unsigned depth; /* objects and lists that are open */
    enum json_excerpt_end state;
};

/* For `return bad(s)`: nothing after the first fault counts. */
static bool bad(struct json_scan *s)
{
    s->state = JSON_EXCERPT_BAD;
    return false;
}

static bool cut(struct json_scan *s)
{
    s->state = JSON_EXCERPT_CUT;
    return false;
}

/* Up to the next octet that is no blank. */
static bool next(struct json_scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
    return s->at < s->end || cut(s);
}

/* Where a run of octets that mean themselves ends: at a quote, a backslash, a control, or beyond ASCII. */
static const char *plain_end(const char *at, const char *end)
{
    typedef int8_t signed_octets __attribute__((vector_size(16)));
    const octets quote = (octets){0} + '"', backslash = (octets){0} + '\\';
    const signed_octets space = (signed_octets){0} + SPACE;

    for (; end - at >= (ptrdiff_t)sizeof(octets); at += sizeof(octets)) {
        octets all = octets_at(at);
        /* What is beyond ASCII is negative. */
        uint32_t marks = octet_marks((octets)(all == quote) | (octets)(all == backslash) |
                                     (octets)((signed_octets)all < space));

        if (marks)
            return at + __builtin_ctz(marks);
    }
    while (at < end && (signed char)*at >= SPACE && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* One character of more than an octet (RFC 3629): not longer than needed, no surrogate, not above U+10FFFF.
 */
static bool utf8(struct json_scan *s)
{
    const unsigned char *at = (const unsigned char *)s->at;
    size_t left = (size_t)(s->end - s->at);
    size_t len = at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
    unsigned char least = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char most = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;

    if (!len)
        return bad(s);
    for (size_t i = 1; i < len; i++, least = 0x80, most = 0xbf) {
        if (i == left)
            return cut(s);
        if (at[i] < least || at[i] > most)
            return bad(s);
    }
    s->at += len;
    return true;
}

/* "uXXXX", from the letter on. */
static bool unit(struct json_scan *s, unsigned *ret)
{
    *ret = 0;
    if (s->end - s->at < 5)
        return cut(s);
    if (*s->at != 'u')
        return bad(s);
    for (int i = 1; i < 5; i++) {
        char c = s->at[i];
        int low = c | 32;

        if (c >= '0' && c <= '9')
            *ret = *ret << 4 | (unsigned)(c - '0');
        else if (low >= 'a' && low <= 'f')
            *ret = *ret << 4 | (unsigned)(low - 'a' + 10);
        else
            return bad(s);
    }
    s->at += 5;
    return true;
}

/* Behind a backslash. NUL and half a surrogate pair are no characters of a text. */
static bool escape(struct json_scan *s)
{
    unsigned code;

    if (s->at == s->end)
        return cut(s);
    if (*s->at && strchr("\"\\/bfnrt", *s->at)) {
        s->at++;
        return true;
    }
    if (*s->at != 'u')
        return bad(s);
    if (!unit(s, &code))
        return false;
    if (code == 0 || (code >= 0xdc00 && code <= 0xdfff))
        return bad(s);
    if (code < 0xd800 || code > 0xdfff)
        return true;
    if (s->at == s->end)
        return cut(s);
    if (*s->at++ != '\\')
        return bad(s);
    if (!unit(s, &code))
        return false;
    return (code >= 0xdc00 && code <= 0xdfff) || bad(s);
}

/* At a quote. */
static bool string(struct json_scan *s)
{
    s->at++;
    for (;;) {
        s->at = plain_end(s->at, s->end);
        if (s->at == s->end)
            return cut(s);
        if (*s->at == '"') {
            s->at++;
            return true;
        }
        if (*s->at == '\\') {
            s->at++;
            if (!escape(s))
                return false;
        } else if ((unsigned char)*s->at < BEYOND) {
            return bad(s);
        } else if (!utf8(s)) {
            return false;
        }
    }
}

/* One digit or more. */
static bool digits(struct json_scan *s)
{
    const char *from = s->at;

    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return s->at == s->end ? cut(s) : s->at > from || bad(s);
}

static bool number(struct json_scan *s)
{
    bool zero;

    s->at += *s->at == '-';
    zero = s->at < s->end && *s->at == '0';
    if (zero ? ++s->at == s->end && !cut(s) : !digits(s))
        return false;
    if (*s->at == '.') {
        s->at++;
        if (!digits(s))
            return false;
    }
    if ((*s->at | 32) == 'e') {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
            s->at++;
        if (!digits(s))
            return false;
    }
    return true;
}

static bool word(struct json_scan *s, const char *spelled, size_t len)
{
    size_t left = (size_t)(s->end - s->at);

    if (memcmp(s->at, spelled, left < len ? left : len) != 0)
        return bad(s);
    if (left < len)
        return cut(s);
    s->at += len;
    return true;
}

static bool scalar(struct json_scan *s)
{
    switch (*s->at) {
    case '"':
        return string(s);
    case 't':
        return word(s, "true", 4);
    case 'f':
        return word(s, "false", 5);
    case 'n':
        return word(s, "null", 4);
    default:
        return (*s->at == '-' || (*s->at >= '0' && *s->at <= '9')) ? number(s) : bad(s);
    }
}

/* A key and its colon, up to the value. */
static bool key(struct json_scan *s, const char **ret_at, size_t *ret_len)
{
    if (!next(s))
        return false;
    if (*s->at != '"')
        return bad(s);
    *ret_at = s->at + 1;
    if (!string(s))
        return false;
    *ret_len = (size_t)(s->at - 1 - *ret_at);
    if (!next(s))
        return false;
    if (*s->at != ':')
        return bad(s);
    s->at++;
    return next(s);
}

static bool is_deep(const struct json_scan *s)
{
    return s->depth >= DEPTH_MAX;
}

/* Over an object or a list, without recursion: which of the open ones are objects is told by a stack of bits.
 */
static bool skip_nested(struct json_scan *s)
{
    uint64_t objects[DEPTH_MAX / 64] = {0};
    unsigned outside = s->depth;
    const char *name;
    size_t len;

    for (;;) {
        if (is_deep(s))
            return bad(s);
        if (*s->at == '{' || *s->at == '[') {
            bool object = *s->at++ == '{';
            uint64_t bit = UINT64_C(1) << s->depth % 64, *bits = &objects[s->depth / 64];

            *bits = object ? *bits | bit : *bits & ~bit;
            s->depth++;
            if (!next(s))
                return false;
            if (*s->at != (object ? '}' : ']')) {
                if (object && !key(s, &name, &len))
                    return false;
                continue;
            }
        } else if (!scalar(s)) {
            return false;
        }
        /* Behind a value: all that end here, or a comma and the next one. */
        for (;;) {
            unsigned at = s->depth - 1;
            bool object;

            if (!next(s))
                return false;
            object = objects[at / 64] >> at % 64 & 1;
            if (*s->at == ',') {
                s->at++;
                if (object ? !key(s, &name, &len) : !next(s))
                    return false;
                break;
            }
            if (*s->at != (object ? '}' : ']'))
                return bad(s);
            s->at++;
            if (--s->depth == outside)
                return true;
        }
    }
}

static bool skip(struct json_scan *s)
{
    if (*s->at == '{' || *s->at == '[')
        return skip_nested(s);
    return is_deep(s) ? bad(s) : scalar(s);
}

static bool take(struct json_scan *s)
{
    const char *from = s->at;

    if (!skip(s))
        return false;
    text_add_n(s->text, from, (size_t)(s->at - from));
    return true;
}

/* Which is wanted; one that takes all for a key that must be read first. NULL: none. */
static const struct json_wanted *find(const struct json_wanted *wanted, const char *name, size_t len)
{
    static const struct json_wanted whole = {0};

    for (; wanted->key; wanted++)
        if (strncmp(wanted->key, name, len) == 0 && !wanted->key[len])
            return wanted;
    return memchr(name, '\\', len) ? &whole : NULL;
}

static bool excerpt(struct json_scan *s, const struct json_wanted *wanted);

static bool member(struct json_scan *s, const struct json_wanted *wanted, bool *any)
{
    const struct json_wanted *found;
    const char *name;
    size_t len;

    if (!key(s, &name, &len))
        return false;
    found = find(wanted, name, len);
    if (!found)
        return skip(s);
    text_add_n(s->text, ",\"", *any ? 2 : 0);
    text_add_n(s->text, "\"", *any ? 0 : 1);
    text_add_n(s->text, name, len);
    text_add_n(s->text, "\":", 2);
    *any = true;
    return found->of ? excerpt(s, found->of) : take(s);
}

/* An object, or a list of them: as deep as what is wanted, and no deeper. */
static bool excerpt(struct json_scan *s, const struct json_wanted *wanted)
{
    char open = *s->at, close = open == '{' ? '}' : ']';
    bool any = false;

    if (open != '{' && open != '[')
        return take(s);
    if (is_deep(s))
        return bad(s);
    s->depth++;
    text_add_n(s->text, s->at++, 1);
    if (!next(s))
        return false;
    while (*s->at != close) {
        if (open == '{') {
            if (!member(s, wanted, &any))
                return false;
        } else if (*s->at == '{' ? !excerpt(s, wanted) : !take(s)) {
            return false;
        }
        if (!next(s))
            return false;
        if (*s->at == close)
            break;
        if (*s->at != ',')
            return bad(s);
        s->at++;
        if (open == '[')
            text_add_n(s->text, ",", 1);
        if (!next(s))
            return false;
        if (*s->at == close)
            return bad(s); /* a comma with nothing behind it */
    }
    s->at++;
    s->depth--;
    text_add_n(s->text, &close, 1);
    return true;
}

enum json_excerpt_end json_excerpt(const struct json_wanted *wanted, const char *bytes, size_t len,
                                   struct text *text, size_t *ret_used)
{
    struct json_scan s = {.at = bytes, .end = bytes + len, .text = text, .state = JSON_EXCERPT_WHOLE};

    *ret_used = 0;
    if (next(&s) && (*s.at == '{' || *s.at == '[' || bad(&s)) && excerpt(&s, wanted))
        *ret_used = (size_t)(s.at - bytes);
    return s.state;
}
