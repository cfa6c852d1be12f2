/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/logs/log_export.h>
#include <stdlib.h>
#include <string.h>

/* A line of a log takes no more than there is of the export, and each call moves on or ends. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct log_export *log_export = ARENA_NEW(arena, struct log_export);
    const char *text = arena_text_n(arena, (const char *)bytes, len), *at = text, *end = text + len;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end,
                   *from = at;
        struct log_exported record;
        size_t records = 0;

        if (log_export_begins(log_export, at, (size_t)(stop - at)))
            while (log_export_next(log_export, &from, stop, &record)) {
                if (from < at || from > stop || ++records > (size_t)(stop - at) + 1)
                    abort();
                if (!record.is_none && record.line.len > 3 * len)
                    abort();
                for (int i = 0; i < EXPORT_FIELDS; i++)
                    if (record.values[i].len > LOG_EXPORT_VALUE)
                        abort();
            }
        at = stop + 1;
    }
    log_export_fini(log_export);
    arena_free(arena);
    return 0;
}
