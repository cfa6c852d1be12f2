/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "span_held.h"
#include <string.h>

static const char others[] = "(others)";

uint64_t span_text_hash(const char *text, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

uint16_t word_number(struct word_table *table, const char *text, size_t len)
{
    size_t slot;

    if (!table->count) {
        table->count = 1; /* "" */
        memcpy(table->words[WORDS_MAX - 1], others, sizeof(others));
    }
    if (!len)
        return 0;
    len = len < WORD_LEN_MAX ? len : WORD_LEN_MAX;
    for (slot = span_text_hash(text, len) % (2 * WORDS_MAX); table->slots[slot];
         slot = (slot + 1) % (2 * WORDS_MAX)) {
        const char *word = table->words[table->slots[slot] - 1];

        if (memcmp(word, text, len) == 0 && word[len] == '\0')
            return (uint16_t)(table->slots[slot] - 1);
    }
    if (table->count == WORDS_MAX - 1)
        return WORDS_MAX - 1;
    memcpy(table->words[table->count], text, len);
    table->slots[slot] = (uint16_t)(table->count + 1);
    return (uint16_t)table->count++;
}

const char *held_text(const struct held_trace *trace, enum held_text which)
{
    return trace->texts ? trace->texts + trace->starts[which] : "";
}
