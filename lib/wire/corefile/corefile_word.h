/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_COREFILE_WORD_H
#define K8SDNS_WIRE_COREFILE_WORD_H

#include <k8sdns/wire/corefile/corefile.h>

struct corefile_word {
    const char *text;
    uint64_t line, end_line; /* a quoted word may go over several */
    bool quoted;
    const char *whole; /* an address with a port behind '#', of which CoreDNS reads the address alone; NULL */
    bool apart;        /* it begins a line, though it was glued to the word before it */
};

/* Cut a text into its words, without comments. Return how many there are; `*ret_lines` is that of lines. */
size_t corefile_words(struct arena *arena, const char *bytes, size_t len, struct corefile_word **ret_words,
                      uint64_t *ret_lines);

/*
 * Take an address whose port is a comment with its port, as it was meant, and list its line among the slips.
 * Then part words that a brace is glued to ("example.com{", "2}"), and list the lines of these among the
 * slips of the corefile. Environment variables ({$X}, {%X%}) and words in quotes stay whole. Return how many
 * words there are.
 */
size_t corefile_braces_part(struct arena *arena, struct corefile_word **words, size_t count,
                            struct corefile *corefile);

#endif
