/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolv_reader.h"
#include "resolv_words.h"
#include <arpa/inet.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS  " \t\r\v\f"
#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Every option that one of the three knows, or that resolv.conf(5) once named. */
static const char *const option_words[] = {"ndots",
                                           "timeout",
                                           "attempts",
                                           "rotate",
                                           "edns0",
                                           "single-request",
                                           "single-request-reopen",
                                           "no-tld-query",
                                           "no_tld_query",
                                           "no-reload",
                                           "use-vc",
                                           "trust-ad",
                                           "no-aaaa",
                                           "usevc",
                                           "tcp",
                                           "debug",
                                           "inet6",
                                           "ip6-bytestring",
                                           "ip6-dotint",
                                           "no-check-names",
                                           NULL};
/* Those that people set to get round a fault: not to know them is to lose something. */
static const char *const workaround_words[] = {"single-request", "single-request-reopen", "use-vc", "no-aaaa",
                                               NULL};

static bool is_one_of(const char *word, size_t len, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == len && memcmp(*words, word, len) == 0)
            return true;
    return false;
}

/* How much of a word is shown. */
static int shown_len(size_t len)
{
    return (int)(len < 60 ? len : 60);
}

void resolv_reader_init(struct resolv_reader *reader, struct arena *arena, struct resolv_reading *reading)
{
    *reader = (struct resolv_reader){.arena = arena, .reading = reading};
    *reading = (struct resolv_reading){.ndots = 1, .timeout_ms = 5000, .attempts = 2};
}

static void add_remark(struct resolv_reader *reader, enum resolv_remark_kind kind, const char *text)
{
    struct resolv_reading *reading = reader->reading;

    *ARENA_PUSH(reader->arena, reading->remarks, reading->remarks_count) = (struct resolv_remark){
        .line = reader->line,
        .text = text,
        .ignored = kind == REMARK_IGNORED || kind == REMARK_LOST,
        .loses = kind == REMARK_ALTERED || kind == REMARK_LOST,
    };
}

void resolv_reader_remark(struct resolv_reader *reader, enum resolv_remark_kind kind, const char *fmt, ...)
{
    char text[512];
    va_list args;

    if (reader->reading->remarks_count >= RESOLV_REMARKS_MAX) {
        reader->left_out++;
        return;
    }
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    add_remark(reader, kind, arena_text(reader->arena, text));
}

char *resolv_reader_line(struct resolv_reader *reader, const struct line *line, bool newline)
{
    size_t len = line->len + (newline && line->ended);
    char *copy;

    reader->line = line->number;
    copy = arena_alloc(reader->arena, len + 1);
    memcpy(copy, line->text, len);
    return copy;
}

void resolv_reader_server(struct resolv_reader *reader, const char *text, const struct address *address)
{
    struct resolv_reading *reading = reader->reading;
    size_t count = reading->nameservers_count;

    if (count >= RESOLV_SERVERS_MAX) {
        resolv_reader_remark(reader, REMARK_LOST,
                             "nameserver " WORD_FORMAT " is not used: only the first three are", text);
        return;
    }
    if (!reading->servers) {
        reading->servers = arena_array(reader->arena, RESOLV_SERVERS_MAX, sizeof(*reading->servers));
        reading->server_lines =
            arena_array(reader->arena, RESOLV_SERVERS_MAX, sizeof(*reading->server_lines));
    }
    *ARENA_PUSH(reader->arena, reading->nameservers, reading->nameservers_count) =
        arena_text(reader->arena, text);
    reading->server_lines[count] = reader->line;
    reading->servers[count] = *address;
    reading->servers[count].port = DNS_PORT;
}

void resolv_reader_server_rest(struct resolv_reader *reader, const char *rest)
{
    rest += strspn(rest, BLANKS "\n");
    if (*rest && *rest != '#' && *rest != ';')
        resolv_reader_remark(reader, REMARK_LOST, "a nameserver line takes one address: '%.*s' is dropped",
                             shown_len(strcspn(rest, BLANKS "\n")), rest);
}

/* ": a no-break space (U+00A0) is in it"; "" where all of a word can be seen. */
static const char *unseen_text(struct resolv_reader *reader, const char *text, size_t len)
{
    const char *unseen = resolv_invisible(text, len);

    return unseen ? arena_printf(reader->arena, ": %s is in it", unseen) : "";
}

void resolv_reader_bad_server(struct resolv_reader *reader, const char *text)
{
    size_t len = strlen(text);

    if (len == 0)
        resolv_reader_remark(reader, REMARK_IGNORED, "nameserver without an address");
    else if (text[len - 1] == '\r')
        resolv_reader_remark(
            reader, REMARK_LOST,
            "the DOS line end (CR) becomes part of the address " WORD_FORMAT ", which is then none", text);
    else
        resolv_reader_remark(reader, REMARK_LOST, "nameserver " WORD_FORMAT " is not an address%s", text,
                             unseen_text(reader, text, len));
}

void resolv_reader_default_server(struct resolv_reader *reader, const char *text)
{
    struct address address = {0};

    if (!resolv_parse_aton(text, &address))
        resolv_parse_v6(text, strlen(text), &address);
    resolv_reader_server(reader, text, &address);
}

static bool is_searched(const struct resolv_reading *reading, const char *domain)
{
    for (size_t i = 0; i < reading->search_count; i++)
        if (strcasecmp(reading->search[i], domain) == 0)
            return true;
    return false;
}

/* Of a replaced list nothing is lost where the new one has it all, as where a domain line stands before. */
static void settle_replaced(struct resolv_reader *reader)
{
    size_t line = reader->line, kept = 0;

    for (size_t i = 0; i < reader->replaced_count; i++)
        kept += is_searched(reader->reading, reader->replaced[i]);
    if (reader->replaced_count) {
        reader->line = reader->replaced_line;
        resolv_reader_remark(reader, kept == reader->replaced_count ? REMARK_NOTE : REMARK_LOST,
                             "its search list is replaced by that of line %zu", reader->search_line);
        reader->line = line;
    }
    reader->replaced_count = 0;
}

void resolv_reader_search_reset(struct resolv_reader *reader)
{
    settle_replaced(reader);
    if (reader->search_line) {
        reader->replaced = reader->reading->search;
        reader->replaced_count = reader->reading->search_count;
        reader->replaced_line = reader->search_line;
    }
    reader->search_line = reader->line;
    reader->reading->search = NULL;
    reader->reading->search_count = 0;
}

void resolv_reader_search(struct resolv_reader *reader, const char *domain, size_t len)
{
    struct resolv_reading *reading = reader->reading;
    const char *fault;
    size_t skipped;

    if (reading->search_count >= RESOLV_ITEMS_MAX) {
        reader->items_left_out++;
        return;
    }
    if (len && (domain[0] == '#' || domain[0] == ';') && reader->line)
        resolv_reader_remark(reader, REMARK_ALTERED,
                             "'%c' does not begin a comment here: it and the words behind it are searched",
                             domain[0]);
    skipped = reader->drops_first_dot && len > 1 && *domain == '.';
    fault = resolv_domain_fault(reader->arena, domain + skipped, len - skipped);
    if (fault)
        resolv_reader_remark(reader, REMARK_ALTERED, "%s", fault);
    *ARENA_PUSH(reader->arena, reading->search, reading->search_count) =
        arena_text_n(reader->arena, domain, len > 0 && domain[len - 1] == '.' ? len - 1 : len);
}

void resolv_reader_search_hostname(struct resolv_reader *reader, const struct resolv_environment *environment)
{
    const char *dot = environment->hostname ? strchr(environment->hostname, '.') : NULL;

    if (reader->reading->search_count || !dot || !dot[1])
        return;
    reader->line = 0;
    resolv_reader_remark(reader, REMARK_NOTE,
                         "nothing says what to search, so the host name's domain " WORD_FORMAT " is",
                         dot + 1);
    resolv_reader_search(reader, dot + 1, strlen(dot + 1));
}

void resolv_reader_option(struct resolv_reader *reader, const char *name)
{
    struct resolv_reading *reading = reader->reading;

    /* Names come from the readers' own tables, so the list cannot grow beyond those. */
    for (size_t i = 0; i < reading->options_count; i++)
        if (strcmp(reading->options[i], name) == 0)
            return;
    *ARENA_PUSH(reader->arena, reading->options, reading->options_count) = name;
}

void resolv_reader_number_rest(struct resolv_reader *reader, const char *word, const char *rest)
{
    /* A unit in seconds, a comma or the like: the number counts as it was meant. */
    bool harmless = strcmp(rest, "s") == 0 || !rest[strcspn(rest, LETTERS DIGITS)];

    if (*rest)
        resolv_reader_remark(reader, harmless ? REMARK_IGNORED : REMARK_LOST,
                             "option " WORD_FORMAT ": " WORD_FORMAT " behind the number is dropped%s", word,
                             rest, unseen_text(reader, rest, strlen(rest)));
}

void resolv_reader_unknown_option(struct resolv_reader *reader, const char *word)
{
    size_t len = strcspn(word, ":\r\n");
    char name[32];
    const char *near;

    if (word[0] == '#' || word[0] == ';') {
        resolv_reader_remark(reader, REMARK_ALTERED,
                             "'%c' does not begin a comment here: options behind it are read", word[0]);
        return;
    }
    if (is_one_of(word, len, workaround_words)) {
        resolv_reader_remark(reader, REMARK_LOST, "option '%.*s' is not known and does nothing", (int)len,
                             word);
        return;
    }
    if (is_one_of(word, len, option_words)) {
        resolv_reader_remark(reader, REMARK_IGNORED, "option '%.*s' is not known", (int)len, word);
        return;
    }
    snprintf(name, sizeof(name), "%.*s", (int)(len < 31 ? len : 31), word);
    near = suggest_word(name, option_words);
    if (near)
        resolv_reader_remark(reader, REMARK_LOST,
                             "no resolver knows the option " WORD_FORMAT "; %s may be meant", word, near);
    else
        resolv_reader_remark(reader, REMARK_LOST, "no resolver knows the option " WORD_FORMAT "%s", word,
                             unseen_text(reader, word, strlen(word)));
}

void resolv_reader_unknown_line(struct resolv_reader *reader, const char *text)
{
    const char *word = text + strspn(text, BLANKS "\n");
    size_t len = strcspn(word, BLANKS "\n");
    char lower[16] = "";

    if (len == 0 || *word == '#' || *word == ';')
        return;
    for (size_t i = 0; i < len && i < sizeof(lower) - 1; i++)
        lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]);
    if (resolv_invisible(word, len)) {
        resolv_reader_remark(reader, REMARK_LOST, "'%.*s' is no keyword%s", shown_len(len), word,
                             unseen_text(reader, word, len));
    } else if (!resolv_is_keyword(lower, len < sizeof(lower) ? len : 0)) {
        const char *near = suggest_word(lower, resolv_keywords);

        if (near)
            resolv_reader_remark(reader, REMARK_LOST, "'%.*s' is no keyword; %s may be meant",
                                 (int)(len < 60 ? len : 60), word, near);
        else
            resolv_reader_remark(reader, REMARK_LOST, "'%.*s' is no keyword", (int)(len < 60 ? len : 60),
                                 word);
    } else if (memcmp(lower, word, len) != 0) {
        resolv_reader_remark(reader, REMARK_LOST, "'%.*s' is no keyword: keywords are in lower case",
                             (int)len, word);
    } else if (word != text) {
        resolv_reader_remark(reader, REMARK_LOST, "'%.*s' stands behind a blank, so the line is not read",
                             (int)len, word);
    } else if (strspn(word + len, BLANKS "\n") == strlen(word + len)) {
        resolv_reader_remark(reader, REMARK_IGNORED, "%.*s without a value", (int)len, word);
    } else {
        resolv_reader_remark(reader, REMARK_LOST,
                             "no space or tab stands behind '%.*s', so the line is not read", (int)len, word);
    }
}

bool resolv_version_is_at_least(const char *version, const unsigned long wanted[3])
{
    char *end;

    if (!version)
        return false;
    for (size_t i = 0; i < 3; i++) {
        unsigned long part = strtoul(version, &end, 10);

        if (part != wanted[i])
            return part > wanted[i];
        if (*end != '.')
            return i == 2 || !wanted[i + 1];
        version = end + 1;
    }
    return true;
}

void resolv_reader_fini(struct resolv_reader *reader)
{
    settle_replaced(reader);
    reader->line = 0;
    if (reader->items_left_out)
        add_remark(reader, REMARK_LOST,
                   arena_printf(reader->arena, "%zu search domains beyond %d are not shown",
                                reader->items_left_out, RESOLV_ITEMS_MAX));
    if (reader->left_out)
        add_remark(reader, REMARK_LOST,
                   arena_printf(reader->arena, "%zu more remarks are not shown", reader->left_out));
}

bool resolv_parse_aton(const char *text, struct address *ret_address)
{
    struct in_addr v4;

    /* inet_aton() would take blanks and anything behind them. */
    if (!*text || text[strspn(text, "0123456789abcdefABCDEFxX.")] || !inet_aton(text, &v4))
        return false;
    *ret_address = (struct address){.v4 = v4, .port = DNS_PORT, .family = AF_INET};
    return true;
}

bool resolv_parse_v6(const char *text, size_t len, struct address *ret_address)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr v6;

    if (len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = 0;
    if (inet_pton(AF_INET6, copy, &v6) != 1)
        return false;
    *ret_address = (struct address){.v6 = v6, .port = DNS_PORT, .family = AF_INET6};
    return true;
}

uint32_t resolv_parse_scope(const char *zone)
{
    char *end;
    unsigned long number = strtoul(zone, &end, 10);

    if (zone[0] >= '0' && zone[0] <= '9' && !*end)
        return number > UINT32_MAX ? 0 : (uint32_t)number;
    return if_nametoindex(zone);
}

static void outline_options(struct arena *arena, char *at, struct resolv_outline *outline)
{
    for (char *word = strtok_r(at, BLANKS, &at); word; word = strtok_r(NULL, BLANKS, &at)) {
        char *colon = strchr(word, ':');
        size_t i;

        if (*word == '#' || *word == ';')
            return;
        if (colon)
            *colon = 0;
        for (i = 0; i < outline->options_count; i++)
            if (strcmp(outline->options[i].name, word) == 0)
                break;
        if (i == outline->options_count) {
            if (i >= RESOLV_OPTIONS_MAX) {
                outline->left_out++;
                continue;
            }
            ARENA_PUSH(arena, outline->options, outline->options_count)->name = word;
        }
        outline->options[i].value = colon ? colon + 1 : "";
    }
}

void resolv_outline_read(struct arena *arena, const char *bytes, size_t len,
                         struct resolv_outline *ret_outline)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct resolv_outline *outline = ret_outline;
    struct resolv_reader reader = {.arena = arena};
    struct line line;

    *outline = (struct resolv_outline){0};
    while (line_cursor_next(&cursor, &line)) {
        char *text = resolv_reader_line(&reader, &line, false), *at, *keyword, *word;

        keyword = strtok_r(text, BLANKS, &at);
        if (!keyword || *keyword == '#' || *keyword == ';')
            continue;
        if (strcmp(keyword, "options") == 0) {
            outline_options(arena, at, outline);
        } else if (strcmp(keyword, "nameserver") == 0) {
            word = strtok_r(NULL, BLANKS, &at);
            if (word && outline->nameservers_count < RESOLV_ITEMS_MAX)
                *ARENA_PUSH(arena, outline->nameservers, outline->nameservers_count) = word;
            else if (word)
                outline->left_out++;
        } else if (strcmp(keyword, "search") == 0 || strcmp(keyword, "domain") == 0) {
            outline->search_count = 0;
            while ((word = strtok_r(NULL, BLANKS, &at)) && *word != '#' && *word != ';') {
                if (outline->search_count < RESOLV_ITEMS_MAX)
                    *ARENA_PUSH(arena, outline->search, outline->search_count) = word;
                else
                    outline->left_out++;
                if (*keyword == 'd')
                    break;
            }
        }
    }
}
