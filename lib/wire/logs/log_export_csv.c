/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records out of CSV with any separator and order of columns, by the names in its first line. Source:
 * RFC 4180.
 */
#include "log_export_record.h"
#include <string.h>

/* RFC 4180, with commas, semicolons or tabs. */

/* A cell may go on over lines without an end; of a longer one this much is read. */
#define CELL_MAX (1U << 20)

static void add(struct log_export *e, char c)
{
    if (e->token.len < CELL_MAX)
        text_add_char(&e->token, c, 1);
}

/* The cell at `*at`, without its quotes, up to the separator; false when a quote is open at the end of the
 * line. */
static bool read_cell(struct log_export *e, const char **at, const char *end)
{
    for (; *at < end; ++*at) {
        char c = **at;

        if (e->quoted) {
            if (c != '"') {
                add(e, c);
            } else if (*at + 1 < end && (*at)[1] == '"') {
                add(e, c);
                ++*at;
            } else {
                e->quoted = false;
            }
        } else if (c == e->separator) {
            return true;
        } else if (c == '"' && !e->token.len) {
            e->quoted = true;
        } else if (c != '\r') {
            add(e, c);
        }
    }
    return !e->quoted;
}

static void begin_row(struct log_export *e)
{
    e->column = 0;
    e->quoted = false;
    text_clear(&e->token);
}

/* Longer is no header. */
#define HEADER_MAX 4000

/* A line whose cells are names of columns, one of them that of the line, and another of ours, or none at all.
 */
static bool read_header(struct log_export *e, const char *text, size_t len, char separator)
{
    const char *at = text, *end = text + len;
    size_t known = 0;
    bool line = false;

    e->columns_count = 0;
    e->separator = separator;
    for (bool more = true; more;) {
        begin_row(e);
        if (!read_cell(e, &at, end))
            return false;
        known += export_add_column(e, text_string(&e->token), e->token.len);
        line = line || (e->columns_count && e->columns[e->columns_count - 1].field == EXPORT_LINE);
        more = at < end;
        at += more;
    }
    return line && (known > 1 || (e->columns_count == 1 && e->columns[0].rank == 9));
}

bool export_csv_begins(struct log_export *e, const char *text, size_t len)
{
    static const char separators[] = ",;\t";
    /* A byte order mark, as portals write. */
    size_t skip = len > 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    char first = len > skip ? text[skip] : '\0';

    if (len > HEADER_MAX || !((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z') ||
                              first == '"' || first == '@' || first == '_'))
        return false;
    /* A key of YAML with a block behind it ("log: |"), whose lines have no columns. */
    if (memmem(text, len, ": ", 2))
        return false;
    for (size_t i = 0; separators[i]; i++)
        if (read_header(e, text + skip, len - skip, separators[i])) {
            e->form = EXPORT_FORM_CSV;
            /* Nothing is to be read of it any more. */
            e->row_done = true;
            begin_row(e);
            return true;
        }
    return false;
}

bool export_csv_next(struct log_export *e, const char **at, const char *end, struct log_exported *ret)
{
    bool begins = e->column == 0 && !e->token.len && !e->quoted;

    if (e->row_done || (begins && *at == end))
        return false;
    e->row_done = true;
    if (begins) {
        e->records_count = 0;
        export_record_begin(e);
    }
    while (read_cell(e, at, end)) {
        export_take_column(e, e->column++, text_string(&e->token), e->token.len);
        text_clear(&e->token);
        if (*at < end) {
            ++*at;
            continue;
        }
        begin_row(e);
        if (!export_record_end(e, ret))
            *ret = (struct log_exported){.line = {"", 0}};
        return true;
    }
    /* The cell goes on in the next line. */
    add(e, '\n');
    *at = end;
    return false;
}
