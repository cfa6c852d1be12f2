/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolv.conf as musl reads it.
 *
 * Lines are read into 256 bytes; one that does not fit, newline included, is dropped whole. A keyword stands
 * at the very start with any blank behind it. The three options it has are found anywhere in an options
 * line, even inside another word, and the first one of a line counts. There are no comments: a line that is
 * no keyword is nothing.
 *
 * Source: musl 1.2.3 tried live.
 */
#include "resolv_reader.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n\v\f\r"

enum {
    LINE_SIZE = 256,
    NDOTS_MAX = 15,
    TIMEOUT_MAX = 60, /* seconds, for the whole lookup */
    ATTEMPTS_MAX = 10,
};

static bool keyword(const char *line, const char *word)
{
    size_t len = strlen(word);

    return strncmp(line, word, len) == 0 && line[len] && strchr(BLANKS, line[len]);
}

/* How much of a word is shown. */
static int word_len(const char *at)
{
    size_t len = strcspn(at, BLANKS);

    return (int)(len < 60 ? len : 60);
}

static const char *const known[] = {"ndots:", "timeout:", "attempts:"};

/* What is glued behind a number: another option in it is found all the same. */
static void remark_rest(struct resolv_reader *reader, const char *option, const char *rest)
{
    const char *word = arena_text_n(reader->arena, option, strcspn(option, BLANKS));
    bool found = false;

    rest = word + (rest - option);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        found = found || strstr(rest, known[i]);
    if (!found)
        resolv_reader_number_rest(reader, word, rest);
}

static void read_number(struct resolv_reader *reader, const char *text, const char *name, unsigned long max,
                        uint64_t *value)
{
    const char *at = strstr(text, name);
    unsigned long number;
    char *end;

    if (!at)
        return;
    at += strlen(name);
    number = strtoul(at, &end, 10);
    if (*at < '0' || *at > '9') {
        resolv_reader_remark(reader, REMARK_LOST, "option '%s%.*s' has no number", name, word_len(at), at);
        return;
    }
    remark_rest(reader, at - strlen(name), end);
    if (number > max)
        resolv_reader_remark(reader, REMARK_ALTERED, "option '%s%.*s' is cut to %lu", name, word_len(at), at,
                             max);
    if (strstr(end, name))
        resolv_reader_remark(reader, REMARK_LOST,
                             "option '%s' stands more than once in this line: the first counts", name);
    *value = number > max ? max : number;
}

static void read_options(struct resolv_reader *reader, char *text)
{
    struct resolv_reading *reading = reader->reading;
    uint64_t timeout = reading->timeout_ms / 1000;
    char *at;

    read_number(reader, text, "ndots:", NDOTS_MAX, &reading->ndots);
    read_number(reader, text, "attempts:", ATTEMPTS_MAX, &reading->attempts);
    read_number(reader, text, "timeout:", TIMEOUT_MAX, &timeout);
    reading->timeout_ms = timeout * 1000;

    for (char *word = strtok_r(text + 7, BLANKS, &at); word; word = strtok_r(NULL, BLANKS, &at)) {
        const char *found = NULL;

        for (size_t i = 0; i < 3 && !found; i++)
            found = strstr(word, known[i]);
        if (!found)
            resolv_reader_unknown_option(reader, word);
        else if (strspn(found + strcspn(found, ":") + 1, "0123456789") == 0)
            continue; /* remarked on where it was read */
        else if (found != word)
            resolv_reader_remark(reader, REMARK_ALTERED, "option " WORD_FORMAT " is taken for '%.60s'", word,
                                 found);
    }
}

static void read_server(struct resolv_reader *reader, char *text)
{
    struct address address;
    size_t len;

    text += strspn(text, BLANKS);
    len = strcspn(text, BLANKS);
    resolv_reader_server_rest(reader, text + len);
    text[len] = 0;
    if (resolv_parse_aton(text, &address)) {
        resolv_reader_server(reader, text, &address);
        return;
    }
    len = strcspn(text, "%");
    if (len > 63 || !resolv_parse_v6(text, len, &address)) {
        resolv_reader_bad_server(reader, text);
        return;
    }
    if (text[len]) {
        const char *zone = text + len + 1;
        bool named = !*zone || zone[strspn(zone, "0123456789")];

        /* Only link-local addresses may name an interface. */
        if (named && !IN6_IS_ADDR_LINKLOCAL(&address.v6) && !IN6_IS_ADDR_MC_LINKLOCAL(&address.v6)) {
            resolv_reader_remark(reader, REMARK_LOST,
                                 "nameserver " WORD_FORMAT " names an interface but is not link-local", text);
            return;
        }
        address.scope = resolv_parse_scope(zone);
        if (named && !address.scope) {
            resolv_reader_remark(reader, REMARK_LOST,
                                 "nameserver " WORD_FORMAT ": there is no such interface here", text);
            return;
        }
    }
    resolv_reader_server(reader, text, &address);
}

static void read_search(struct resolv_reader *reader, const char *at)
{
    resolv_reader_search_reset(reader);
    for (at += strspn(at, BLANKS); *at; at += strspn(at, BLANKS)) {
        size_t len = strcspn(at, BLANKS);

        if (len == 1 && *at == '.' && reader->reading->stops_at_bad_name)
            resolv_reader_remark(
                reader, REMARK_ALTERED,
                "musl before 1.2.4 fails each lookup that reaches the search domain '.': the name as "
                "it stands is never asked for");
        resolv_reader_search(reader, at, len);
        at += len;
    }
}

void resolv_musl_read(struct arena *arena, const char *bytes, size_t len,
                      const struct resolv_environment *environment, struct resolv_reading *ret_reading)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct resolv_reader reader;
    struct line line;

    resolv_reader_init(&reader, arena, ret_reading);
    ret_reading->tcp_on_truncation =
        resolv_version_is_at_least(environment->musl_version, (const unsigned long[]){1, 2, 4});
    ret_reading->stops_at_bad_name = !ret_reading->tcp_on_truncation;
    while (line_cursor_next(&cursor, &line)) {
        bool comment = line.len && (*line.text == '#' || *line.text == ';');
        char *text;

        reader.line = line.number;
        if (line.len >= LINE_SIZE - 1) {
            if (!comment)
                resolv_reader_remark(&reader, REMARK_LOST, "the line has over %d bytes and is dropped whole",
                                     LINE_SIZE - 2);
            continue;
        }
        if (line.ended && memchr(line.text, 0, line.len)) {
            /* The end of the line is not found behind a NUL, so it is looked for in the next one. */
            resolv_reader_remark(&reader, REMARK_LOST, "a NUL byte: this line and the next are dropped");
            if (!line_cursor_next(&cursor, &line))
                break;
            continue;
        }
        if (comment)
            continue;
        text = resolv_reader_line(&reader, &line, true);
        if (keyword(text, "options"))
            read_options(&reader, text);
        else if (keyword(text, "nameserver"))
            read_server(&reader, text + 11);
        else if (keyword(text, "search") || keyword(text, "domain"))
            read_search(&reader, text + 7);
        else if (strncmp(text, "sortlist", 8) == 0)
            resolv_reader_remark(&reader, REMARK_IGNORED, "sortlist is not known");
        else
            resolv_reader_unknown_line(&reader, text);
    }
    reader.line = 0;
    if (ret_reading->nameservers_count == 0) {
        resolv_reader_remark(&reader, REMARK_ALTERED,
                             "no usable nameserver, so this machine itself is asked");
        resolv_reader_default_server(&reader, "127.0.0.1");
    }
    if (ret_reading->attempts == 0)
        ret_reading->fatal =
            "attempts:0 makes musl divide by zero: the program dies (SIGFPE) at its first lookup";
    else if (ret_reading->timeout_ms == 0)
        ret_reading->fatal = "with timeout:0 musl sends nothing and every lookup fails at once";
    resolv_reader_fini(&reader);
}
