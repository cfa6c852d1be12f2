/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/base/text.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and the NUL. */
static char *reserve(struct text *text, size_t more)
{
    size_t room = text->room ? text->room : 256;
    char *grown;

    if (more > SIZE_MAX / 4 || text->len > SIZE_MAX / 4)
        err_out_of_memory();
    while (room < text->len + more + 1)
        room *= 2;
    if (room != text->room) {
        grown = realloc(text->at, room);
        if (!grown)
            err_out_of_memory();
        text->at = grown;
        text->room = room;
    }
    return text->at + text->len;
}

void text_fini(struct text *text)
{
    if (!text)
        return;
    free(text->at);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text->len = 0;
    if (text->at)
        text->at[0] = '\0';
}

const char *text_string(const struct text *text)
{
    return text->at ? text->at : "";
}

void text_add_n(struct text *text, const char *more, size_t len)
{
    char *to = reserve(text, len);

    if (len)
        memcpy(to, more, len);
    to[len] = '\0';
    text->len += len;
}

void text_add(struct text *text, const char *more)
{
    text_add_n(text, more, strlen(more));
}

void text_add_char(struct text *text, char c, size_t times)
{
    char *to = reserve(text, times);

    memset(to, c, times);
    to[times] = '\0';
    text->len += times;
}

void text_addf(struct text *text, const char *fmt, ...)
{
    va_list ap, again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        vsnprintf(reserve(text, (size_t)n), (size_t)n + 1, fmt, again);
        text->len += (size_t)n;
    }
    va_end(again);
}

void text_add_escaped(struct text *text, const char *more, size_t len)
{
    /* Every byte becomes at most four. */
    char *to = reserve(text, len * 4);

    text->len += escape_line(to, len * 4 + 1, more, len);
}

static int by_bytes(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

void text_sort(const char **items, size_t count)
{
    if (count) /* qsort(3) wants no NULL */
        qsort(items, count, sizeof(char *), by_bytes);
}

const char *text_or(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}
