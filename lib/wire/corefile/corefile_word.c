/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corefile_word.h"
#include <k8sdns/base/address.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/text.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

/*
 * How many bytes of a blank text begins with; 0 for none. A NUL is one too, since no text here may hold one.
 * Source: unicode.IsSpace of Go, which CoreDNS divides words by.
 */
static size_t blank_len(const char *at, size_t left)
{
    static const char *const wide[] = {"\xc2\x85", "\u00a0", "\u1680", "\u2028",
                                       "\u2029",   "\u202f", "\u205f", "\u3000"};

    if (!*at || strchr(" \t\n\r\v\f", *at))
        return 1;
    if ((unsigned char)*at < 0x80)
        return 0;
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (left >= strlen(wide[i]) && memcmp(at, wide[i], strlen(wide[i])) == 0)
            return strlen(wide[i]);
    /* U+2000 to U+200A. */
    return left >= 3 && memcmp(at, "\xe2\x80", 2) == 0 && (unsigned char)at[2] >= 0x80 &&
                   (unsigned char)at[2] <= 0x8a
               ? 3
               : 0;
}

struct cutter {
    const char *at, *end;
    uint64_t line;
};

/* A word in quotes, which begins behind the first: only \" is an escape. */
static void cut_quoted(struct cutter *c, struct text *out)
{
    for (; c->at < c->end && *c->at != '"'; c->at++) {
        if (*c->at == '\\' && c->at + 1 < c->end && c->at[1] == '"')
            c->at++;
        c->line += *c->at == '\n';
        text_add_char(out, *c->at ? *c->at : ' ', 1);
    }
    if (c->at < c->end)
        c->at++;
}

/* "192.0.2.53#5353", as dnsmasq writes an address with its port. */
static bool is_address_and_port(struct arena *arena, const char *word, const char *hash, const char *end)
{
    struct address address;
    uint64_t port;

    return address_parse(arena_text_n(arena, word, (size_t)(hash - word)), 0, &address, NULL) == 0 &&
           number_parse(arena_text_n(arena, hash + 1, (size_t)(end - hash - 1)), 1, 65535, &port, NULL) ==
               0 &&
           port != DNS_PORT;
}

size_t corefile_words(struct arena *arena, const char *bytes, size_t len, struct corefile_word **ret_words,
                      uint64_t *ret_lines)
{
    struct cutter c = {bytes, bytes + len, 1};
    struct corefile_word *words = NULL;
    struct text out = {0};
    size_t count = 0;

    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        c.at += 3;
    while (c.at < c.end) {
        struct corefile_word word = {.line = c.line};

        size_t blank = blank_len(c.at, (size_t)(c.end - c.at));

        if (blank) {
            c.line += *c.at == '\n';
            c.at += blank;
            continue;
        }
        if (*c.at == '#') {
            const char *eol = memchr(c.at, '\n', (size_t)(c.end - c.at));

            c.at = eol ? eol : c.end;
            continue;
        }
        word.quoted = *c.at == '"';
        text_clear(&out);
        if (word.quoted) {
            c.at++;
            cut_quoted(&c, &out);
        } else {
            const char *begin = c.at, *hash;

            while (c.at < c.end && !blank_len(c.at, (size_t)(c.end - c.at)))
                c.at++;
            /* A comment within a word ends with it: "9.9.9.9#name more" is 9.9.9.9 and more. */
            hash = memchr(begin, '#', (size_t)(c.at - begin));
            text_add_n(&out, begin, (size_t)((hash ? hash : c.at) - begin));
            if (hash && is_address_and_port(arena, begin, hash, c.at))
                word.whole = arena_text_n(arena, begin, (size_t)(c.at - begin));
        }
        word.end_line = c.line;
        word.text = arena_text(arena, text_string(&out));
        *ARENA_PUSH(arena, words, count) = word;
    }
    text_fini(&out);
    *ret_words = words;
    *ret_lines = len && bytes[len - 1] == '\n' ? c.line - 1 : c.line;
    return count;
}
