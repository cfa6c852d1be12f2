/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_COREDNS_READER_H
#define K8SDNS_WIRE_COREDNS_READER_H

#include <endian.h>
#include <k8sdns/wire/logs/coredns_log.h>
#include <string.h>

/* What the parsers of queries and of messages have in common; private to coredns_*.c. */

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

static inline bool word_is(struct log_word word, const char *text, size_t len)
{
    return word.len == len && memcmp(word.at, text, len) == 0;
}
#define WORD_IS(word, literal) word_is((word), (literal), sizeof(literal) - 1)

static inline bool starts(const char *at, const char *end, const char *text, size_t len)
{
    return end - at >= (ptrdiff_t)len && memcmp(at, text, len) == 0;
}
#define STARTS(at, end, literal) starts((at), (end), (literal), sizeof(literal) - 1)

/* The first blank, or `end`. Most of the time that a log takes goes here, hence eight bytes at a time. */
static inline const char *find_blank(const char *p, const char *end)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101);

    for (; end - p >= 8; p += 8) {
        uint64_t word, zero;

        memcpy(&word, p, 8);
        /* A byte that is a blank becomes zero, and its upper bit alone stays; the lowest of these is right.
         */
        word = le64toh(word) ^ ones * ' ';
        zero = (word - ones) & ~word & ones << 7;
        if (zero)
            return p + __builtin_ctzll(zero) / 8;
    }
    while (p < end && *p != ' ')
        p++;
    return p;
}

/* Whether the character at `p` stands behind an odd number of backslashes. */
static inline bool is_escaped(const char *from, const char *p)
{
    size_t count = 0;

    while (p > from && *--p == '\\')
        count++;
    return count & 1;
}

/* The word at `*at`, up to a blank; `*at` goes behind the blank. Source: names escape a blank as "\ ". */
static inline struct log_word next_word(const char **at, const char *end)
{
    const char *from = *at, *p = find_blank(from, end);

    while (p < end && p > from && p[-1] == '\\' && is_escaped(from, p))
        p = find_blank(p + 1, end);
    *at = p < end ? p + 1 : p;
    return (struct log_word){from, (size_t)(p - from)};
}

static inline uint64_t number(struct log_word word, uint64_t max)
{
    uint64_t value = 0;

    if (!word.len)
        return COREDNS_UNSET;
    for (size_t i = 0; i < word.len; i++) {
        if (!is_digit(word.at[i]))
            return COREDNS_UNSET;
        value = value * 10 + (uint64_t)(word.at[i] - '0');
        if (value > max)
            return COREDNS_UNSET;
    }
    return value;
}

/* What an older version writes when the answer was not the plugins'. */
static inline bool coredns_is_server_made(struct log_word rcode, struct log_word flags,
                                          struct log_word response_size)
{
    return WORD_IS(rcode, "-") ||
           (WORD_IS(rcode, "NOERROR") && (WORD_IS(flags, "-") || WORD_IS(response_size, "0")));
}

/*
 * Read a query line of the usual format that has nothing unusual: IPv4, no blank behind a backslash, the
 * duration with nine digits, nothing behind it. False for any other, which has to be read as any line is, and
 * of which `ret_line` then says nothing.
 */
bool coredns_plain_read(struct log_word text, struct coredns_line *ret_line);
/* Take "[LEVEL] " off. Return what follows, `at` itself without a level. */
const char *coredns_level_read(const char *at, const char *end, int *ret_level);
/* What stands behind a level. */
void coredns_message_read(const char *at, const char *end, struct coredns_line *line);
/* A line without a level, and neither blank nor hex: the banner, klog's, the last words of a process,
 * unknown. */
void coredns_bare_read(const char *at, const char *end, struct coredns_line *line);

#endif
