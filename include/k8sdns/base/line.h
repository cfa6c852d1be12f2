/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_LINE_H
#define K8SDNS_BASE_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* One line of a text. */
struct line {
    size_t number;    /* from 1 */
    const char *text; /* without its end; may hold NUL bytes */
    size_t len;
    bool ended; /* a newline stood behind it */
};

struct line_cursor {
    const char *bytes;
    size_t len, at, number;
};

/* Give the next line. Return false when there is none. Start with {.bytes = , .len = }. */
bool line_cursor_next(struct line_cursor *cursor, struct line *ret_line);

#endif
