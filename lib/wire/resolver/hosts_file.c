/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <k8sdns/base/line.h>
#include <k8sdns/wire/resolver/hosts_file.h>
#include <string.h>
#include <strings.h>

struct hosts_word {
    const char *at;
    size_t len;
};

/* The next word of a line, which a '#' ends; false when there is none. */
static bool next_word(const char **at, const char *end, struct hosts_word *ret_word)
{
    while (*at < end && strchr(" \t\r\v\f", **at) && **at)
        (*at)++;
    if (*at == end || **at == '#' || !**at)
        return false;
    ret_word->at = *at;
    while (*at < end && **at && !strchr(" \t\r\v\f#", **at))
        (*at)++;
    ret_word->len = (size_t)(*at - ret_word->at);
    return true;
}

static bool is_word(const struct hosts_word *word, const char *text, bool fold_case)
{
    return word->len == strlen(text) &&
           (fold_case ? strncasecmp(word->at, text, word->len) : strncmp(word->at, text, word->len)) == 0;
}

static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

size_t hosts_file_find(struct arena *arena, const char *bytes, size_t len, const char *name, bool fold_case,
                       const char ***ret_addresses)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    const char **addresses = NULL;
    struct hosts_word first, word;
    struct line line;
    size_t count = 0;

    while (line_cursor_next(&cursor, &line)) {
        const char *p = line.text, *line_end = line.text + line.len, *address;
        bool found = false;

        if (!next_word(&p, line_end, &first))
            continue;
        while (!found && next_word(&p, line_end, &word))
            found = is_word(&word, name, fold_case);
        if (!found)
            continue;
        address = arena_text_n(arena, first.at, first.len);
        if (is_address(address))
            *ARENA_PUSH(arena, addresses, count) = address;
    }
    *ret_addresses = addresses;
    return count;
}

void nsswitch_hosts_read(const char *bytes, size_t len, struct nsswitch_hosts *ret_hosts)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct nsswitch_hosts hosts = {.files = true, .dns = true};
    struct hosts_word word;
    struct line line;

    while (line_cursor_next(&cursor, &line)) {
        const char *p = line.text, *line_end = line.text + line.len;

        if (!next_word(&p, line_end, &word) || !is_word(&word, "hosts:", false))
            continue;
        hosts = (struct nsswitch_hosts){0};
        while (next_word(&p, line_end, &word)) {
            if (is_word(&word, "files", false))
                hosts.files = true;
            if (is_word(&word, "dns", false)) {
                hosts.dns = true;
                hosts.dns_first = !hosts.files;
            }
        }
    }
    *ret_hosts = hosts;
}
