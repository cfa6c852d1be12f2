/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/render/page.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Of the sixteen colours only those that people with the common colour blindnesses tell apart in both light
 * and dark schemes: blue, yellow and bold magenta rather than green and red.
 */
static const char *const paints[] = {
    [PAINT_PLAIN] = "",        [PAINT_STRONG] = "\033[1m", [PAINT_FAINT] = "\033[2m",
    [PAINT_GOOD] = "\033[34m", [PAINT_ODD] = "\033[33m",   [PAINT_BAD] = "\033[1;35m",
};

void page_paint(struct page *page, enum paint paint, const char *text)
{
    bool on = page->color && paint != PAINT_PLAIN;

    if (on)
        text_add(page->out, paints[paint]);
    text_add_escaped(page->out, text, strlen(text));
    if (on)
        text_add(page->out, "\033[0m");
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

void page_addf(struct page *page, const char *fmt, ...)
{
    va_list ap;
    char *raw;

    va_start(ap, fmt);
    raw = format(fmt, ap);
    va_end(ap);
    for (const char *at = raw, *end; *at; at = end) {
        end = at + strcspn(at, "\n");
        text_add_escaped(page->out, at, (size_t)(end - at));
        if (*end == '\n') {
            text_add_char(page->out, '\n', 1);
            end++;
        }
    }
    free(raw);
}

unsigned page_columns(const char *text)
{
    unsigned columns = 0;

    /* Every UTF-8 character that escape_line() lets through is taken as one column wide. */
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

void page_paragraph(struct page *page, const char *first, const char *fmt, ...)
{
    unsigned indent = page_columns(first), column = indent;
    struct text safe = {0};
    const char *at, *end;
    va_list ap;
    char *raw;

    va_start(ap, fmt);
    raw = format(fmt, ap);
    va_end(ap);
    text_add_escaped(&safe, raw, strlen(raw));
    free(raw);

    text_add(page->out, first);
    for (at = text_string(&safe); *at; at = end) {
        char word[512];
        unsigned wide;

        at += strspn(at, " ");
        end = at + strcspn(at, " ");
        if (end == at)
            break;
        snprintf(word, sizeof(word), "%.*s", (int)(end - at), at);
        wide = page_columns(word);
        if (column > indent && column + 1 + wide > page->width) {
            text_add_char(page->out, '\n', 1);
            text_add_char(page->out, ' ', indent);
            column = indent;
        } else if (column > indent) {
            text_add_char(page->out, ' ', 1);
            column++;
        }
        text_add_n(page->out, at, (size_t)(end - at));
        column += wide;
    }
    text_add_char(page->out, '\n', 1);
    text_fini(&safe);
}
