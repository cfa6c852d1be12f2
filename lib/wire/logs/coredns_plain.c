/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The query line of the usual format without anything unusual in it, which most lines of a log are. */
#include "coredns_reader.h"
#include "octet_marks.h"

/* Blanks of a line of the usual format: behind its level, and between the words of the query. */
#define BLANKS 14

/*
 * Find the blanks, a block at a time; the last block begins earlier, so that nothing behind the line is read.
 * False where they are more or fewer, or where there is a backslash: a blank behind one ends no word.
 */
static bool find_blanks(struct log_word text, const char *blanks[BLANKS + MARKS_BLOCK])
{
    const char *end = text.at + text.len;
    uint64_t escapes = 0;
    size_t count = 0;

    for (const char *from = text.at; from < end && count <= BLANKS; from += MARKS_BLOCK) {
        ptrdiff_t twice = from + MARKS_BLOCK > end ? from + MARKS_BLOCK - end : 0;
        uint64_t marks = block_marks(from - twice, ' ', '\\', &escapes) >> twice;

        for (; marks; marks &= marks - 1)
            blanks[count++] = from + (unsigned)__builtin_ctzll(marks);
    }
    return count == BLANKS && !escapes;
}

static inline struct log_word between(const char *blank, const char *next)
{
    return (struct log_word){blank + 1, (size_t)(next - blank - 1)};
}

/* A word that is a number of up to 16 bits. */
static inline bool number_plain(const char *at, const char *end, uint32_t *ret)
{
    return end - at >= 1 && end - at <= 5 && digits_before(end, (size_t)(end - at), ret) && *ret <= 65535;
}

/* "10.244.1.5:5056" */
static bool client_plain(struct log_word who, size_t *ret_len, uint32_t *ret_port)
{
    const octets all = octets_at(who.at);
    uint32_t others = octet_marks((octets)(((octets)(all - '.') > '9' - '.') | (all == '/')));
    size_t len = (unsigned)__builtin_ctz(others | 1U << sizeof(octets));

    *ret_len = len;
    return len >= 7 && len < who.len && who.at[len] == ':' &&
           number_plain(who.at + len + 1, who.at + who.len, ret_port);
}

/* "0.000565674s": nanoseconds of less than ten seconds. */
static bool duration_plain(struct log_word word, uint64_t *ret_ns)
{
    const char *at = word.at;
    uint32_t rest;

    if (word.len != 12 || !is_digit(at[0]) || at[1] != '.' || !is_digit(at[2]) || at[11] != 's' ||
        !digits_before(at + 11, 8, &rest))
        return false;
    *ret_ns = (uint64_t)(at[0] - '0') * 1000000000 + (uint64_t)(at[2] - '0') * 100000000 + rest;
    return true;
}

bool coredns_plain_read(struct log_word text, struct coredns_line *ret)
{
    const char *blanks[BLANKS + MARKS_BLOCK], *end = text.at + text.len;
    struct log_word who, id, bufsize;
    size_t client_len;
    uint32_t port, number;
    uint64_t ns;

    if (text.len < MARKS_BLOCK || memcmp(text.at, "[INFO] ", 7) != 0 || !find_blanks(text, blanks))
        return false;
    who = between(blanks[0], blanks[1]);
    id = between(blanks[2], blanks[3]);
    bufsize = between(blanks[9], blanks[10]);
    if (!client_plain(who, &client_len, &port) || memcmp(blanks[1], " - ", 3) != 0 ||
        !number_plain(id.at, id.at + id.len, &number) || blanks[3][1] != '"' || blanks[6] - blanks[5] < 2 ||
        bufsize.len < 2 || blanks[10][-1] != '"' || blanks[11] - blanks[10] < 2 ||
        !duration_plain(between(blanks[13], end), &ns))
        return false;
    /* Each member has its value here, so that nothing is written twice. */
    *ret = (struct coredns_line){
        .kind = COREDNS_QUERY,
        .level = COREDNS_LEVEL_INFO,
        .client = {who.at, client_len},
        .type = {blanks[3] + 2, (size_t)(blanks[4] - blanks[3] - 2)},
        .class = between(blanks[4], blanks[5]),
        .name = between(blanks[5], blanks[6]),
        .protocol = between(blanks[6], blanks[7]),
        .port = port,
        .id = number,
        .rcode = between(blanks[10], blanks[11]),
        .flags = between(blanks[11], blanks[12]),
        .bufsize = {bufsize.at, bufsize.len - 1},
        .dnssec_ok = between(blanks[8], blanks[9]),
        .opcode = {NULL, 0},
        .local = {NULL, 0},
        .size = between(blanks[7], blanks[8]),
        .response_size = between(blanks[12], blanks[13]),
        .duration_ns = ns,
        .by_template = false,
        .observed = false,
        .server_made = false,
        .extra = {end, 0},
        .count = 0,
        .plugin = {NULL, 0},
        .text = {NULL, 0},
        .time_ns = 0,
    };
    ret->server_made = coredns_is_server_made(ret->rcode, ret->flags, ret->response_size);
    return true;
}
