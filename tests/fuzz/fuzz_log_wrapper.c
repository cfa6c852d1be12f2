/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/logs/log_wrapper.h>
#include <stdlib.h>
#include <string.h>

/* What is left is a part of the line, and shorter than it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    char *text = arena_text_n(arena, (const char *)bytes, len), *at = text, *end = text + len;

    while (at < end) {
        char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        struct log_wrapper wrapper;

        if (log_wrapper_read(at, (size_t)(stop - at), &wrapper) &&
            (wrapper.payload.at < at || wrapper.payload.at + wrapper.payload.len > stop ||
             wrapper.payload.len >= (size_t)(stop - at) ||
             (wrapper.pod.len && (wrapper.pod.at < at || wrapper.pod.at + wrapper.pod.len > stop))))
            abort();
        if (log_wrapper_unquote(at, (size_t)(stop - at), '"') > (size_t)(stop - at))
            abort();
        if (log_wrapper_plain(at, (size_t)(stop - at)) > (size_t)(stop - at))
            abort();
        at = stop + 1;
    }
    arena_free(arena);
    return 0;
}
