/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a datagram is: the answer, a late or second one, one that belongs elsewhere, or damage. */
#include "prober_run.h"
#include <inttypes.h>
#include <k8sdns/model/rr_facts.h>
#include <k8sdns/wire/dns_message.h>
#include <k8sdns/wire/dns_name.h>
#include <k8sdns/wire/dns_words.h>
#include <stdio.h>
#include <string.h>

void question_answered(struct group *group, struct question *q, const uint8_t *bytes, size_t len,
                       uint64_t arrived_real_ns, uint64_t arrived_mono_ns)
{
    struct arena *arena = group->run->arena;
    struct probe_facts *facts = &q->facts;
    struct dns_message m;
    char word[DNS_WORD];
    int damaged;

    bytes = arena_copy(arena, bytes, len);
    damaged = dns_message_parse(arena, bytes, len, &m);
    facts->rtt_us = clock_elapsed_us(&q->sent, arrived_real_ns, arrived_mono_ns);
    facts->size = len;
    facts->authoritative = m.aa;
    /* A truncated answer may end anywhere: what counts is that it says so. */
    if (damaged < 0 && !m.tc) {
        facts->status = PROBE_MALFORMED;
        facts->detail = arena_printf(arena, "damaged at byte %zu of %zu: %s", m.damage_offset, len, m.damage);
    } else {
        facts->status = probe_status_of_message(&m, q->type);
        facts->rcode = arena_text(arena, dns_rcode_word(m.rcode, word));
        facts->nsid = m.edns.nsid;
        if (m.edns.ede_code >= 0)
            facts->detail = arena_printf(arena, "the server explains: extended error %d%s%s", m.edns.ede_code,
                                         m.edns.ede_text[0] ? ", " : "", m.edns.ede_text);
        if (facts->status == PROBE_ERROR)
            facts->detail = arena_printf(arena, "the server answers %s", facts->rcode);
    }
    facts->answers_count = rr_facts_from_message(arena, &m, DNS_ANSWER, &facts->answers);
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

static void mismatch(struct group *group, struct question *q, const char *detail)
{
    if (!q) {
        group->run->matrix->stray++;
        return;
    }
    q->facts.mismatches++;
    if (!q->facts.detail)
        q->facts.detail = arena_text(group->run->arena, detail);
}

void datagram_judge(struct group *group, const uint8_t *bytes, size_t len, const struct address *from,
                    uint64_t arrived_real_ns, uint64_t arrived_mono_ns)
{
    struct arena *scratch = arena_new();
    struct question *q = NULL;
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

    if (!address_equal(from, &group->target->where)) {
        snprintf(detail, sizeof(detail), "an answer came from %s, not from %s",
                 address_format_port(from, text, sizeof(text)), group->target->id);
        mismatch(group, q ? q : meant(group, &m), detail);
    } else if (!q) {
        q = meant(group, &m);
        snprintf(detail, sizeof(detail), "an answer came with the id %u, not %u", m.id,
                 q && q->tries ? q->ids[q->tries - 1] : 0);
        mismatch(group, q, detail);
    } else if (len >= 12 && !m.qr) {
        mismatch(group, q, "a message came that is no answer (its QR bit is not set)");
    } else if (len >= 12 && !dns_message_answers(&m, q->facts.candidate, q->type)) {
        snprintf(detail, sizeof(detail), "an answer came to another question: %.180s",
                 m.question_count ? m.questions[0].name : "none");
        mismatch(group, q, detail);
    } else if (try_of_id < q->tries || (!q->open && q->facts.status == PROBE_TIMEOUT)) {
        q->facts.late++;
    } else if (!q->open) {
        q->facts.duplicates++;
    } else {
        question_answered(group, q, bytes, len, arrived_real_ns, arrived_mono_ns);
    }
    arena_free(scratch);
}
