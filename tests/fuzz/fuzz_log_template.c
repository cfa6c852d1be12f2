/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/logs/coredns_log.h>
#include <stdlib.h>
#include <string.h>

/* The first line is a template, the others are read by it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    char *text = arena_text_n(arena, (const char *)bytes, len), *newline = memchr(text, '\n', len);
    struct log_template format;

    if (newline) {
        *newline = '\0';
        if (log_template_read(arena, text, &format, NULL) == 0) {
            struct log_word values[LOG_TEMPLATE_PARTS];
            char *at = newline + 1, *end = text + len;

            while (at < end) {
                char *stop = memchr(at, '\n', (size_t)(end - at));
                size_t n = stop ? (size_t)(stop - at) : (size_t)(end - at);
                struct coredns_line line;

                coredns_log_read(&format, (struct log_word){at, n}, values, &line);
                for (size_t i = 0; line.by_template && i < format.count; i++)
                    if (values[i].at < at || values[i].at + values[i].len > at + n)
                        abort();
                at += n + 1;
            }
        }
    }
    arena_free(arena);
    return 0;
}
