/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_LINES_H
#define K8SDNS_RENDER_LINES_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/* Painted lines of text, wrapped at a width: a page that can be scrolled. */
struct styled_line {
    enum style style;
    const char *text; /* escaped */
};

struct lines {
    struct arena *arena;
    unsigned width;
    struct styled_line *items;
    size_t count;
};

/* A paragraph: `first` before its first line, as many spaces before the rest; "" alone is an empty line. */
void lines_add(struct lines *lines, enum style style, const char *first, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* What a table or another renderer printed. */
void lines_add_page(struct lines *lines, enum style style, const char *text);

#endif
