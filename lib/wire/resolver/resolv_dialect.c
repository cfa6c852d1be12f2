/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/number.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/resolver/resolv_dialect.h>
#include <string.h>

#define BLANKS " \t\r\v\f\n"
/* Beyond these a number is taken for this. */
#define NDOTS_MAX    255
#define SECONDS_MAX  3600
#define ATTEMPTS_MAX 64

struct dialect_reader {
    struct arena *arena;
    const struct resolv_dialect *dialect;
    struct resolv_reading *reading;
    bool searched; /* a search line was read */
};

static bool is_listed(const char *word, const char *const *words)
{
    for (; words && *words; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return false;
}

static void refuse(struct dialect_reader *r, const char *what, const char *text)
{
    if (!r->reading->fatal)
        r->reading->fatal =
            arena_printf(r->arena, "it does not read a file with %s '%.40s', and asks nothing", what, text);
}

static void add_server(struct dialect_reader *r, const char *text)
{
    struct resolv_reading *reading = r->reading;
    size_t max = r->dialect->servers_max ? r->dialect->servers_max : RESOLV_DIALECT_SERVERS_MAX;
    struct address address;
    size_t zone = strcspn(text, "%");

    if (reading->nameservers_count >= max)
        return;
    if (resolv_parse_v6(text, zone, &address))
        address.scope = text[zone] ? resolv_parse_scope(text + zone + 1) : 0;
    else if (!resolv_parse_aton(text, &address)) {
        if (r->dialect->refuses_address)
            refuse(r, "the nameserver", text);
        return;
    }
    if (!reading->servers)
        reading->servers = arena_array(r->arena, RESOLV_DIALECT_SERVERS_MAX, sizeof(*reading->servers));
    reading->servers[reading->nameservers_count] = address;
    reading->servers[reading->nameservers_count].port = DNS_PORT;
    *ARENA_PUSH(r->arena, reading->nameservers, reading->nameservers_count) = arena_text(r->arena, text);
}

static void add_domain(struct dialect_reader *r, const char *domain)
{
    struct resolv_reading *reading = r->reading;
    size_t max = r->dialect->search_max ? r->dialect->search_max : RESOLV_ITEMS_MAX, len = strlen(domain);

    if (reading->search_count >= max || (r->dialect->drops_root && strcmp(domain, ".") == 0))
        return;
    *ARENA_PUSH(r->arena, reading->search, reading->search_count) =
        arena_text_n(r->arena, domain, len > 0 && domain[len - 1] == '.' ? len - 1 : len);
}

/* The number behind the colon, up to `max`. */
static uint64_t value_of(const char *word, uint64_t max)
{
    const char *colon = strchr(word, ':');
    uint64_t value = 0;

    for (const char *p = colon ? colon + 1 : ""; *p >= '0' && *p <= '9' && value <= max; p++)
        value = value * 10 + (uint64_t)(*p - '0');
    return value < max ? value : max;
}

/* Whether an option's number counts; `*ret_value` is what it is taken for. */
static bool number_counts(struct dialect_reader *r, const char *word, uint64_t max, uint64_t *ret_value)
{
    const char *text = strchr(word, ':') + 1;
    bool digits = *text && strspn(text, "0123456789") == strlen(text);
    bool below = *text == '-' && text[1] >= '1' && text[1] <= '9';

    *ret_value = value_of(word, max);
    if (digits)
        return true;
    switch (r->dialect->numbers) {
    case NUMBER_AS_STRTOUL:
        *ret_value = below ? max : *ret_value;
        return true;
    case NUMBER_AS_STRTOL:
        return strcmp(text, "-1") != 0;
    case NUMBER_OR_ONE:
        *ret_value = *text ? *ret_value : 1;
        return true;
    case NUMBER_OR_NOTHING:
        return false;
    case NUMBER_SIGNED:
        return below;
    case NUMBER_OR_FATAL:
        if (!*text)
            return true;
        break;
    default:
        break;
    }
    refuse(r, "the option", word);
    return false;
}

static void take_option(struct dialect_reader *r, const char *word)
{
    const struct resolv_dialect *dialect = r->dialect;
    struct resolv_reading *reading = r->reading;
    const char *name = arena_text_n(r->arena, word, strcspn(word, ":"));
    uint64_t ndots;

    if (strcmp(name, "ndots") == 0 && strchr(word, ':')) {
        if (number_counts(r, word, NDOTS_MAX, &ndots) && dialect->ndots)
            reading->ndots = ndots;
    } else if (strcmp(name, "timeout") == 0 && value_of(word, SECONDS_MAX)) {
        if (dialect->timeout)
            reading->timeout_ms = value_of(word, SECONDS_MAX) * 1000;
    } else if (strcmp(name, "attempts") == 0 && value_of(word, ATTEMPTS_MAX)) {
        if (dialect->attempts)
            reading->attempts = value_of(word, ATTEMPTS_MAX);
    } else if (is_listed(name, dialect->options)) {
        for (size_t i = 0; i < reading->options_count; i++)
            if (strcmp(reading->options[i], name) == 0)
                return;
        *ARENA_PUSH(r->arena, reading->options, reading->options_count) = name;
    } else if (dialect->known && !is_listed(name, dialect->known) && !reading->fatal) {
        reading->fatal = arena_printf(
            r->arena, "it does not know the option %.40s, and a program with it does not start", name);
    }
}

static void take_options(struct dialect_reader *r, char *at)
{
    for (char *word = strtok_r(at, BLANKS, &at); word; word = strtok_r(NULL, BLANKS, &at)) {
        if ((*word == '#' || *word == ';') && r->dialect->comments == COMMENT_ENDS_LIST)
            return;
        take_option(r, word);
    }
}

static void take_search(struct dialect_reader *r, char *at, bool is_domain)
{
    const struct resolv_dialect *dialect = r->dialect;
    const char *divides = dialect->tabs == TAB_JOINS ? " \r\n" : BLANKS;

    at += strspn(at, BLANKS);
    at[strcspn(at, "\r\n")] = 0;
    if (!*at && dialect->refuses_empty)
        refuse(r, "nothing behind", is_domain ? "domain" : "search");
    if (dialect->ignores_search || (is_domain && r->searched && dialect->first_search_counts) ||
        (dialect->tabs == TAB_LOSES && strchr(at, '\t')))
        return;
    /* A domain line counts where there is no search line. */
    if (dialect->searches_add_up && is_domain && r->searched)
        return;
    if (!dialect->searches_add_up || !r->searched)
        r->reading->search_count = 0;
    r->searched = r->searched || !is_domain;
    for (char *word = strtok_r(at, divides, &at); word; word = strtok_r(NULL, divides, &at)) {
        if ((*word == '#' || *word == ';') && dialect->comments == COMMENT_ENDS_LIST)
            return;
        add_domain(r, word);
        if (is_domain)
            return;
    }
}

static void take_line(struct dialect_reader *r, char *text)
{
    char *at, *keyword, *word;

    if (r->dialect->needs_line_start && (*text == ' ' || *text == '\t'))
        return;
    keyword = strtok_r(text, BLANKS, &at);
    if (!keyword || *keyword == '#' || *keyword == ';')
        return;
    if (strcmp(keyword, "nameserver") == 0) {
        word = strtok_r(NULL, BLANKS, &at);
        if (word && r->dialect->needs_clean_server && *at && strcmp(at, "\r") != 0)
            r->reading->fatal = "what stands behind a nameserver's address makes it a bad one";
        else if (word)
            add_server(r, word);
    } else if (strcmp(keyword, "search") == 0 || strcmp(keyword, "domain") == 0) {
        take_search(r, at, *keyword == 'd');
    } else if (strcmp(keyword, "options") == 0) {
        take_options(r, at);
    } else if (r->dialect->refuses_keyword && strcmp(keyword, "sortlist") != 0 &&
               strcmp(keyword, "lookup") != 0 && strcmp(keyword, "family") != 0) {
        refuse(r, "the keyword", keyword);
    }
}

static void take_environment(struct dialect_reader *r, const struct resolv_environment *environment)
{
    const char *dot = environment->hostname ? strchr(environment->hostname, '.') : NULL;

    if (r->dialect->localdomain && environment->localdomain) {
        char *at = arena_text(r->arena, environment->localdomain);

        r->reading->search_count = 0;
        for (char *word = strtok_r(at, BLANKS, &at); word; word = strtok_r(NULL, BLANKS, &at)) {
            add_domain(r, word);
            if (r->dialect->localdomain == 1)
                break;
        }
    }
    if (r->dialect->res_options && environment->res_options)
        take_options(r, arena_text(r->arena, environment->res_options));
    if (r->dialect->searches_hostname && !r->reading->search_count && dot && dot[1])
        add_domain(r, dot + 1);
}

void resolv_dialect_read(struct arena *arena, const struct resolv_dialect *dialect, const char *bytes,
                         size_t len, const struct resolv_environment *environment,
                         struct resolv_reading *ret_reading)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct dialect_reader r = {.arena = arena, .dialect = dialect, .reading = ret_reading};
    struct line line;

    *ret_reading = (struct resolv_reading){.ndots = 1,
                                           .timeout_ms = dialect->default_timeout_ms,
                                           .attempts = dialect->default_attempts,
                                           .tcp_on_truncation = true};
    if (dialect->stops_at_cr && memchr(bytes, '\r', len))
        ret_reading->fatal = "it cannot read a file with DOS line ends (CR)";
    while (line_cursor_next(&cursor, &line))
        take_line(&r, arena_text_n(arena, line.text, line.len));
    take_environment(&r, environment);
    for (size_t i = 0; i < 2 && dialect->default_servers[i] && !(i == 0 && ret_reading->nameservers_count) &&
                       ret_reading->nameservers_count == i;
         i++)
        add_server(&r, dialect->default_servers[i]);
}
