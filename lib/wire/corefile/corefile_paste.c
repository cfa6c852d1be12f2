/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corefile_paste.h"
#include <ctype.h>
#include <k8sdns/base/line.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool starts_with(const struct line *line, const char *word)
{
    size_t len = strlen(word);

    return line->len >= len && memcmp(line->text, word, len) == 0;
}

/* "Name:         coredns", without its key; NULL for another key. */
static const char *value_of(struct arena *arena, const struct line *line, const char *key)
{
    size_t len = strlen(key), end = line->len;

    if (!starts_with(line, key))
        return NULL;
    while (len < end && is_blank(line->text[len]))
        len++;
    while (end > len && is_blank(line->text[end - 1]))
        end--;
    return arena_text_n(arena, line->text + len, end - len);
}

/* A key of the section Data: "Corefile:" with "----" below it. */
static bool is_key(const struct line *line, const char *bytes, size_t len)
{
    size_t end = line->len, at = (size_t)(line->text - bytes) + line->len + 1;

    while (end && is_blank(line->text[end - 1]))
        end--;
    return end > 1 && line->text[end - 1] == ':' && !memchr(line->text, ' ', end) && len - at >= 4 &&
           at < len && memcmp(bytes + at, "----", 4) == 0;
}

/* What a key holds: the bytes from its own on to `end`, with as many empty lines in front as stand before it.
 */
static const char *held(struct arena *arena, const char *begin, const char *end, uint64_t lines_before)
{
    char *text = arena_alloc(arena, (size_t)lines_before + (size_t)(end - begin) + 1);

    memset(text, '\n', (size_t)lines_before);
    memcpy(text + lines_before, begin, (size_t)(end - begin));
    text[lines_before + (uint64_t)(end - begin)] = '\0';
    return text;
}

struct described {
    struct arena *arena;
    struct config_maps *maps;
    struct config_map map;
    bool data;               /* it has the section of one: other objects have none */
    const char *key, *begin; /* of what is read; NULL */
    uint64_t line;           /* that it begins at */
};

static void end_key(struct described *d, const char *end)
{
    const char *text;

    if (!d->key || !d->begin)
        return;
    text = held(d->arena, d->begin, end, d->line - 1);
    if (strcmp(d->key, "Corefile") == 0)
        d->map.corefile = text;
    else
        *ARENA_PUSH(d->arena, d->map.keys, d->map.keys_count) =
            (struct corefile_file){d->key, text, strlen(text)};
    d->key = NULL;
}

static void end_map(struct described *d, const char *end)
{
    end_key(d, end);
    if (d->map.name && d->data)
        config_map_add(d->arena, &d->map, d->maps);
    d->map = (struct config_map){0};
    d->data = false;
}

void described_read(struct arena *arena, const char *bytes, size_t len, struct config_maps *maps)
{
    struct described d = {.arena = arena, .maps = maps};
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct line line;

    while (line_cursor_next(&cursor, &line)) {
        if (starts_with(&line, "Name:  ")) {
            end_map(&d, line.text);
            d.map.name = value_of(arena, &line, "Name:");
            d.map.space = "";
        } else if (starts_with(&line, "Namespace:  ") && d.map.name && !d.key) {
            d.map.space = value_of(arena, &line, "Namespace:");
        } else if (starts_with(&line, "BinaryData") || starts_with(&line, "Events:")) {
            end_key(&d, line.text);
        } else if (starts_with(&line, "Data") && !d.key) {
            d.data = true;
            /* It may be copied from there on. */
            d.map.space = d.map.name ? d.map.space : "";
            d.map.name = d.map.name ? d.map.name : "";
        } else if (d.map.name && is_key(&line, bytes, len)) {
            end_key(&d, line.text);
            d.key = arena_text_n(arena, line.text, strcspn(arena_text_n(arena, line.text, line.len), ":"));
            if (line_cursor_next(&cursor, &line)) {
                d.begin = line.text + line.len + (line.text + line.len < bytes + len);
                d.line = line.number + 1;
            }
        }
    }
    end_map(&d, bytes + len);
}

static char *skip(char *at, const char *what)
{
    return at + strspn(at, what);
}

/* "Corefile: |" and its like in front of a Corefile become blanks. */
static void clean_key(char *text)
{
    char *begin = skip(text, " \t\r\n"), *at = begin, quote = *at == '"' || *at == '\'' ? *at++ : '\0', *end;

    if (strncmp(at, "Corefile", 8) != 0 && strncmp(at, "corefile", 8) != 0)
        return;
    end = at + 8;
    if (quote && *end++ != quote)
        return;
    if (*end++ != ':')
        return;
    end = skip(skip(skip(end, " \t"), "|>+-0123456789"), " \t\r");
    if (*end == '\n' || !*end)
        memset(begin, ' ', (size_t)(end - begin));
}

/* The last byte that is no blank; NULL where there is none. */
static char *last_byte(char *text)
{
    size_t len = strlen(text);

    while (len && strchr(" \t\r\n", text[len - 1]))
        len--;
    return len ? text + len - 1 : NULL;
}

/* The quotes that a shell or a formatter put around all of it, and Go's way to print a map: map[Corefile:...]
 */
static void clean_around(char *text)
{
    static const char map[] = "map[Corefile:";
    char *at = skip(text, " \t\r\n"), *end = last_byte(text);

    if (!end || end == at)
        return;
    if (strncmp(at, map, sizeof(map) - 1) == 0 && *end == ']') {
        memset(at, ' ', sizeof(map) - 1);
        *end = ' ';
    } else if ((*at == '\'' || *at == '`') && *end == *at) {
        *at = ' ';
        *end = ' ';
    }
}

/* Whether "{{" begins one of plugin/template's own fields: .Name, .Zone, .Match, ... Source: its
 * templateData. */
static bool is_of_template(const char *at)
{
    static const char *const fields[] = {".Name",  ".Zone",    ".Class",    ".Type",   ".Match",
                                         ".Group", ".Message", ".Question", ".Remote", ".Meta"};

    at += 2;
    at += *at == '-';
    at += strspn(at, " \t");
    if (strncmp(at, "index ", 6) == 0)
        at += 6;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        size_t len = strlen(fields[i]);

        if (strncmp(at, fields[i], len) == 0 && !isalnum((unsigned char)at[len]))
            return true;
    }
    return false;
}

/*
 * Placeholders of Helm and Jinja. CoreDNS's own templates have the same braces, in quotes. One that has a
 * line for itself goes; another becomes a variable, which nothing is said of.
 */
static bool clean_placeholders(char *text)
{
    bool quoted = false, found = false;

    for (char *at = text; *at; at++) {
        const char *close = at[1] == '{' ? "}}" : "%}";
        char *end, *begin = at;

        if (*at == '#' && (at == text || strchr(" \t\n", at[-1])) && !quoted) {
            at += strcspn(at, "\n");
            if (!*at)
                break;
        }
        quoted = quoted != (*at == '"' && (at == text || at[-1] != '\\'));
        if (quoted || *at != '{' || (at[1] != '{' && at[1] != '%') || !(end = strstr(at, close)) ||
            memchr(at, '\n', (size_t)(end - at)) || (at[1] == '{' && is_of_template(at)))
            continue;
        end += 2;
        /* {%VARIABLE%} is one of CoreDNS's environment, and has no blanks. */
        if (at[1] == '%' && !memchr(at, ' ', (size_t)(end - at)))
            continue;
        found = true;
        while (begin > text && is_blank(begin[-1]))
            begin--;
        if ((begin == text || begin[-1] == '\n') &&
            (!end[strspn(end, " \t\r")] || end[strspn(end, " \t\r")] == '\n')) {
            memset(at, ' ', (size_t)(end - at));
        } else {
            memset(at, 'x', (size_t)(end - at));
            at[0] = '{';
            at[1] = '$';
            end[-1] = '}';
        }
        at = end - 1;
    }
    return found;
}

const char *corefile_clean(struct arena *arena, const char *bytes, size_t len, bool *ret_template)
{
    char *text = arena_alloc(arena, len + 1);

    memcpy(text, bytes, len);
    text[len] = '\0';
    /* A NUL would end it here, and only divides words there. */
    for (size_t i = 0; i < len; i++)
        text[i] = text[i] ? text[i] : ' ';
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        memset(text, ' ', 3);
    clean_around(text);
    clean_key(text);
    *ret_template = clean_placeholders(text) || *ret_template;
    return text;
}
