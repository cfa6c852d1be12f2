/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolv.conf as glibc reads it.
 *
 * A keyword stands at the very start of a line, in lower case, with a space or a tab behind it; a comment
 * is a line whose first byte is '#' or ';'. Nothing else is a comment and nothing strips a carriage return.
 * Numbers go through atoi(), option words match by their beginning.
 *
 * Left out: sortlist (it sorts answers and changes no question) and HOSTALIASES.
 *
 * Source: resolv.conf(5), and glibc 2.36 tried live.
 */
#include "resolv_reader.h"
#include <stdlib.h>
#include <string.h>

enum {
    NDOTS_MAX = 15,   /* RES_MAXNDOTS of <resolv.h> */
    TIMEOUT_MAX = 30, /* RES_MAXRETRANS, seconds */
    ATTEMPTS_MAX = 5, /* RES_MAXRETRY */
};

/* In the order in which they are compared: a word counts when it begins with one of these. */
static const struct {
    const char *begin, *name;
} flags[] = {
    {"rotate", "rotate"},
    {"edns0", "edns0"},
    {"single-request-reopen", "single-request-reopen"},
    {"single-request", "single-request"},
    {"no_tld_query", "no-tld-query"},
    {"no-tld-query", "no-tld-query"},
    {"no-reload", "no-reload"},
    {"use-vc", "use-vc"},
    {"trust-ad", "trust-ad"},
    {"no-aaaa", "no-aaaa"},
};

/* atoi() of glibc: strtol(), cut to an int. */
static int number(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

static int option_number(struct resolv_reader *reader, const char *word, size_t name_len, int max)
{
    const char *digits = word + name_len;
    int value = number(digits);

    digits += *digits == '-' || *digits == '+';
    if (*digits < '0' || *digits > '9')
        resolv_reader_remark(reader, REMARK_ALTERED, "option " WORD_FORMAT " has no number and counts as %d",
                             word, value);
    else if (value > max)
        resolv_reader_remark(reader, REMARK_ALTERED, "option " WORD_FORMAT " is cut to %d", word, max);
    else
        resolv_reader_number_rest(reader, word, digits + strspn(digits, "0123456789\r"));
    return value > max ? max : value;
}

static void read_options(struct resolv_reader *reader, char *at)
{
    struct resolv_reading *reading = reader->reading;

    for (char *word = strtok_r(at, " \t\n", &at); word; word = strtok_r(NULL, " \t\n", &at)) {
        int value;
        size_t i;

        if (*word == '\r')
            continue;
        if (strncmp(word, "ndots:", 6) == 0) {
            value = option_number(reader, word, 6, NDOTS_MAX);
            /* Four bits of the resolver's state hold it, so a negative one comes out as something else. */
            reading->ndots = (unsigned)value & NDOTS_MAX;
            if (value < 0)
                resolv_reader_remark(reader, REMARK_ALTERED, "option " WORD_FORMAT " counts as %u", word,
                                     (unsigned)reading->ndots);
            continue;
        }
        if (strncmp(word, "timeout:", 8) == 0) {
            value = option_number(reader, word, 8, TIMEOUT_MAX);
            if (value < 1)
                resolv_reader_remark(reader, REMARK_ALTERED, "option " WORD_FORMAT " counts as 1 s", word);
            reading->timeout_ms = (uint64_t)(value < 1 ? 1 : value) * 1000;
            continue;
        }
        if (strncmp(word, "attempts:", 9) == 0) {
            value = option_number(reader, word, 9, ATTEMPTS_MAX);
            reading->attempts = value < 0 ? 0 : (uint64_t)value;
            continue;
        }
        for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
            if (strncmp(word, flags[i].begin, strlen(flags[i].begin)) == 0)
                break;
        if (i < sizeof(flags) / sizeof(flags[0]))
            resolv_reader_option(reader, flags[i].name);
        else
            resolv_reader_unknown_option(reader, word);
    }
}

static void read_server(struct resolv_reader *reader, char *text)
{
    struct address address;
    size_t len;

    text += strspn(text, " \t");
    len = strcspn(text, " \t\n");
    resolv_reader_server_rest(reader, text + len);
    text[len] = 0;
    if (resolv_parse_aton(text, &address)) {
        resolv_reader_server(reader, text, &address);
        return;
    }
    len = strcspn(text, "%");
    if (!resolv_parse_v6(text, len, &address)) {
        resolv_reader_bad_server(reader, text);
        return;
    }
    if (text[len]) {
        address.scope = resolv_parse_scope(text + len + 1);
        if (!address.scope)
            resolv_reader_remark(reader, REMARK_ALTERED, "there is no interface " WORD_FORMAT " here",
                                 text + len + 1);
    }
    resolv_reader_server(reader, text, &address);
}

/* The words of a search line; `at` begins with one. */
static void read_search(struct resolv_reader *reader, const char *at)
{
    while (*at && *at != '\n') {
        size_t len = strcspn(at, " \t\n");

        if (len && at[len - 1] == '\r')
            resolv_reader_remark(reader, REMARK_ALTERED,
                                 "the DOS line end (CR) becomes part of the last search domain");
        resolv_reader_search(reader, at, len);
        at += len;
        at += strspn(at, " \t");
    }
}

static bool keyword(const char *line, const char *word)
{
    size_t len = strlen(word);

    return strncmp(line, word, len) == 0 && (line[len] == ' ' || line[len] == '\t');
}

/*
 * What glibc before 2.26 keeps of the search list: six domains, and 255 bytes of the line, with a domain cut
 * in two where they end. Source: MAXDNSRCH and defdname of <resolv.h>; NEWS of 2.26.
 */
static void check_old_search(struct resolv_reader *reader, const char *version)
{
    enum { DOMAINS = 6, BYTES = 255 };
    struct resolv_reading *reading = reader->reading;
    bool old = version && !resolv_version_is_at_least(version, (const unsigned long[]){2, 26, 0});
    size_t used = 0, kept = 0, line = reader->line;

    for (; kept < reading->search_count && kept < DOMAINS && used < BYTES; kept++)
        used += strlen(reading->search[kept]) + 1;
    if (kept == reading->search_count && used <= BYTES + 1)
        return;
    if (version && !old)
        return;
    reader->line = reader->search_line;
    resolv_reader_remark(
        reader, old ? REMARK_LOST : REMARK_NOTE,
        "glibc before 2.26 (CentOS 7, Debian 9) silently drops what is beyond 6 search domains or "
        "256 bytes");
    reader->line = line;
    if (!old)
        return;
    reading->search_count = kept;
    if (used > BYTES + 1) { /* the last one is cut */
        const char *last = reading->search[kept - 1];

        reading->search[kept - 1] = arena_text_n(reader->arena, last, strlen(last) + BYTES + 1 - used);
    }
}

/*
 * The state that old programs see holds the first six domains in 256 bytes. When they do not fit and those
 * that do take no more than 56 bytes (seven pointers), a consistency check of the library fails and aborts
 * the program. Tried on glibc 2.36.
 */
static void check_legacy_search(struct resolv_reading *reading)
{
    size_t used = 0;

    for (size_t i = 0; i < reading->search_count && i < 6; i++) {
        size_t size = strlen(reading->search[i]) + 1;

        if (size > 256 - used) {
            if (used <= 7 * sizeof(char *))
                reading->fatal =
                    "a search domain is so long that glibc aborts the program (assertion in update_from_conf)";
            return;
        }
        used += size;
    }
}

void resolv_glibc_read(struct arena *arena, const char *bytes, size_t len,
                       const struct resolv_environment *environment, struct resolv_reading *ret_reading)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct resolv_reader reader;
    struct line line;

    resolv_reader_init(&reader, arena, ret_reading);
    reader.drops_first_dot = true;
    if (environment->localdomain) {
        const char *value = environment->localdomain;
        size_t first = strcspn(value, " \t\n");

        /* The first word is taken even when it is empty, which then stands for the root. */
        resolv_reader_search(&reader, value, first);
        read_search(&reader, value + first + strspn(value + first, " \t"));
    }
    while (line_cursor_next(&cursor, &line)) {
        char *text;

        if (line.len == 0 || *line.text == ';' || *line.text == '#')
            continue;
        text = resolv_reader_line(&reader, &line, true);
        if (keyword(text, "domain") || keyword(text, "search")) {
            char *value = text + 6 + strspn(text + 6, " \t");
            bool domain = *text == 'd';

            if (environment->localdomain) {
                resolv_reader_remark(&reader, REMARK_LOST,
                                     "the environment variable LOCALDOMAIN overrides this line");
            } else if (!*value || *value == '\n') {
                resolv_reader_remark(&reader, REMARK_IGNORED, "%.6s without a value", text);
            } else {
                resolv_reader_search_reset(&reader);
                if (domain) {
                    size_t first = strcspn(value, " \t\n"), rest = first + strspn(value + first, " \t\r\n");

                    if (value[rest])
                        resolv_reader_remark(&reader, REMARK_LOST,
                                             "domain takes one name; the rest is dropped");
                    value[first] = 0;
                }
                read_search(&reader, value);
            }
        } else if (keyword(text, "nameserver")) {
            read_server(&reader, text + 10);
        } else if (keyword(text, "options")) {
            read_options(&reader, text + 7);
        } else if (!keyword(text, "sortlist")) {
            resolv_reader_unknown_line(&reader, text);
        }
    }
    reader.line = 0;
    if (ret_reading->nameservers_count == 0) {
        resolv_reader_remark(&reader, REMARK_ALTERED,
                             "no usable nameserver, so this machine itself is asked");
        resolv_reader_default_server(&reader, "127.0.0.1");
    }
    if (!environment->localdomain)
        resolv_reader_search_hostname(&reader, environment);
    if (environment->res_options) {
        resolv_reader_remark(&reader, REMARK_NOTE,
                             "the environment variable RES_OPTIONS is read after the file: " WORD_FORMAT,
                             environment->res_options);
        read_options(&reader, arena_text(arena, environment->res_options));
    }
    check_old_search(&reader, environment->glibc_version);
    check_legacy_search(ret_reading);
    if (ret_reading->attempts == 0)
        ret_reading->fatal = "with no attempts glibc sends nothing and every lookup fails at once";
    resolv_reader_fini(&reader);
}
