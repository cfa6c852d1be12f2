/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_TEXT_H
#define K8SDNS_BASE_TEXT_H

#include <k8sdns/base/err.h>
#include <stddef.h>

/*
 * A growing string on the heap, always NUL-terminated. Like the arena it ends the program when memory runs
 * out. Start with `struct text t = {0};`, end with text_fini().
 */
struct text {
    char *at; /* NULL until something was added; use text_string() to read */
    size_t len, room;
};

void text_fini(struct text *text);
void text_clear(struct text *text);
const char *text_string(const struct text *text);

void text_add(struct text *text, const char *more);
void text_add_n(struct text *text, const char *more, size_t len);
void text_add_char(struct text *text, char c, size_t times);
void text_addf(struct text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The first, or the second where that is NULL or empty. */
const char *text_or(const char *text, const char *otherwise);

/* Sort `count` strings by their bytes. */
void text_sort(const char **items, size_t count);
/* Add untrusted text, escaped for a terminal (see escape.h). */
void text_add_escaped(struct text *text, const char *more, size_t len);

#endif
