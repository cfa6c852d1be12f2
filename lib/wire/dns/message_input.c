/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "octet_literal.h"
#include "octet_text.h"
#include <ctype.h>
#include <errno.h>
#include <k8sdns/base/line.h>
#include <k8sdns/wire/dns/message_input.h>
#include <stdbool.h>
#include <string.h>

const char *const message_form_names[] = {"dump", "hex", "base64", "raw", "capture", NULL};

/* Dump lines hold 16 octets; some tools can be told to hold more. */
#define DUMP_LINE_MAX 64

struct input_reader {
    struct arena *arena;
    struct line_cursor lines;
    struct message_input *input;
};

/* The next line without the blanks at its end. */
static bool next_line(struct input_reader *r, struct line *ret_line)
{
    if (!line_cursor_next(&r->lines, ret_line))
        return false;
    while (ret_line->len && isspace((unsigned char)ret_line->text[ret_line->len - 1]))
        ret_line->len--;
    return true;
}

static struct octet_block *add_block(struct input_reader *r, int form, size_t line, size_t room)
{
    struct octet_block *block = ARENA_PUSH(r->arena, r->input->blocks, r->input->blocks_count);

    *block = (struct octet_block){.form = form, .line = line, .bytes = arena_alloc(r->arena, room + 1)};
    return block;
}

/* One line of a dump: its source (what stands before "debug:"), its offset, its octets. */
struct dump_line {
    const char *source;
    size_t source_len, offset, len;
    size_t octal; /* the offset, read so; SIZE_MAX where it cannot be */
    bool words;   /* the groups were numbers of 16 bits */
    uint8_t bytes[DUMP_LINE_MAX];
};

/* What stands before the marker tells replicas apart: kubectl's "[pod/...]" word, without times. */
static size_t source_length(const char *at, size_t len)
{
    size_t n = 0;

    if (!len || at[0] != '[')
        return 0;
    while (n < len && at[n] != ' ')
        n++;
    return n;
}

/* Bytes before the text column at most, where nothing but their number tells that it begins. */
#define DUMP_LINE_USUAL 16

/*
 * Hex groups up to the text column: behind two blanks (xxd, tcpdump), three (Wireshark), a bar (hexdump -C),
 * after 16 bytes or with what is no byte.
 */
static void read_groups(const char *p, const char *end, bool two_blanks_end, bool usual,
                        struct dump_line *out)
{
    while (p < end && out->len < (usual ? DUMP_LINE_USUAL : DUMP_LINE_MAX)) {
        const char *group = p;

        while (p < end && hex_digit(*p) >= 0)
            p++;
        if ((p - group) % 2 || p == group || (p < end && *p != ' '))
            return;
        for (; group < p && out->len < DUMP_LINE_MAX; group += 2)
            out->bytes[out->len++] = (uint8_t)(hex_digit(group[0]) << 4 | hex_digit(group[1]));
        if (two_blanks_end && end - p >= 2 && p[1] == ' ')
            return;
        if (usual && end - p >= 3 && p[1] == ' ' && p[2] == ' ')
            return;
        while (p < end && *p == ' ')
            p++;
    }
}

/* How many digits all groups up to the end of the line have; 0 where they differ, or something else is there.
 */
static size_t group_digits(const char *p, const char *end)
{
    size_t all = 0;

    while (p < end) {
        const char *group = p;

        while (p < end && hex_digit(*p) >= 0)
            p++;
        if (p == group || (p < end && *p != ' ') || (all && all != (size_t)(p - group)))
            return 0;
        all = (size_t)(p - group);
        while (p < end && *p == ' ')
            p++;
    }
    return all;
}

/*
 * Groups that are numbers of 16 bits as the machine has them, the low byte first: hexdump(1) and od(1) -x in
 * hex, od in octal.
 */
static void read_words(const char *p, const char *end, unsigned base, struct dump_line *out)
{
    out->words = true;
    while (p < end && out->len + 2 <= DUMP_LINE_MAX) {
        unsigned value = 0;

        for (; p < end && *p != ' '; p++)
            value = value * base + (unsigned)hex_digit(*p);
        out->bytes[out->len++] = (uint8_t)value;
        out->bytes[out->len++] = (uint8_t)(value >> 8);
        while (p < end && *p == ' ')
            p++;
    }
}

static size_t octal_of(const char *p, const char *end)
{
    size_t value = 0;

    for (; p < end; p++) {
        if (*p > '7' || *p < '0')
            return SIZE_MAX;
        value = value << 3 | (size_t)(*p - '0');
    }
    return value;
}

/* Source: CoreDNS's plugin/pkg/log hexdump ("debug: 000000 c0 fb ..."), xxd(1), hexdump(1) -C. */
static bool read_dump_line(const struct line *line, struct dump_line *out)
{
    const char *p = line->text, *end = line->text + line->len, *marker, *digits;
    bool colon, wireshark;
    size_t width;

    *out = (struct dump_line){.source = line->text};
    marker = memmem(line->text, line->len, "debug: ", 7);
    if (marker) {
        out->source_len = source_length(line->text, (size_t)(marker - line->text));
        p = marker + 7;
    }
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (end - p > 2 && p[0] == '0' && p[1] == 'x')
        p += 2;
    for (digits = p; p < end && hex_digit(*p) >= 0 && p - digits < 9; p++)
        out->offset = out->offset << 4 | (size_t)hex_digit(*p);
    colon = p < end && *p == ':';
    /* Four digits without a colon are an offset before two blanks and a byte (Wireshark, text2pcap). */
    wireshark = !colon && p - digits == 4 &&
                (end - p < 2 || (p[0] == ' ' && (p[1] == ' ' || (end - p >= 4 && hex_digit(p[1]) >= 0 &&
                                                                 hex_digit(p[2]) >= 0 && p[3] == ' '))));
    if ((p - digits < (colon ? 4 : 6) && !wireshark) || p - digits > 8 || (p < end && !colon && *p != ' '))
        return false;
    out->octal = colon || wireshark || p - digits == 8 ? SIZE_MAX : octal_of(digits, p);
    width = colon || wireshark || p - digits == 8 ? 0 : group_digits(p + (p < end), end);
    p += colon;
    while (p < end && *p == ' ')
        p++;
    if (width == 4 || (width == 6 && out->octal != SIZE_MAX))
        read_words(p, end, width == 4 ? 16 : 8, out);
    else
        read_groups(p, end, colon, !colon, out);
    /* The last line of a dump is an offset alone: the length in all. */
    return out->len > 0 || p == end;
}

/* The block that a line goes on with, or NULL. */
static struct octet_block *open_block(const struct input_reader *r, const struct dump_line *line,
                                      const struct dump_line *sources)
{
    for (size_t i = r->input->blocks_count; i > 0; i--) {
        const struct dump_line *source = &sources[i - 1];

        if (source->source_len == line->source_len &&
            memcmp(source->source, line->source, line->source_len) == 0)
            return &r->input->blocks[i - 1];
    }
    return NULL;
}

static void read_dump(struct input_reader *r)
{
    struct dump_line *sources = NULL, line;
    size_t sources_count = 0;
    struct line text;

    while (next_line(r, &text)) {
        struct octet_block *block;

        if (text.len == 0)
            continue;
        if (!read_dump_line(&text, &line)) {
            r->input->skipped++;
            continue;
        }
        block = open_block(r, &line, sources);
        if (line.offset == 0 && line.len) {
            block = add_block(r, OCTETS_DUMP, text.number, 0);
            *ARENA_PUSH(r->arena, sources, sources_count) = line;
        } else if (!block) {
            r->input->skipped++;
            continue;
        }
        if (block->remark)
            continue;
        /* od(1) counts in octal. */
        if (line.offset != block->len && line.octal <= block->len)
            line.offset = line.octal;
        /* Of an odd number of bytes the last number has one too many; the last line tells how many there are.
         */
        if (!line.len && line.offset + 1 == block->len && sources[block - r->input->blocks].words)
            block->len--;
        if (line.offset != block->len) {
            block->remark = arena_printf(r->arena, "line %zu of the input has offset %zx where %zx is due",
                                         text.number, line.offset, block->len);
            continue;
        }
        for (size_t i = 0; i < line.len; i++)
            *ARENA_PUSH(r->arena, block->bytes, block->len) = line.bytes[i];
    }
}

static bool has_dump(struct input_reader r)
{
    struct dump_line dump;
    struct line line;

    while (next_line(&r, &line))
        if (read_dump_line(&line, &dump) && dump.offset == 0 && dump.len)
            return true;
    return false;
}

/* Where text of a form stops to be of it, or NULL. */
static const char *misfit(const char *at, const char *end, int form)
{
    for (; at < end; at++) {
        if (isspace((unsigned char)*at))
            continue;
        if (form == OCTETS_HEX ? hex_digit(*at) < 0 && !strchr("xX\\:,", *at)
                               : !isalnum((unsigned char)*at) && !strchr("+/-_=", *at))
            return at;
    }
    return NULL;
}

/* Append a line of hex to the block: "0x" and "\x" are marks, not digits. */
static void add_hex(struct octet_block *block, const struct line *line, int *half)
{
    for (size_t i = 0; i < line->len; i++) {
        char c = line->text[i];

        if (c == '0' && i + 1 < line->len && tolower((unsigned char)line->text[i + 1]) == 'x')
            continue;
        if (hex_digit(c) < 0)
            continue;
        if (*half < 0) {
            *half = hex_digit(c);
        } else {
            block->bytes[block->len++] = (uint8_t)(*half << 4 | hex_digit(c));
            *half = -1;
        }
    }
}

static void add_base64(struct octet_block *block, const struct line *line, struct base64 *state)
{
    for (size_t i = 0; i < line->len; i++) {
        if (line->text[i] == '=')
            state->ended = true;
        if (state->ended && base64_digit(line->text[i]) >= 0)
            block->remark = "base64 goes on behind its '='";
        base64_put(block, line->text[i], state);
    }
}

/* Paragraphs of hex or base64, a block each. */
static void read_paragraphs(struct input_reader *r, int form)
{
    struct octet_block *block = NULL;
    struct base64 base64 = {0};
    struct line line;
    int half = -1;
    bool more;

    do {
        more = next_line(r, &line);
        if (more && line.len) {
            if (!block) {
                /* No paragraph has more octets than what is left has characters. */
                block = add_block(r, form, line.number, r->lines.len - (size_t)(line.text - r->lines.bytes));
                base64 = (struct base64){0};
                half = -1;
            }
            if (form == OCTETS_HEX)
                add_hex(block, &line, &half);
            else
                add_base64(block, &line, &base64);
        } else if (block) {
            if (half >= 0)
                block->remark = "an odd number of hex digits";
            if (base64.count >= 6)
                block->remark = "base64 that ends in the middle of an byte";
            block = NULL;
        }
    } while (more);
}

int message_input_read(struct arena *arena, const char *bytes, size_t len, int form,
                       struct message_input *ret_input, struct err *err)
{
    struct input_reader reader = {arena, {.bytes = bytes, .len = len}, ret_input};
    const char *bad;

    *ret_input = (struct message_input){0};
    if (len == 0)
        return err_set(err, ERR_FORMAT, EBADMSG, "there is nothing to decode: the input is empty");
    if (form < 0) {
        if (memchr(bytes, 0, len))
            form = OCTETS_RAW;
        else if (has_dump(reader))
            form = OCTETS_DUMP;
        else
            form = misfit(bytes, bytes + len, OCTETS_HEX) ? OCTETS_BASE64 : OCTETS_HEX;
        if (form == OCTETS_BASE64 && octet_literal_read(arena, bytes, len, ret_input))
            return 0;
    }
    if (form == OCTETS_RAW) {
        struct octet_block *block = add_block(&reader, OCTETS_RAW, 0, len);

        memcpy(block->bytes, bytes, len);
        block->len = len;
        return 0;
    }
    if (form == OCTETS_DUMP) {
        read_dump(&reader);
    } else {
        bad = misfit(bytes, bytes + len, form);
        if (bad) {
            char piece[2] = {*bad, '\0'};
            size_t line = 1;

            for (const char *p = bytes; p < bad; p++)
                line += *p == '\n';
            return err_set(err, ERR_FORMAT, EBADMSG,
                           "the input is no hex dump, hex or base64 (line %zu has '%s'), and raw bytes would "
                           "hold a zero byte",
                           line, piece);
        }
        read_paragraphs(&reader, form);
    }
    if (!ret_input->blocks_count)
        return err_set(err, ERR_FORMAT, EBADMSG, "the input is empty: no bytes are in it");
    return 0;
}
