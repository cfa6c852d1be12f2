/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/wire/corefile/go_regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* As Go has them. */
#define REPEAT_MAX 1000
#define DEPTH_MAX  1000
/* Of ours: names of groups are compared up to so many. */
#define NAMES_MAX 64

struct regex_reader {
    const char *at, *end;
    enum go_regex_fault fault;
    size_t groups, depth;
    struct {
        const char *text;
        size_t len;
    } names[NAMES_MAX];
    size_t names_count;
    /* Of the group that is read, and of those around it: whether something stands before that can be
     * repeated, and how often all in it are, repetitions within repetitions multiplied. */
    bool has_item[DEPTH_MAX + 1], just_repeated;
    uint32_t times[DEPTH_MAX + 1], item_times;
};

static bool fail(struct regex_reader *r, enum go_regex_fault fault)
{
    if (!r->fault)
        r->fault = fault;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static uint32_t hex_value(char c)
{
    return (uint32_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The code point at `at`, and its bytes; 0 bytes where it is no UTF-8 (RFC 3629). */
static size_t code_point(const char *at, const char *end, uint32_t *ret)
{
    unsigned char c = (unsigned char)*at;
    size_t len = c < 0x80                ? 1
                 : c >= 0xc2 && c < 0xe0 ? 2
                 : (c & 0xf0) == 0xe0    ? 3
                 : c >= 0xf0 && c < 0xf5 ? 4
                                         : 0;
    uint32_t value = len == 1 ? c : c & (0xffU >> (len + 1));

    if (!len || (size_t)(end - at) < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | ((unsigned char)at[i] & 0x3f);
    }
    if ((len == 3 && value < 0x800) || (len == 4 && (value < 0x10000 || value > 0x10ffff)) ||
        (value >= 0xd800 && value < 0xe000))
        return 0;
    *ret = value;
    return len;
}

/* Behind "\x". */
static bool read_hex(struct regex_reader *r, uint32_t *ret)
{
    uint32_t value = 0;
    size_t digits = 0;

    if (r->at < r->end && *r->at == '{') {
        for (r->at++; r->at < r->end && is_hex(*r->at) && value <= 0x10ffff; r->at++, digits++)
            value = value << 4 | hex_value(*r->at);
        if (!digits || value > 0x10ffff || r->at == r->end || *r->at != '}')
            return fail(r, GO_REGEX_ESCAPE);
        r->at++;
    } else {
        for (; digits < 2 && r->at < r->end && is_hex(*r->at); r->at++, digits++)
            value = value << 4 | hex_value(*r->at);
        if (digits < 2)
            return fail(r, GO_REGEX_ESCAPE);
    }
    *ret = value;
    return true;
}

/* At a backslash that stands for one character, as it may in brackets, too. */
static bool read_escape(struct regex_reader *r, uint32_t *ret)
{
    static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    const char *letter;
    char c;

    if (++r->at == r->end)
        return fail(r, GO_REGEX_BACKSLASH_AT_END);
    c = *r->at++;
    /* \1 to \7 alone refers to a group elsewhere; here it is refused. With another digit it is octal. */
    if (c >= '1' && c <= '7' && (r->at == r->end || *r->at < '0' || *r->at > '7'))
        return fail(r, GO_REGEX_ESCAPE);
    if (c >= '0' && c <= '7') {
        *ret = (uint32_t)(c - '0');
        for (int i = 0; i < 2 && r->at < r->end && *r->at >= '0' && *r->at <= '7'; i++)
            *ret = *ret * 8 + (uint32_t)(*r->at++ - '0');
        return true;
    }
    if (c == 'x')
        return read_hex(r, ret);
    letter = c ? strchr(letters, c) : NULL;
    if (letter) {
        *ret = (unsigned char)values[letter - letters];
        return true;
    }
    if ((unsigned char)c >= 0x80) {
        uint32_t ignored;

        return fail(r, code_point(r->at - 1, r->end, &ignored) ? GO_REGEX_ESCAPE : GO_REGEX_UTF8);
    }
    if (is_word(c) && c != '_')
        return fail(r, GO_REGEX_ESCAPE);
    *ret = (unsigned char)c;
    return true;
}

/* At "\d", "\pL", "\p{Greek}" and their like; false without a fault where it is none. */
static bool read_class_escape(struct regex_reader *r)
{
    char c = r->end - r->at >= 2 ? r->at[1] : '\0';

    if (c && strchr("dDsSwW", c)) {
        r->at += 2;
        return true;
    }
    if (c != 'p' && c != 'P')
        return false;
    r->at += 2;
    if (r->at < r->end && *r->at == '{') {
        const char *close = memchr(r->at, '}', (size_t)(r->end - r->at));

        if (!close)
            return fail(r, GO_REGEX_RANGE);
        for (const char *at = r->at + 1 + (r->at[1] == '^'); at < close; at++)
            if (!is_word(*at))
                return fail(r, GO_REGEX_RANGE);
        r->at = close + 1;
        return true;
    }
    if (r->at == r->end || !strchr("LMNPSZC", *r->at) || !*r->at)
        return fail(r, GO_REGEX_RANGE);
    r->at++;
    return true;
}

/* At "[:"; false without a fault where no ":]" follows, since then it is an ordinary bracket. */
static bool read_named_class(struct regex_reader *r)
{
    static const char *const names[] = {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
                                        "lower", "print", "punct", "space", "upper", "word",  "xdigit"};
    const char *begin = r->at + 2, *close = NULL;

    for (const char *at = begin; at + 1 < r->end && !close; at++)
        if (at[0] == ':' && at[1] == ']')
            close = at;
    if (!close)
        return false;
    begin += begin < close && *begin == '^';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == (size_t)(close - begin) && memcmp(names[i], begin, strlen(names[i])) == 0) {
            r->at = close + 2;
            return true;
        }
    return fail(r, GO_REGEX_RANGE);
}

static bool read_class_character(struct regex_reader *r, uint32_t *ret)
{
    size_t len;

    if (r->at == r->end)
        return fail(r, GO_REGEX_BRACKET);
    if (*r->at == '\\')
        return read_escape(r, ret);
    len = code_point(r->at, r->end, ret);
    if (!len)
        return fail(r, GO_REGEX_UTF8);
    r->at += len;
    return true;
}

static void read_class(struct regex_reader *r)
{
    bool first = true;

    r->at++;
    r->at += r->at < r->end && *r->at == '^';
    while (!r->fault && (r->at == r->end || *r->at != ']' || first)) {
        uint32_t low, high;

        first = false;
        if (r->end - r->at > 2 && r->at[0] == '[' && r->at[1] == ':' && read_named_class(r))
            continue;
        if (r->fault || (r->at < r->end && *r->at == '\\' && read_class_escape(r)))
            continue;
        if (r->fault || !read_class_character(r, &low))
            return;
        if (r->end - r->at >= 2 && r->at[0] == '-' && r->at[1] != ']') {
            r->at++;
            if (!read_class_character(r, &high))
                return;
            if (high < low)
                fail(r, GO_REGEX_RANGE);
        }
    }
    if (!r->fault)
        r->at++;
}

/* Behind "(?P<" or "(?<". */
static void read_group_name(struct regex_reader *r)
{
    const char *close = memchr(r->at, '>', (size_t)(r->end - r->at));
    size_t len = close ? (size_t)(close - r->at) : 0;

    if (!len) {
        fail(r, GO_REGEX_NAME);
        return;
    }
    for (size_t i = 0; i < len; i++)
        if (!is_word(r->at[i]))
            fail(r, GO_REGEX_NAME);
    for (size_t i = 0; i < r->names_count; i++)
        if (r->names[i].len == len && memcmp(r->names[i].text, r->at, len) == 0)
            fail(r, GO_REGEX_NAME);
    if (r->names_count < NAMES_MAX) {
        r->names[r->names_count].text = r->at;
        r->names[r->names_count++].len = len;
    }
    r->at = close + 1;
}

static void open_group(struct regex_reader *r)
{
    if (++r->depth > DEPTH_MAX) {
        r->depth--;
        fail(r, GO_REGEX_DEEP);
        return;
    }
    r->has_item[r->depth] = false;
    r->times[r->depth] = 1;
}

/* Behind "(?". Flags alone make no group. */
static void read_perl_group(struct regex_reader *r)
{
    bool minus = false, any = false;

    if (r->end - r->at > 2 && r->at[0] == 'P' && r->at[1] == '<') {
        r->at += 2;
        read_group_name(r);
        r->groups++;
        open_group(r);
        return;
    }
    if (r->end - r->at > 1 && r->at[0] == '<' && r->at[1] != '=' && r->at[1] != '!') {
        r->at++;
        read_group_name(r);
        r->groups++;
        open_group(r);
        return;
    }
    for (; r->at < r->end; r->at++) {
        char c = *r->at;

        if (c == 'i' || c == 'm' || c == 's' || c == 'U') {
            any = true;
        } else if (c == '-' && !minus) {
            minus = true;
            any = false;
        } else if ((c == ':' || c == ')') && !(minus && !any)) {
            r->at++;
            if (c == ':')
                open_group(r);
            return;
        } else {
            break;
        }
    }
    fail(r, r->at == r->end ? GO_REGEX_GROUP_OPEN : GO_REGEX_PERL);
}

static void add_item(struct regex_reader *r)
{
    r->has_item[r->depth] = true;
    r->item_times = 1;
}

static void close_group(struct regex_reader *r)
{
    uint32_t times = r->times[r->depth];

    r->at++;
    if (!r->depth) {
        fail(r, GO_REGEX_GROUP_CLOSE);
        return;
    }
    r->depth--;
    add_item(r);
    r->item_times = times;
    if (times > r->times[r->depth])
        r->times[r->depth] = times;
}

/* "{2}", "{2,}", "{2,5}"; false where it is none, and then it stands for itself. */
static bool read_count(const char **at, const char *end, uint32_t *ret_min, uint32_t *ret_max)
{
    const char *c = *at + 1;
    uint32_t values[2] = {0, 0};
    bool open = false;

    for (int i = 0; i < 2; i++) {
        const char *begin = c;

        for (; c < end && is_digit(*c); c++)
            values[i] = values[i] > REPEAT_MAX ? values[i] : values[i] * 10 + (uint32_t)(*c - '0');
        /* No leading zeros, as in Go. */
        if (c - begin > 1 && *begin == '0')
            return false;
        if (c == begin && i == 0)
            return false;
        open = i == 1 && c == begin;
        if (i == 0 && c < end && *c == '}') {
            values[1] = values[0];
            break;
        }
        if (i == 0 && (c == end || *c++ != ','))
            return false;
    }
    if (c == end || *c != '}')
        return false;
    *at = c + 1;
    *ret_min = values[0];
    *ret_max = open ? UINT32_MAX : values[1];
    return true;
}

static void repeat(struct regex_reader *r, uint32_t min, uint32_t max)
{
    bool counted = max != UINT32_MAX || min > 1;
    uint64_t times = max == UINT32_MAX ? min : max;

    if (r->just_repeated)
        fail(r, GO_REGEX_REPEAT_TWICE);
    else if (!r->has_item[r->depth])
        fail(r, GO_REGEX_NOTHING_MORE);
    else if (counted && (min > REPEAT_MAX || (max != UINT32_MAX && (max > REPEAT_MAX || max < min))))
        fail(r, GO_REGEX_REPEAT_COUNT);
    if (r->fault)
        return;
    times = (times ? times : 1) * (r->item_times ? r->item_times : 1);
    if (counted && times > REPEAT_MAX) {
        fail(r, GO_REGEX_REPEAT_COUNT);
        return;
    }
    r->item_times = (uint32_t)times;
    if (times > r->times[r->depth])
        r->times[r->depth] = (uint32_t)times;
    r->at += r->at < r->end && *r->at == '?';
}

static void read_literal(struct regex_reader *r)
{
    uint32_t value;
    size_t len = code_point(r->at, r->end, &value);

    if (!len)
        fail(r, GO_REGEX_UTF8);
    r->at += len;
    add_item(r);
}

static void read_backslash(struct regex_reader *r)
{
    char c = r->end - r->at >= 2 ? r->at[1] : '\0';
    uint32_t value;

    if (c == 'Q') {
        for (r->at += 2;
             !r->fault && r->at < r->end && !(r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'E');)
            read_literal(r);
        if (r->at < r->end && !r->fault)
            r->at += 2;
        return;
    }
    if (c && strchr("AbBz", c))
        r->at += 2;
    else if (!read_class_escape(r) && !r->fault && !read_escape(r, &value))
        return;
    add_item(r);
}

static void read_one(struct regex_reader *r)
{
    uint32_t min = 0, max = UINT32_MAX;
    bool repeats = false;

    switch (*r->at) {
    case '(':
        r->at++;
        if (r->at < r->end && *r->at == '?') {
            r->at++;
            read_perl_group(r);
        } else {
            r->groups++;
            open_group(r);
        }
        break;
    case ')':
        close_group(r);
        break;
    case '|':
        r->at++;
        r->has_item[r->depth] = false;
        break;
    case '[':
        read_class(r);
        add_item(r);
        break;
    case '\\':
        read_backslash(r);
        break;
    case '*':
    case '+':
    case '?':
        r->at++;
        repeats = true;
        break;
    case '{':
        repeats = read_count(&r->at, r->end, &min, &max);
        if (!repeats)
            read_literal(r);
        break;
    default:
        read_literal(r);
    }
    if (repeats)
        repeat(r, min, max);
    r->just_repeated = repeats;
}

enum go_regex_fault go_regex_check(const char *pattern, size_t len, size_t *ret_groups)
{
    struct regex_reader r = {.at = pattern, .end = pattern + len, .times[0] = 1};

    while (r.at < r.end && !r.fault)
        read_one(&r);
    if (!r.fault && r.depth)
        r.fault = GO_REGEX_GROUP_OPEN;
    if (!r.fault)
        *ret_groups = r.groups;
    return r.fault;
}
