/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/logs/log_guess.h>
#include <k8sdns/wire/logs/log_template.h>
#include <stdlib.h>
#include <string.h>

/* A template that follows from lines can be read. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct log_guess *guess = ARENA_NEW(arena, struct log_guess);
    const char *text = arena_text_n(arena, (const char *)bytes, len), *at = text, *end = text + len, *found;
    struct log_template log_template;
    bool sure;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;

        log_guess_add(guess, (struct log_word){at, (size_t)(stop - at)});
        at = stop + 1;
    }
    found = log_guess_template(guess, arena, &sure);
    if (found && !strstr(found, "{name}"))
        abort();
    if (found)
        (void)!log_template_read(arena, found, &log_template, NULL);
    arena_free(arena);
    return 0;
}
