/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proc_word.h"
#include <arpa/inet.h>
#include <k8sdns/wire/node/proc_address.h>
#include <string.h>

static bool read_v4(const char *word, size_t len, struct address *address)
{
    char text[INET_ADDRSTRLEN];

    if (!word || len >= sizeof(text))
        return false;
    memcpy(text, word, len);
    text[len] = '\0';
    *address = (struct address){.family = AF_INET};
    return inet_pton(AF_INET, text, &address->v4) == 1;
}

static bool is_named(const struct address *address)
{
    return !address_is_loopback(address) && !address_is_link_local(address);
}

bool proc_fib_trie_next(const char **text, struct address *ret)
{
    struct address last = {0};

    while (**text) {
        const char *line = *text, *word;
        size_t len;

        *text = proc_next_line(line);
        word = proc_next_word(&line, &len);
        if (!word)
            continue;
        if (proc_is_word(word, len, "|--")) {
            word = proc_next_word(&line, &len);
            if (!read_v4(word, len, &last))
                last.family = 0;
            continue;
        }
        if (!last.family || !proc_is_word(word, len, "/32"))
            continue;
        word = proc_next_word(&line, &len);
        if (!word || !proc_is_word(word, len, "host"))
            continue;
        word = proc_next_word(&line, &len);
        if (!word || !proc_is_word(word, len, "LOCAL") || !is_named(&last))
            continue;
        *ret = last;
        return true;
    }
    return false;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_v6(const char *word, size_t len, struct address *address)
{
    *address = (struct address){.family = AF_INET6};
    if (!word || len != 2 * sizeof(address->v6.s6_addr))
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int high = digit(word[i]), low = digit(word[i + 1]);

        if (high < 0 || low < 0)
            return false;
        address->v6.s6_addr[i / 2] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool proc_if_inet6_next(const char **text, struct address *ret)
{
    while (**text) {
        const char *line = *text, *word;
        struct address one;
        bool is_address;
        size_t len;

        *text = proc_next_line(line);
        word = proc_next_word(&line, &len);
        is_address = word && read_v6(word, len, &one);
        for (int skipped = 0; is_address && skipped < 3; skipped++)
            word = proc_next_word(&line, &len);
        if (!is_address || !word || !proc_is_word(word, len, "00") || !is_named(&one))
            continue;
        *ret = one;
        return true;
    }
    return false;
}
