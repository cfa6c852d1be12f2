/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proc_word.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *proc_next_line(const char *at)
{
    at += strcspn(at, "\n");
    return *at ? at + 1 : at;
}

const char *proc_next_word(const char **at, size_t *ret_len)
{
    const char *word = *at + strspn(*at, " \t");

    *ret_len = strcspn(word, " \t\n");
    *at = word + *ret_len;
    return *ret_len ? word : NULL;
}

bool proc_is_word(const char *word, size_t len, const char *wanted)
{
    return strlen(wanted) == len && strncmp(word, wanted, len) == 0;
}

uint64_t proc_word_number(const char *word, size_t len, int base)
{
    char *end;
    uint64_t value;

    if (!word || *word == '-' || *word == '+')
        return PROC_UNSET;
    errno = 0;
    value = strtoull(word, &end, base);
    return end == word + len && errno == 0 ? value : PROC_UNSET;
}
