/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/render/page/printer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Those that people with the common colour blindnesses tell apart: blue, yellow and bold magenta rather than
 * green and red. Of 256 colours those in the middle, which have a contrast of 3 or more to black and to
 * white; of eight cyan in place of blue, which is too dark on black.
 */
static const char *const styles[][STYLE_BAD + 1] = {
    {
        [STYLE_PLAIN] = "",
        [STYLE_STRONG] = "\033[1m",
        [STYLE_FAINT] = "\033[2m",
        [STYLE_GOOD] = "\033[36m",
        [STYLE_ODD] = "\033[33m",
        [STYLE_BAD] = "\033[1;35m",
    },
    {
        [STYLE_PLAIN] = "",
        [STYLE_STRONG] = "\033[1m",
        [STYLE_FAINT] = "\033[2m",
        [STYLE_GOOD] = "\033[38;5;33m",
        [STYLE_ODD] = "\033[38;5;136m",
        [STYLE_BAD] = "\033[1;38;5;163m",
    },
};

void printer_style(struct printer *printer, enum style style, const char *text)
{
    bool on = printer->color && style != STYLE_PLAIN;

    if (on)
        text_add(printer->out, styles[printer->many_colors][style]);
    text_add_escaped(printer->out, text, strlen(text));
    if (on)
        text_add(printer->out, "\033[0m");
}

/* The formatted text on the heap; the caller frees it. */
PRINTF_LIKE(1, 0)
static char *format(const char *fmt, va_list ap)
{
    char *raw = NULL;

    if (vasprintf(&raw, fmt, ap) < 0)
        err_out_of_memory();
    return raw;
}

void printer_addf(struct printer *printer, const char *fmt, ...)
{
    va_list ap;
    char *raw;

    va_start(ap, fmt);
    raw = format(fmt, ap);
    va_end(ap);
    for (const char *at = raw, *end; *at; at = end) {
        end = at + strcspn(at, "\n");
        text_add_escaped(printer->out, at, (size_t)(end - at));
        if (*end == '\n') {
            text_add_char(printer->out, '\n', 1);
            end++;
        }
    }
    free(raw);
}

unsigned printer_columns(const char *text)
{
    unsigned columns = 0;

    /* Every UTF-8 character that escape_line() lets through is taken as one column wide. */
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

void printer_paragraph(struct printer *printer, const char *first, const char *fmt, ...)
{
    unsigned indent = printer_columns(first), column = indent;
    struct text safe = {0};
    const char *at, *end;
    va_list ap;
    char *raw;

    va_start(ap, fmt);
    raw = format(fmt, ap);
    va_end(ap);
    text_add_escaped(&safe, raw, strlen(raw));
    free(raw);

    text_add(printer->out, first);
    for (at = text_string(&safe); *at; at = end) {
        char word[512];
        unsigned wide;

        at += strspn(at, " ");
        end = at + strcspn(at, " ");
        if (end == at)
            break;
        snprintf(word, sizeof(word), "%.*s", (int)(end - at), at);
        wide = printer_columns(word);
        if (column > indent && column + 1 + wide > printer->width) {
            text_add_char(printer->out, '\n', 1);
            text_add_char(printer->out, ' ', indent);
            column = indent;
        } else if (column > indent) {
            text_add_char(printer->out, ' ', 1);
            column++;
        }
        text_add_n(printer->out, at, (size_t)(end - at));
        column += wide;
    }
    text_add_char(printer->out, '\n', 1);
    text_fini(&safe);
}

void printer_line(struct printer *printer, enum style style, const char *text)
{
    if (printer_columns(text) > printer->width) {
        printer_paragraph(printer, "", "%s", text);
        return;
    }
    printer_style(printer, style, text);
    printer_addf(printer, "\n");
}
