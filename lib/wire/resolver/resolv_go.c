/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolv.conf as Go's own resolver reads it.
 *
 * A comment is a line whose first byte is '#' or ';'. Everything else is split at spaces, tabs and carriage
 * returns, so that neither leading blanks nor DOS line ends matter. Lines are found in a buffer of 64 KiB:
 * at a longer one reading ends for good. Numbers stop at the first byte that is no digit.
 *
 * Source: package net of Go 1.19 (dnsconfig_unix.go), tried live.
 */
#include "resolv_reader.h"
#include <arpa/inet.h>
#include <string.h>

#define BLANKS " \r\t\n"

enum {
    LINE_MAX_BYTES = 64 * 1024,
    NDOTS_MAX = 15,
    NUMBER_MAX = 0xFFFFFF, /* where Go's decimal reader stops */
};

static const char *const flags[] = {"rotate", "single-request", "single-request-reopen",
                                    "use-vc", "usevc",          "tcp"};

/* Split into words at `text`; Go's words may hold NUL bytes, which no word of interest does. */
static char *next_word(char **at)
{
    return strtok_r(NULL, BLANKS, at);
}

static uint64_t number(struct resolv_reader *reader, const char *word, size_t name_len, uint64_t min)
{
    const char *at = word + name_len;
    uint64_t value = 0;

    if (*at < '0' || *at > '9')
        resolv_reader_remark(reader, REMARK_ALTERED, "option " WORD_FORMAT " has no number and counts as %d",
                             word, (int)min);
    for (; *at >= '0' && *at <= '9' && value < NUMBER_MAX; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (at > word + name_len)
        resolv_reader_number_rest(reader, word, at + strspn(at, "0123456789"));
    if (value > NUMBER_MAX)
        value = NUMBER_MAX;
    return value < min ? min : value;
}

static void read_options(struct resolv_reader *reader, char **at)
{
    struct resolv_reading *reading = reader->reading;

    for (char *word = next_word(at); word; word = next_word(at)) {
        size_t i;

        if (strncmp(word, "ndots:", 6) == 0) {
            reading->ndots = number(reader, word, 6, 0);
            if (reading->ndots > NDOTS_MAX) {
                resolv_reader_remark(reader, REMARK_ALTERED, "option " WORD_FORMAT " is cut to %d", word,
                                     NDOTS_MAX);
                reading->ndots = NDOTS_MAX;
            }
            continue;
        }
        if (strncmp(word, "timeout:", 8) == 0) {
            reading->timeout_ms = number(reader, word, 8, 1) * 1000;
            continue;
        }
        if (strncmp(word, "attempts:", 9) == 0) {
            reading->attempts = number(reader, word, 9, 1);
            continue;
        }
        for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
            if (strcmp(word, flags[i]) == 0)
                break;
        if (i == sizeof(flags) / sizeof(flags[0]))
            resolv_reader_unknown_option(reader, word);
        else if (i >= 3)
            resolv_reader_option(reader, "use-vc");
        else
            resolv_reader_option(reader, flags[i]);
    }
}

static void read_server(struct resolv_reader *reader, const char *text)
{
    struct address address = {.family = AF_INET};
    size_t len = strlen(text);
    const char *zone = strrchr(text, '%');

    if (inet_pton(AF_INET, text, &address.v4) != 1) {
        if (zone && zone != text)
            len = (size_t)(zone - text);
        if (!resolv_parse_v6(text, len, &address)) {
            resolv_reader_bad_server(reader, text);
            return;
        }
        if (text[len])
            address.scope = resolv_parse_scope(text + len + 1);
    }
    resolv_reader_server(reader, text, &address);
}

/* `searched` is set once anything, be it ".", is in the search list: the host name then does not count. */
static void read_line(struct resolv_reader *reader, char *text, bool *searched)
{
    char *at, *word, *line = arena_text(reader->arena, text);

    word = strtok_r(text, BLANKS, &at);
    if (!word)
        return;
    if (strcmp(word, "nameserver") == 0) {
        word = next_word(&at);
        read_server(reader, word ? word : "");
        word = word ? next_word(&at) : NULL;
        if (word)
            resolv_reader_server_rest(reader, word);
    } else if (strcmp(word, "domain") == 0) {
        word = next_word(&at);
        if (!word) {
            resolv_reader_remark(reader, REMARK_IGNORED, "domain without a value");
            return;
        }
        resolv_reader_search_reset(reader);
        *searched = true;
        resolv_reader_search(reader, word, strlen(word));
        if (next_word(&at))
            resolv_reader_remark(reader, REMARK_LOST, "domain takes one name; the rest is dropped");
    } else if (strcmp(word, "search") == 0) {
        resolv_reader_search_reset(reader);
        *searched = false;
        while ((word = next_word(&at))) {
            *searched = true;
            /* ".", with the dot it gets for an end, makes a name that cannot be packed: never sent. */
            if (strcmp(word, ".") == 0)
                resolv_reader_remark(reader, REMARK_IGNORED, "the search domain '.' is skipped");
            else
                resolv_reader_search(reader, word, strlen(word));
        }
    } else if (strcmp(word, "options") == 0) {
        read_options(reader, &at);
    } else if (strcmp(word, "sortlist") == 0) {
        resolv_reader_remark(reader, REMARK_IGNORED, "sortlist is not known");
    } else if (strcmp(word, "lookup") != 0) {
        /* "lookup" orders files and DNS, as on OpenBSD; it changes no question. */
        resolv_reader_unknown_line(reader, line);
    }
}

void resolv_go_read(struct arena *arena, const char *bytes, size_t len,
                    const struct resolv_environment *environment, struct resolv_reading *ret_reading)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct resolv_reader reader;
    struct line line;
    bool searched = false;

    resolv_reader_init(&reader, arena, ret_reading);
    while (line_cursor_next(&cursor, &line)) {
        if (line.len >= LINE_MAX_BYTES) {
            reader.line = line.number;
            resolv_reader_remark(&reader, REMARK_LOST,
                                 "a line of 64 KiB or more: it and everything behind it is not read");
            break;
        }
        if (line.len == 0 || *line.text == ';' || *line.text == '#')
            continue;
        read_line(&reader, resolv_reader_line(&reader, &line, false), &searched);
    }
    reader.line = 0;
    if (ret_reading->nameservers_count == 0) {
        resolv_reader_remark(&reader, REMARK_ALTERED,
                             "no usable nameserver, so this machine itself is asked");
        resolv_reader_default_server(&reader, "127.0.0.1");
        resolv_reader_default_server(&reader, "::1");
    }
    if (!searched)
        resolv_reader_search_hostname(&reader, environment);
    resolv_reader_fini(&reader);
}
