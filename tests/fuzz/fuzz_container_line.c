/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/logs/container_line.h>
#include <stdlib.h>

/* The payload stays in the line, and a time takes no more than there is. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    char *text = arena_text_n(arena, (const char *)bytes, len);
    struct container_line line;
    uint64_t ns;

    if (log_time_read(text, len, &ns) > len)
        abort();
    (void)container_path_pod(text);
    container_line_read(text, len, &line);
    if (line.payload.at < text || line.payload.at + line.payload.len > text + len)
        abort();
    if (line.pod.len && (line.pod.at < text || line.pod.at + line.pod.len > text + len))
        abort();
    arena_free(arena);
    return 0;
}
