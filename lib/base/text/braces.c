/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/braces.h>
#include <k8sdns/base/text.h>
#include <string.h>

const char *braces_expand(struct arena *arena, const char *text, braces_value *value, void *user)
{
    struct text out = {0};
    const char *whole;

    if (!text || !strchr(text, '{'))
        return text;
    while (*text) {
        size_t plain = strcspn(text, "{"), len;
        const char *known;

        text_add_n(&out, text, plain);
        text += plain;
        if (!*text)
            break;
        len = strcspn(text + 1, "}");
        known = text[1 + len] ? value(user, text + 1, len) : NULL;
        if (known) {
            text_add(&out, known);
            text += len + 2;
        } else {
            text_add_n(&out, text++, 1);
        }
    }
    whole = arena_text(arena, text_string(&out));
    text_fini(&out);
    return whole;
}
