/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_cursor.h"
#include <string.h>

/* Deeper than this no tool writes. */
#define DEPTH_MAX 64

void json_fail(struct json_cursor *c, const char *fault)
{
    if (c->state == JSON_GOOD) {
        c->state = JSON_BAD;
        c->fault = fault;
    }
}

static void cut(struct json_cursor *c)
{
    if (c->state == JSON_GOOD)
        c->state = JSON_CUT;
}

static bool is_blank(char ch)
{
    return ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t';
}

void json_blanks(struct json_cursor *c)
{
    while (c->at < c->end && is_blank(*c->at))
        c->at++;
}

/* The next octet that is no blank; '\0' when there is none or the state is not good. */
static char peek(struct json_cursor *c)
{
    if (c->state != JSON_GOOD)
        return '\0';
    json_blanks(c);
    if (c->at == c->end) {
        cut(c);
        return '\0';
    }
    return *c->at;
}

bool json_enter(struct json_cursor *c, char open)
{
    if (peek(c) != open)
        return false;
    if (++c->within > DEPTH_MAX) {
        json_fail(c, "it is nested too deep");
        return false;
    }
    c->at++;
    c->key_due = true;
    return true;
}

/*
 * At an element's place in an object or a list: step over a comma. key_due is set behind the opening and
 * cleared by the first element, so that a comma is wanted exactly between two.
 */
static bool next(struct json_cursor *c, char close)
{
    bool first = c->key_due;
    char ch = peek(c);

    c->key_due = false;
    if (c->state != JSON_GOOD)
        return false;
    if (ch == close) {
        c->at++;
        c->within--;
        return false;
    }
    if (first)
        return true;
    if (ch != ',') {
        json_fail(c, "a comma should be here");
        return false;
    }
    c->at++;
    if (peek(c) == close)
        json_fail(c, "a comma with nothing behind it");
    return c->state == JSON_GOOD;
}

/* At a quote. */
static bool string(struct json_cursor *c, struct json_text *ret)
{
    const char *at = c->at + 1, *end = c->end;
    bool escaped = false;

    for (; at < end; at++) {
        if (*at == '"') {
            *ret = (struct json_text){c->at + 1, (size_t)(at - c->at - 1), escaped};
            c->at = at + 1;
            return true;
        }
        if (*at == '\\') {
            escaped = true;
            at++;
        } else if ((unsigned char)*at < ' ') {
            c->at = at;
            json_fail(c, "a control character in a string");
            return false;
        }
    }
    cut(c);
    return false;
}

bool json_key(struct json_cursor *c, struct json_text *ret)
{
    char ch = peek(c);

    if (c->state != JSON_GOOD)
        return false;
    if (ch != '"') {
        json_fail(c, "a name should be here");
        return false;
    }
    if (!string(c, ret))
        return false;
    ch = peek(c);
    if (c->state != JSON_GOOD)
        return false;
    if (ch != ':') {
        json_fail(c, "a colon should be here");
        return false;
    }
    c->at++;
    return peek(c) != '\0';
}

bool json_next_key(struct json_cursor *c, struct json_text *ret)
{
    return next(c, '}') && json_key(c, ret);
}

bool json_next_element(struct json_cursor *c)
{
    return next(c, ']');
}

/* A number or a word: the octets of which such things are made. */
static bool bare(struct json_cursor *c, struct json_text *ret)
{
    const char *at = c->at;

    while (at < c->end && ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || *at == '-' ||
                           *at == '+' || *at == '.' || *at == 'E'))
        at++;
    if (at == c->end) {
        cut(c);
        return false;
    }
    if (at == c->at) {
        json_fail(c, "a value should be here");
        return false;
    }
    *ret = (struct json_text){c->at, (size_t)(at - c->at), false};
    if (*c->at >= 'a' && !(ret->len == 4 && memcmp(ret->at, "true", 4) == 0) &&
        !(ret->len == 5 && memcmp(ret->at, "false", 5) == 0) &&
        !(ret->len == 4 && memcmp(ret->at, "null", 4) == 0)) {
        json_fail(c, "a word that is no value");
        return false;
    }
    c->at = at;
    return true;
}

/* Over an object or a list, without recursion: openings and closings are matched by a stack of bits. */
static void skip_nested(struct json_cursor *c)
{
    uint64_t objects = 0;
    unsigned depth = 0;
    struct json_text ignored;

    do {
        char ch = peek(c);

        if (c->state != JSON_GOOD)
            return;
        if (ch == '{' || ch == '[') {
            if (depth == DEPTH_MAX) {
                json_fail(c, "it is nested too deep");
                return;
            }
            objects = objects << 1 | (ch == '{');
            depth++;
            c->at++;
        } else if (ch == '}' || ch == ']') {
            if ((objects & 1) != (ch == '}')) {
                json_fail(c, "a brace that closes a bracket, or the reverse");
                return;
            }
            objects >>= 1;
            depth--;
            c->at++;
        } else if (ch == '"') {
            if (!string(c, &ignored))
                return;
        } else if (ch == ',' || ch == ':') {
            c->at++;
        } else if (!bare(c, &ignored)) {
            return;
        }
    } while (depth);
}

bool json_scalar(struct json_cursor *c, struct json_text *ret)
{
    char ch = peek(c);

    if (c->state != JSON_GOOD)
        return false;
    if (ch == '"')
        return string(c, ret);
    if (ch == '{' || ch == '[') {
        skip_nested(c);
        return false;
    }
    return bare(c, ret);
}

void json_only_scalar(struct json_cursor *c, struct json_text *ret)
{
    struct json_text key, text;

    while (json_next_key(c, &key))
        if (json_scalar(c, &text))
            *ret = text;
}

void json_skip(struct json_cursor *c)
{
    struct json_text ignored;

    (void)json_scalar(c, &ignored);
}

uint64_t json_number(const struct json_text *value)
{
    uint64_t number = 0;

    for (size_t i = 0; i < value->len && value->at[i] >= '0' && value->at[i] <= '9'; i++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(value->at[i] - '0'), &number))
            return UINT64_MAX;
    return number;
}

unsigned json_hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (unsigned)(digit - '0');
    digit = (char)(digit | 32);
    return digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a') + 10 : 16;
}

static unsigned hex4(const char *at, const char *end)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++, at++) {
        unsigned digit = at < end ? json_hex(*at) : 16;

        if (digit > 15)
            return 0xfffd;
        value = value << 4 | digit;
    }
    return value;
}

static size_t put_utf8(unsigned code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* Behind "\u": one or, for a pair, two of them. */
static unsigned unicode(const char **at, const char *end)
{
    unsigned high = hex4(*at, end), low;

    *at += end - *at < 4 ? end - *at : 4;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return 0xfffd;
    low = hex4(*at + 2, end);
    if (low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *at += 6;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

size_t json_unescape(const struct json_text *text, char *out, size_t size)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *at = text->at, *end = text->at + text->len;
    size_t used = 0;

    while (at < end) {
        char piece[4];
        size_t len = 1;
        const char *known;

        piece[0] = *at++;
        if (piece[0] == '\\' && at < end) {
            piece[0] = *at++;
            known = strchr(from, piece[0]);
            if (piece[0] == 'u')
                len = put_utf8(unicode(&at, end), piece);
            else if (known && *known)
                piece[0] = to[known - from];
        }
        if (len > size - used)
            break;
        memcpy(out + used, piece, len);
        used += len;
    }
    return used;
}
