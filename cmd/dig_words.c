/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dig_words.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <k8sdns/base/address.h>
#include <k8sdns/base/number.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

static bool is_address(const char *text)
{
    uint8_t bytes[16];

    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* "@10.96.0.10", "@10.96.0.10#5353", "@[fd00::a]:53" */
static int take_server(struct run *run, const char *word, uint64_t port, struct target_options *targets)
{
    char *text = arena_text(run->arena, word + 1), *hash = strchr(text, '#');
    struct address address;

    if (hash) {
        *hash++ = '\0';
        if (number_parse(hash, 1, 65535, &port, &run->err) < 0)
            return err_prefix(&run->err, -EINVAL, "%s", word);
    }
    if (address_parse(text, (uint16_t)port, &address, NULL) < 0)
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "%s: write the server as an address (@10.96.0.10); k8sdns does not look a server's name up",
            word);
    *ARENA_PUSH(run->arena, targets->target.items, targets->target.count) = address;
    targets->no_discovery = true;
    return 0;
}

static int take_number(struct run *run, const char *word, const char *value, uint64_t max, uint64_t *ret)
{
    if (!value)
        return err_set(&run->err, ERR_USAGE, EINVAL, "%s needs a value", word);
    return number_parse(value, 1, max, ret, &run->err) < 0 ? err_prefix(&run->err, -EINVAL, "%s", word) : 0;
}

static bool is_word(const char *word, size_t len, const char *a, const char *b)
{
    return (strlen(a) == len && strncasecmp(word, a, len) == 0) ||
           (b && strlen(b) == len && strncasecmp(word, b, len) == 0);
}

/* One of dig's "+" words. */
static int take_plus(struct run *run, const char *word, struct dig_words *words)
{
    const char *at = word + 1, *value = strchr(at, '=');
    size_t len = value ? (size_t)(value++ - at) : strlen(at);
    uint64_t number;
    int r;

    if (is_word(at, len, "short", NULL))
        words->is_short = true;
    else if (is_word(at, len, "tcp", "vc"))
        words->tcp = true;
    else if (is_word(at, len, "tls", NULL))
        words->tls = true;
    else if (is_word(at, len, "https", "https-post"))
        words->https = true;
    else if (is_word(at, len, "nosearch", "nodefname"))
        words->no_search = true;
    else if (is_word(at, len, "nsid", NULL))
        words->nsid = true;
    else if (is_word(at, len, "timeout", "time")) {
        r = take_number(run, word, value, 60, &number);
        if (r < 0)
            return r;
        words->timeout_us = number * 1000000;
    } else if (is_word(at, len, "tries", NULL))
        return take_number(run, word, value, 10, &words->tries);
    else if (is_word(at, len, "retry", NULL)) {
        r = take_number(run, word, value, 9, &number);
        if (r < 0)
            return r;
        words->tries = number + 1;
    } else if (is_word(at, len, "bufsize", NULL))
        return take_number(run, word, value, 65535, &words->bufsize);
    /* What is so here anyway, or changes the looks of dig's page alone. */
    else if (!is_word(at, len, "search", "defname") && !is_word(at, len, "notcp", "novc") &&
             !is_word(at, len, "recurse", "rec") && !is_word(at, len, "noall", "answer") &&
             !is_word(at, len, "nocmd", "nocomments") && !is_word(at, len, "noquestion", "nostats") &&
             !is_word(at, len, "stats", "multiline") && !is_word(at, len, "noauthority", "noadditional"))
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "%s has no meaning here; of dig's words probe knows +short, +tcp, +nosearch, +nsid, "
                       "+timeout=S, +tries=N, +retry=N and +bufsize=N",
                       word);
    return 0;
}

/* The host of a URL or of host:port; the word itself where it is neither. */
static const char *host_of(struct arena *arena, const char *word)
{
    const char *scheme = strstr(word, "://"), *host = scheme ? scheme + 3 : word, *colon;
    size_t len = strcspn(host, scheme ? "/?#" : "");
    const char *user = scheme ? memchr(host, '@', len) : NULL;

    if (user) {
        len -= (size_t)(user + 1 - host);
        host = user + 1;
    }
    if (host[0] == '[')
        return arena_text_n(arena, host + 1, strcspn(host + 1, "]"));
    colon = memchr(host, ':', len);
    if (colon && memchr(colon + 1, ':', len - (size_t)(colon + 1 - host)) == NULL) {
        size_t digits = strspn(colon + 1, "0123456789");

        if (digits && colon + 1 + digits == host + len)
            len = (size_t)(colon - host);
    }
    return scheme || host[len] ? arena_text_n(arena, host, len) : word;
}

static int take_name(struct run *run, const char *word, const char ***names, size_t *count)
{
    const char *host = host_of(run->arena, word);

    if (!*host)
        return err_set(&run->err, ERR_USAGE, EINVAL, "'%s' has no host name in it", word);
    if (is_address(host))
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "%s is an address, for which no program asks DNS; -x %s asks for its name, @%s asks it as a "
            "server",
            host, host, host);
    *ARENA_PUSH(run->arena, *names, *count) = host;
    return 0;
}

static bool is_class(const char *word, uint16_t *ret_class)
{
    static const struct {
        const char *word;
        uint16_t class;
    } classes[] = {{"IN", 1}, {"CH", 3}, {"HS", 4}};

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strcasecmp(classes[i].word, word) == 0) {
            *ret_class = classes[i].class;
            return true;
        }
    return false;
}

int dig_words_take(struct run *run, const char *reverse, uint64_t port, struct target_options *targets,
                   struct text_list *types, struct dig_words *words)
{
    const char **names = NULL;
    size_t count = 0, plain = 0;
    int r;

    *words = (struct dig_words){0};
    if (!port)
        port = DNS_PORT;
    for (size_t i = 0; i < run->args_count; i++)
        plain += run->args[i][0] != '@' && run->args[i][0] != '+';
    for (size_t i = 0; i < run->args_count; i++) {
        const char *word = run->args[i];
        uint16_t type;

        if (word[0] == '@')
            r = take_server(run, word, port, targets);
        else if (word[0] == '+')
            r = take_plus(run, word, words);
        /* A word alone is a name, whatever it looks like. */
        else if ((plain > 1 || reverse) && is_class(word, &words->class))
            r = 0;
        else if ((plain > 1 || reverse) && dns_type_parse(word, &type) == 0) {
            *ARENA_PUSH(run->arena, types->items, types->count) = word;
            r = 0;
        } else
            r = take_name(run, word, &names, &count);
        if (r < 0)
            return r;
    }
    if (reverse) {
        char name[DNS_REVERSE_TEXT];

        if (!dns_name_reverse_of(reverse, name))
            return err_set(&run->err, ERR_USAGE, EINVAL, "-x: '%s' is no address", reverse);
        *ARENA_PUSH(run->arena, names, count) = arena_printf(run->arena, "%s.", name);
        if (!types->count)
            *ARENA_PUSH(run->arena, types->items, types->count) = "PTR";
    }
    if (!count && !run->globals->from)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "missing NAME; usage: k8sdns probe [@SERVER] NAME... [TYPE]");
    run->args = arena_array(run->arena, count + 1, sizeof(char *));
    for (size_t i = 0; i < count; i++)
        run->args[i] = arena_text(run->arena, names[i]);
    run->args_count = count;
    run->names = run->args;
    run->names_count = count;
    return 0;
}
