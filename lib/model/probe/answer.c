/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/probe/answer.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdio.h>
#include <string.h>

/* A head takes so many bytes. Source: RFC 1035, 4.1.1. */
#define HEAD 12

enum answer_fit answer_classify(const struct dns_message *m, const struct address *from,
                                const struct answer_wanted *wanted)
{
    if (wanted->server && (!from || !address_equal(from, wanted->server)))
        return ANSWER_FROM_ELSEWHERE;
    if (!wanted->is_id_known)
        return ANSWER_OF_OTHER_ID;
    if (m->len >= HEAD && !m->qr)
        return ANSWER_IS_NONE;
    if (m->len >= HEAD && !dns_message_answers(m, wanted->name, wanted->type))
        return ANSWER_TO_OTHER;
    return ANSWER_FITS;
}

static int status_of_rcode(const struct dns_message *m, uint16_t type)
{
    switch (m->rcode) {
    case DNS_NOERROR:
        return m->tc ? PROBE_TRUNCATED : dns_message_is_nodata(m, type) ? PROBE_NODATA : PROBE_ANSWER;
    case DNS_FORMERR:
        return PROBE_FORMERR;
    case DNS_SERVFAIL:
        return PROBE_SERVFAIL;
    case DNS_NXDOMAIN:
        return m->tc ? PROBE_TRUNCATED : PROBE_NXDOMAIN;
    case DNS_NOTIMP:
        return PROBE_NOTIMP;
    case DNS_REFUSED:
        return PROBE_REFUSED;
    default:
        return PROBE_ERROR;
    }
}

int answer_status(const struct dns_message *m, uint16_t type)
{
    return m->damage && !m->tc ? PROBE_MALFORMED : status_of_rcode(m, type);
}

const char *answer_detail(struct arena *arena, const struct dns_message *m, uint16_t type)
{
    char word[DNS_WORD];
    int status = answer_status(m, type);

    if (status == PROBE_MALFORMED)
        return arena_printf(arena, "damaged at byte %zu of %zu: %s", m->damage_offset, m->len, m->damage);
    if (status == PROBE_ERROR)
        return arena_printf(arena, "the server answers %s", dns_rcode_word(m->rcode, word));
    if (m->edns.ede_code >= 0)
        return arena_printf(arena, "the server explains: extended error %d%s%s", m->edns.ede_code,
                            m->edns.ede_text[0] ? ", " : "", m->edns.ede_text);
    return NULL;
}

/* From when on a serial can be a Unix time. */
#define SERIAL_TIME_MIN 1000000000
/* What an SOA record ends in: serial, refresh, retry, expire, minimum. Source: RFC 1035, 3.3.13. */
#define SOA_TAIL 20

uint32_t answer_service_serial(const struct dns_message *m)
{
    const char *name = m->question_count ? m->questions[0].name : NULL;

    if (!name || m->damage || m->tc || m->rr_count[DNS_ANSWER])
        return 0;
    for (size_t i = 0; i < m->rr_count[DNS_AUTHORITY]; i++) {
        const struct dns_rr *rr = &m->rrs[DNS_AUTHORITY][i];
        char services[DNS_NAME_TEXT + 8];
        const uint8_t *at;

        if (rr->type != DNS_TYPE_SOA || rr->misfit || rr->rdlength < SOA_TAIL)
            continue;
        snprintf(services, sizeof(services), "svc.%s", rr->name);
        if (!dns_name_is_within(name, strlen(name), services))
            return 0;
        at = m->bytes + rr->rdata_offset + rr->rdlength - SOA_TAIL;
        return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    return 0;
}

bool serial_is_behind(uint64_t serial, uint64_t newest)
{
    return serial >= SERIAL_TIME_MIN && newest > serial && newest - serial > SERIAL_BEHIND_S;
}

void answer_to_probe(struct arena *arena, const struct dns_message *m, size_t len, uint16_t type,
                     struct probe_facts *facts)
{
    uint32_t serial = answer_service_serial(m);
    const char *detail = answer_detail(arena, m, type);
    char word[DNS_WORD];

    facts->size = len;
    facts->authoritative = m->aa;
    facts->serial = serial ? serial : SHAPE_UNSET;
    facts->status = answer_status(m, type);
    facts->detail = detail ? arena_text(arena, detail) : NULL;
    if (facts->status != PROBE_MALFORMED) {
        facts->rcode = arena_text(arena, dns_rcode_word(m->rcode, word));
        facts->nsid = m->edns.nsid ? arena_text(arena, m->edns.nsid) : NULL;
    }
    facts->answers_count = rr_facts_of_answer(arena, m, &facts->answers, &facts->answers_left_out);
}
