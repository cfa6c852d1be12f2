/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/suggest.h>
#include <string.h>

/* Longer words are no typing errors of ours. */
#define WORD_MAX 40

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, or swap two neighbours, each for one. */
size_t suggest_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b), d[WORD_MAX + 1][WORD_MAX + 1];

    if (la > WORD_MAX || lb > WORD_MAX)
        return WORD_MAX;
    for (size_t i = 0; i <= la; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= lb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        for (size_t j = 1; j <= lb; j++) {
            d[i][j] =
                least(least(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[la][lb];
}

const char *suggest_word(const char *typed, const char *const *words)
{
    size_t best = strlen(typed) / 3 + 1;
    const char *found = NULL;

    for (; *words; words++) {
        size_t n = suggest_distance(typed, *words);

        /* What was typed may also be the beginning of the word. */
        if (strlen(typed) >= 3 && strncmp(*words, typed, strlen(typed)) == 0)
            n = 1;
        if (n < best || (n == best && !found)) {
            best = n;
            found = *words;
        }
    }
    return found;
}
