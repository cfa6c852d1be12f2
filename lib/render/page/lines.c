/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lines.h"
#include <string.h>

void lines_add_page(struct lines *lines, enum style style, const char *text)
{
    for (const char *at = text, *end; *at; at = *end ? end + 1 : end) {
        end = at + strcspn(at, "\n");
        *ARENA_PUSH(lines->arena, lines->items, lines->count) =
            (struct styled_line){style, arena_text_n(lines->arena, at, (size_t)(end - at))};
    }
}

void lines_add(struct lines *lines, enum style style, const char *first, const char *fmt, ...)
{
    struct text out = {0};
    struct printer printer = {.out = &out, .width = lines->width};
    const char *text;
    va_list args;

    va_start(args, fmt);
    text = arena_vprintf(lines->arena, fmt, args);
    va_end(args);
    printer_paragraph(&printer, first, "%s", text);
    lines_add_page(lines, style, text_string(&out));
    text_fini(&out);
}
