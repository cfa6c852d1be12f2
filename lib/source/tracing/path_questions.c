/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "path_questions.h"
#include <ctype.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_words.h>

#define DNS_HEADER 12
/* As many as open exchanges, and those that have just ended. */
#define SLOTS 4096

struct path_questions {
    struct path_question slots[SLOTS]; /* by key */
};

struct path_questions *path_questions_new(struct arena *arena)
{
    return ARENA_NEW(arena, struct path_questions);
}

static size_t slot_of(uint64_t question, uint32_t id)
{
    return (question ^ question >> 32 ^ id) % SLOTS;
}

void path_questions_add(struct path_questions *questions, const struct path_question *question)
{
    struct path_question *slot = &questions->slots[slot_of(question->key.question, question->key.id)];

    *slot = *question;
    if (slot->len > PATH_BYTES_MAX)
        slot->len = PATH_BYTES_MAX;
}

const struct path_question *path_questions_find(const struct path_questions *questions,
                                                const struct path_event_key *key)
{
    const struct path_question *slot = &questions->slots[slot_of(key->question, key->id)];

    return slot->len && slot->key.question == key->question && slot->key.id == key->id ? slot : NULL;
}

bool path_questions_fits(const struct path_question *question, const struct path_filter *filter)
{
    size_t end = DNS_HEADER;

    while (end < question->len && question->bytes[end])
        end += question->bytes[end] + 1U;
    if (end >= question->len)
        return false;
    for (size_t at = DNS_HEADER; at + filter->name_len <= end; at += question->bytes[at] + 1U) {
        size_t i = 0;

        while (i < filter->name_len && tolower(question->bytes[at + i]) == filter->name[i])
            i++;
        if (i == filter->name_len && (at == DNS_HEADER || at + i == end))
            return true;
    }
    return false;
}

void path_questions_name(const struct path_questions *questions, struct arena *arena,
                         const struct path_event_key *key, struct path_packet_facts *packet)
{
    const struct path_question *question = path_questions_find(questions, key);
    struct dns_message message;
    char word[DNS_WORD];

    if (!question)
        return;
    /* What follows the question may have been left behind. */
    (void)!dns_message_parse(arena, question->bytes, question->len, &message);
    if (!message.question_count)
        return;
    packet->name = message.questions[0].name;
    packet->type = arena_text(arena, dns_type_word(message.questions[0].type, word));
    packet->id = message.id;
}
