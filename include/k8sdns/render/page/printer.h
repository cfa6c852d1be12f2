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
struct printer {
    struct text *out;
    unsigned width;  /* columns; 80 when it is no terminal */
    unsigned height; /* rows, when it is a screen that live text can be drawn on; else 0 */
    bool color;
    bool many_colors; /* the terminal has 256 of them */
    bool utf8;        /* the locale's character set; else marks are ASCII */
    int verbosity;    /* -1 quiet, 0, 1 and more */
};

enum style {
    STYLE_PLAIN,
    STYLE_STRONG, /* headings */
    STYLE_FAINT,  /* what is seldom read */
    STYLE_GOOD,
    STYLE_ODD, /* a warning, the odd one out */
    STYLE_BAD,
};

/* Escaped text, painted. */
void printer_style(struct printer *printer, enum style style, const char *text);

/* A formatted piece; its result is escaped but for newlines. */
void printer_addf(struct printer *printer, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * A paragraph wrapped at the page's width: `first` before the first line, as many spaces before the rest.
 * The result of the format is escaped.
 */
void printer_paragraph(struct printer *printer, const char *first, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A line in that style, or, where the page is too narrow for it, a paragraph without. */
void printer_line(struct printer *printer, enum style style, const char *text);

/* Columns that `text` takes on a terminal, as escaped. */
unsigned printer_columns(const char *text);

#endif
