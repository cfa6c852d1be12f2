/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/capture/pasted_text.h>
#include <stdlib.h>
#include <string.h>

static size_t lines(const char *text, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += text[i] == '\n';
    return count;
}

/* Each line stays where it is and gets no longer; what is undone once is not there again. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    char *copy = arena_text_n(arena, (const char *)bytes, len);
    size_t plain, text_len;
    const char *text = pasted_text_read(arena, (const char *)bytes, len, &text_len);

    if (text_len > len || text[text_len] || lines(text, text_len) != lines((const char *)bytes, len))
        abort();
    (void)pasted_line_is_fence((const char *)bytes, len);
    plain = pasted_line_plain(copy, len);
    if (plain > len || (plain == len && memcmp(copy, bytes, len) != 0))
        abort();
    arena_free(arena);
    return 0;
}
