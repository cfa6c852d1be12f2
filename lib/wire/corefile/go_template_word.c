/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "go_template_word.h"
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Letters beyond ASCII are taken for letters. */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool begins(const char *at, const char *end, const char *word)
{
    size_t len = strlen(word);

    return (size_t)(end - at) >= len && memcmp(at, word, len) == 0;
}

/* "}}", or " -}}" from the blank on. */
static size_t close_at(const char *at, const char *end)
{
    if (begins(at, end, "}}"))
        return 2;
    return end - at >= 4 && is_blank(at[0]) && begins(at + 1, end, "-}}") ? 4 : 0;
}

static const char *find(const char *at, const char *end, const char *word)
{
    for (; at < end; at++)
        if (begins(at, end, word))
            return at;
    return NULL;
}

bool go_template_open(const char **at, const char *end, enum go_template_fault *ret_fault)
{
    for (;;) {
        const char *open = find(*at, end, "{{"), *close;

        if (!open)
            return false;
        open += 2;
        if (end - open >= 2 && open[0] == '-' && is_blank(open[1]))
            open += 2;
        *at = open;
        if (!begins(open, end, "/*"))
            return true;
        close = find(open, end, "*/");
        if (!close || !close_at(close + 2, end)) {
            *ret_fault = GO_TEMPLATE_UNCLOSED;
            return false;
        }
        *at = close + 2 + close_at(close + 2, end);
    }
}

static struct go_template_word wrong(const char *at, size_t len, enum go_template_fault fault)
{
    return (struct go_template_word){WORD_WRONG, at, len, fault};
}

static size_t hex_digits(const char *at, const char *end, size_t most)
{
    size_t count = 0;

    while (count < most && at < end && (is_digit(*at) || ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'f'))) {
        at++;
        count++;
    }
    return count;
}

/* Behind a backslash in a quoted text; 0 for an escape that Go does not know. */
static size_t escape_len(const char *at, const char *end, char quote)
{
    static const struct {
        char letter;
        size_t digits;
    } hex[] = {{'x', 2}, {'u', 4}, {'U', 8}};

    if (at == end)
        return 0;
    for (size_t i = 0; i < sizeof(hex) / sizeof(hex[0]); i++)
        if (*at == hex[i].letter)
            return hex_digits(at + 1, end, hex[i].digits) == hex[i].digits ? 1 + hex[i].digits : 0;
    if (*at >= '0' && *at <= '3')
        return end - at >= 3 && at[1] >= '0' && at[1] <= '7' && at[2] >= '0' && at[2] <= '7' ? 3 : 0;
    return (*at && strchr("abfnrtv\\", *at)) || *at == quote ? 1 : 0;
}

/* A text or a character in quotes. */
static struct go_template_word quoted(const char **at, const char *end, char quote)
{
    const char *begin = *at, *c = begin + 1;
    size_t characters = 0;

    for (; c < end && *c != quote && *c != '\n'; characters++) {
        size_t more = *c == '\\' ? escape_len(c + 1, end, quote) : 0;

        if (*c == '\\' && !more)
            return wrong(begin, (size_t)(c - begin) + 1, GO_TEMPLATE_SYNTAX);
        for (c += 1 + more; c < end && ((unsigned char)*c & 0xc0) == 0x80;)
            c++;
    }
    if (c == end || *c != quote)
        return wrong(begin, (size_t)(c - begin), GO_TEMPLATE_UNCLOSED);
    *at = c + 1;
    if (quote == '\'' && characters != 1)
        return wrong(begin, (size_t)(*at - begin), GO_TEMPLATE_SYNTAX);
    return (struct go_template_word){quote == '"' ? WORD_STRING : WORD_CONSTANT, begin, (size_t)(*at - begin),
                                     0};
}

/* What may stand at once behind a name. */
static bool ends_word(const char *at, const char *end)
{
    return at == end || is_blank(*at) || strchr(".,|:()", *at) || close_at(at, end);
}

static struct go_template_word name(const char **at, const char *end, enum go_template_word_kind kind,
                                    size_t head)
{
    static const char *const constants[] = {"true", "false"};
    const char *begin = *at, *c = begin + head;
    struct go_template_word word = {kind, begin, 0, 0};

    while (c < end && is_letter(*c))
        c++;
    if (!ends_word(c, end))
        return wrong(begin, (size_t)(c - begin) + 1, GO_TEMPLATE_SYNTAX);
    word.len = (size_t)(c - begin);
    for (size_t i = 0; kind == WORD_IDENTIFIER && i < 2; i++)
        if (word.len == strlen(constants[i]) && memcmp(begin, constants[i], word.len) == 0)
            word.kind = WORD_CONSTANT;
    if (kind == WORD_IDENTIFIER && word.len == 3 && memcmp(begin, "nil", 3) == 0)
        word.kind = WORD_NIL;
    if (kind == WORD_FIELD && word.len == 1)
        word.kind = WORD_DOT;
    *at = c;
    return word;
}

static const char *skip_digits(const char *c, const char *end, bool hex)
{
    while (c < end && (is_digit(*c) || *c == '_' || (hex && hex_digits(c, end, 1))))
        c++;
    return c;
}

/* As the lexer of text/template scans them; complex numbers are not read. */
static struct go_template_word number(const char **at, const char *end)
{
    const char *begin = *at, *c = begin;
    const char *last;
    bool hex;

    c += *c == '+' || *c == '-';
    hex = end - c >= 2 && c[0] == '0' && (c[1] | 0x20) == 'x';
    if (hex || (end - c >= 2 && c[0] == '0' && strchr("bBoO", c[1]) && c[1]))
        c += 2;
    c = skip_digits(c, end, hex);
    if (c < end && *c == '.')
        c = skip_digits(c + 1, end, hex);
    if (c < end && (*c | 0x20) == (hex ? 'p' : 'e')) {
        c++;
        c += c < end && (*c == '+' || *c == '-');
        c = skip_digits(c, end, false);
    }
    last = c > begin ? c - 1 : c;
    /* "1." is a number, "1e" and "+" are none. */
    if (c - begin >= 2 && c[-1] == '.' && is_digit(c[-2]))
        last = c - 2;
    if ((c < end && is_letter(*c)) || c == begin || !hex_digits(last, last + 1, 1))
        return wrong(begin, (size_t)(c - begin) + (c < end), GO_TEMPLATE_SYNTAX);
    *at = c;
    return (struct go_template_word){WORD_CONSTANT, begin, (size_t)(c - begin), 0};
}

static struct go_template_word mark(const char **at, enum go_template_word_kind kind, size_t len)
{
    struct go_template_word word = {kind, *at, len, 0};

    *at += len;
    return word;
}

struct go_template_word go_template_word(const char **at, const char *end)
{
    const char *begin = *at, *close;
    size_t len;

    if (begin == end)
        return (struct go_template_word){WORD_END_OF_TEXT, begin, 0, GO_TEMPLATE_UNCLOSED};
    len = close_at(begin, end);
    if (len)
        return mark(at, WORD_CLOSE, len);
    if (is_blank(*begin)) {
        while (*at < end && is_blank(**at) && !close_at(*at, end))
            (*at)++;
        return (struct go_template_word){WORD_SPACE, begin, (size_t)(*at - begin), 0};
    }
    switch (*begin) {
    case '"':
    case '\'':
        return quoted(at, end, *begin);
    case '`':
        close = memchr(begin + 1, '`', (size_t)(end - begin) - 1);
        return close ? mark(at, WORD_STRING, (size_t)(close + 1 - begin))
                     : wrong(begin, 1, GO_TEMPLATE_UNCLOSED);
    case '$':
        return name(at, end, WORD_VARIABLE, 1);
    case '.':
        return end - begin >= 2 && is_digit(begin[1]) ? number(at, end) : name(at, end, WORD_FIELD, 1);
    case ':':
        return begins(begin, end, ":=") ? mark(at, WORD_DECLARE, 2) : wrong(begin, 1, GO_TEMPLATE_SYNTAX);
    case '=':
        return mark(at, WORD_ASSIGN, 1);
    case '|':
        return mark(at, WORD_PIPE, 1);
    case ',':
        return mark(at, WORD_COMMA, 1);
    case '(':
        return mark(at, WORD_OPEN_BRACKET, 1);
    case ')':
        return mark(at, WORD_CLOSE_BRACKET, 1);
    default:
        if (*begin == '+' || *begin == '-' || is_digit(*begin))
            return number(at, end);
        return is_letter(*begin) ? name(at, end, WORD_IDENTIFIER, 0) : wrong(begin, 1, GO_TEMPLATE_SYNTAX);
    }
}
