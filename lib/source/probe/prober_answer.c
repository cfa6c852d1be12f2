/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a datagram is: the answer, a late or second one, one that belongs elsewhere, or damage. */
#include "prober_run.h"
#include <k8sdns/model/probe/answer.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <stdio.h>
#include <string.h>

void question_answered(struct group *group, struct question *q, const uint8_t *bytes, size_t len,
                       uint64_t arrived_real_ns, uint64_t arrived_mono_ns)
{
    /* The message itself is as large as whoever sent it likes, and goes again. */
    struct arena *passing = arena_new();
    struct probe_facts *facts = &q->facts;
    struct dns_message m;

    (void)!dns_message_parse(passing, bytes, len, &m); /* the message has its damage */
    facts->rtt_us = clock_elapsed_us(&q->sent, arrived_real_ns, arrived_mono_ns);
    answer_to_probe(group->run->arena, &m, len, q->type, facts);
    arena_free(passing);
    q->retry_over_tcp = facts->status == PROBE_TRUNCATED && facts->transport == TRANSPORT_UDP;
    q->open = false;
}

void question_failed(struct group *group, struct question *q, int status, const char *detail)
{
    if (!q->open)
        return;
    q->facts.status = status;
    if (detail)
        q->facts.detail = arena_text(group->run->arena, detail);
    q->open = false;
}

/* The question that a stray answer most likely meant: by its type, else the first that waits. */
static struct question *meant(struct group *group, const struct dns_message *m)
{
    struct question *first = NULL;

    for (size_t i = 0; i < group->questions_count; i++) {
        struct question *q = &group->questions[i];

        if (q->facts.transport != TRANSPORT_UDP)
            continue;
        if (m->question_count && m->questions[0].type == q->type &&
            dns_name_equal(m->questions[0].name, q->facts.candidate))
            return q;
        if (!first || (q->open && !first->open))
            first = q;
    }
    return first;
}

static void mismatch(struct group *group, struct question *q, enum mismatch_kind kind, const char *detail)
{
    if (!q) {
        group->run->matrix->stray++;
        return;
    }
    if (!q->facts.mismatches++)
        q->facts.mismatch = (int)kind;
    if (!q->facts.detail)
        q->facts.detail = arena_text(group->run->arena, detail);
}

/* The answer to the last try of what has been given up: one all the same where the run listens on. One that
 * is cut short is of no use by now. */
static bool is_late_answer(const struct group *group, const struct question *q, unsigned try_of_id,
                           const struct dns_message *m)
{
    return group->run->options->rest && try_of_id == q->tries && !q->open &&
           q->facts.status == PROBE_TIMEOUT && !m->tc;
}

void datagram_judge(struct group *group, const uint8_t *bytes, size_t len, const struct address *from,
                    uint64_t arrived_real_ns, uint64_t arrived_mono_ns)
{
    struct arena *scratch = arena_new();
    struct question *q = NULL;
    struct answer_wanted wanted;
    struct dns_message m;
    char detail[256], text[ADDRESS_TEXT];
    unsigned try_of_id = 0;

    if (dns_message_parse(scratch, bytes, len, &m) < 0 && len >= 2)
        m.id = (uint16_t)(bytes[0] << 8 | bytes[1]);
    for (size_t i = 0; i < group->questions_count && !q; i++) {
        struct question *candidate = &group->questions[i];

        for (unsigned t = 0; t < candidate->tries && candidate->facts.transport == TRANSPORT_UDP; t++) {
            if (candidate->ids[t] == m.id && len >= 2) {
                q = candidate;
                try_of_id = t + 1;
            }
        }
    }

    wanted = (struct answer_wanted){&group->target->where, q != NULL, q ? q->facts.candidate : NULL,
                                    q ? q->type : 0};
    switch (answer_classify(&m, from, &wanted)) {
    case ANSWER_FROM_ELSEWHERE:
        snprintf(detail, sizeof(detail), "an answer came from %s, not from %s",
                 address_format_port(from, text, sizeof(text)), group->target->id);
        mismatch(group, q ? q : meant(group, &m), MISMATCH_SOURCE, detail);
        break;
    case ANSWER_OF_OTHER_ID:
        q = meant(group, &m);
        snprintf(detail, sizeof(detail), "an answer came with the id %u, not %u", m.id,
                 q && q->tries ? q->ids[q->tries - 1] : 0);
        mismatch(group, q, MISMATCH_ID, detail);
        break;
    case ANSWER_IS_NONE:
        mismatch(group, q, MISMATCH_NO_ANSWER, "a message came that is no answer (its QR bit is not set)");
        break;
    case ANSWER_TO_OTHER:
        snprintf(detail, sizeof(detail), "an answer came to another question: %.180s",
                 m.question_count ? m.questions[0].name : "none");
        mismatch(group, q, MISMATCH_QUESTION, detail);
        break;
    case ANSWER_FITS:
        if (is_late_answer(group, q, try_of_id, &m)) {
            q->facts.late++;
            group->run->rest_answers++;
            question_answered(group, q, bytes, len, arrived_real_ns, arrived_mono_ns);
        } else if (try_of_id < q->tries || (!q->open && q->facts.status == PROBE_TIMEOUT))
            q->facts.late++;
        else if (!q->open)
            q->facts.duplicates++;
        else
            question_answered(group, q, bytes, len, arrived_real_ns, arrived_mono_ns);
        break;
    }
    arena_free(scratch);
}

struct question *question_of_query(struct group *group, const uint8_t *bytes, size_t len)
{
    size_t at = 12;

    while (at < len && bytes[at])
        at += 1 + (size_t)bytes[at];
    if (at + 4 >= len)
        return NULL;
    for (size_t i = 0; i < group->questions_count; i++) {
        struct question *q = &group->questions[i];

        if (q->facts.transport == TRANSPORT_TCP && q->type == (bytes[at + 1] << 8 | bytes[at + 2]))
            return q;
    }
    return NULL;
}
