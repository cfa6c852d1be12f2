/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/diagnosis/finding_headline.h>
#include <stdbool.h>
#include <string.h>

static bool is_of_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* `len` bytes of `words` stand in `text`, and neither begin nor end within a word of it. */
static bool has_words(const char *text, const char *words, size_t len)
{
    for (const char *at = text; *at; at++)
        if (strncmp(at, words, len) == 0 && (at == text || !is_of_word(at[-1])) && !is_of_word(at[len]))
            return len > 0;
    return false;
}

const char *finding_headline(struct arena *arena, const char *title, const char *subject)
{
    size_t kind;

    if (!subject || !*subject || has_words(title, subject, strlen(subject)))
        return title;
    /* What kind of thing it is, of which the title speaks. */
    kind = strcspn(subject, " ");
    if (subject[kind] && has_words(title, subject, kind))
        subject += kind + 1;
    return arena_printf(arena, "%s: %s", title, subject);
}
