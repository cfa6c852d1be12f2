/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_PAGE_H
#define K8SDNS_RENDER_PAGE_H

#include <k8sdns/base/text.h>
#include <stdbool.h>

/*
 * Where a command's text goes. Renderers only add to it; the command line writes it out.
 *
 * Everything that is painted also says its meaning in letters or a mark: colour is never alone.
 */
struct page {
    struct text *out;
    unsigned width;  /* columns; 80 when it is no terminal */
    unsigned height; /* rows, when it is a screen that live text can be drawn on; else 0 */
    bool color;
    bool utf8;     /* the locale's character set; else marks are ASCII */
    int verbosity; /* -1 quiet, 0, 1 and more */
};

enum paint {
    PAINT_PLAIN,
    PAINT_STRONG, /* headings */
    PAINT_FAINT,  /* what is seldom read */
    PAINT_GOOD,
    PAINT_ODD, /* a warning, the odd one out */
    PAINT_BAD,
};

/* Escaped text, painted. */
void page_paint(struct page *page, enum paint paint, const char *text);

/* A formatted piece; its result is escaped but for newlines. */
void page_addf(struct page *page, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * A paragraph wrapped at the page's width: `first` before the first line, as many spaces before the rest.
 * The result of the format is escaped.
 */
void page_paragraph(struct page *page, const char *first, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Columns that `text` takes on a terminal, as escaped. */
unsigned page_columns(const char *text);

#endif
