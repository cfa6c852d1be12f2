/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/shell_word.h>
#include <k8sdns/base/text.h>
#include <stdbool.h>
#include <string.h>

static bool is_plain(const char *text)
{
    /* zsh reads a word that begins with '=' as the path of a program. */
    if (!*text || *text == '=')
        return false;
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/:-%=,@+") ==
           strlen(text);
}

static const char *quote(struct arena *arena, const char *text, bool is_name)
{
    struct text out = {0};
    const char *word;

    if (is_plain(text))
        return text;
    text_add_char(&out, '\'', 1);
    for (; *text; text++) {
        if (*text == '\'')
            text_add(&out, "'\\''");
        else if (*text == '{' && is_name)
            text_add(&out, "'\\{'");
        else if ((unsigned char)*text >= 0x20 && *text != 0x7f)
            text_add_char(&out, *text, 1);
    }
    text_add_char(&out, '\'', 1);
    word = arena_text(arena, text_string(&out));
    text_fini(&out);
    return word;
}

const char *shell_word(struct arena *arena, const char *name)
{
    return name ? quote(arena, name + strspn(name, "-"), true) : NULL;
}

const char *shell_text(struct arena *arena, const char *text)
{
    return quote(arena, text, false);
}
