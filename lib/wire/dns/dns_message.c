/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns_cursor.h"
#include "dns_rdata.h"
#include <ctype.h>
#include <errno.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

#define HEADER_LEN 12
/* Source: IANA "DNS EDNS0 Option Codes". */
#define OPTION_NSID 3
#define OPTION_EDE  15

static void read_header(struct dns_cursor *c, struct dns_message *m)
{
    uint16_t flags;

    m->id = dns_cursor_u16(c);
    flags = dns_cursor_u16(c);
    m->qr = flags & 0x8000;
    m->opcode = flags >> 11 & 15;
    m->aa = flags & 0x0400;
    m->tc = flags & 0x0200;
    m->rd = flags & 0x0100;
    m->ra = flags & 0x0080;
    m->ad = flags & 0x0020;
    m->cd = flags & 0x0010;
    m->rcode = flags & 15;
    for (size_t i = 0; i < 4; i++)
        m->counts[i] = dns_cursor_u16(c);
}

static void read_questions(struct arena *arena, struct dns_cursor *c, struct dns_message *m)
{
    struct dns_question *questions = NULL;
    char name[DNS_NAME_TEXT];

    for (size_t i = 0; i < m->counts[0] && !c->why; i++) {
        struct dns_question q;

        dns_cursor_name(c, name);
        q.type = dns_cursor_u16(c);
        q.class = dns_cursor_u16(c);
        if (c->why)
            break;
        q.name = arena_text(arena, name);
        *ARENA_PUSH(arena, questions, m->question_count) = q;
    }
    m->questions = questions;
}

static const char *printable(struct arena *arena, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isprint(bytes[i]))
            return arena_hex(arena, bytes, len);
    return arena_text_n(arena, (const char *)bytes, len);
}

/* Source: RFC 6891 section 6.1.2 and 6.1.3. */
static void read_opt(struct arena *arena, struct dns_cursor *outer, struct dns_message *m,
                     const struct dns_rr *rr)
{
    struct dns_cursor c = *outer;
    struct dns_edns_option *options = NULL;
    struct dns_edns *edns = &m->edns;

    edns->present = true;
    edns->udp_size = rr->class;
    edns->version = (uint8_t)(rr->ttl >> 16);
    edns->dnssec_ok = rr->ttl & 0x8000;
    m->rcode = (uint16_t)(m->rcode | (rr->ttl >> 24) << 4);
    c.at = rr->rdata_offset;
    c.end = rr->rdata_offset + rr->rdlength;
    while (c.at < c.end && !c.why) {
        struct dns_edns_option option = {.code = dns_cursor_u16(&c), .len = dns_cursor_u16(&c)};

        option.bytes = dns_cursor_take(&c, option.len);
        if (c.why)
            break;
        *ARENA_PUSH(arena, options, edns->option_count) = option;
        if (option.code == OPTION_NSID && option.len)
            edns->nsid = printable(arena, option.bytes, option.len);
        if (option.code == OPTION_EDE && option.len >= 2) {
            edns->ede_code = option.bytes[0] << 8 | option.bytes[1];
            edns->ede_text = printable(arena, option.bytes + 2, option.len - 2U);
        }
    }
    edns->options = options;
    if (c.why)
        dns_cursor_fail(outer, "an EDNS option runs past the end of its record", c.where);
}

static void read_section(struct arena *arena, struct dns_cursor *c, struct dns_message *m,
                         enum dns_section section)
{
    struct dns_rr *rrs = NULL;
    char name[DNS_NAME_TEXT];

    for (size_t i = 0; i < m->counts[section + 1] && !c->why; i++) {
        struct dns_rr rr = {0};

        if (c->at == c->end) {
            dns_cursor_fail(c, "the message ends before the records that its header counts", c->at);
            break;
        }
        dns_cursor_name(c, name);
        rr.type = dns_cursor_u16(c);
        rr.class = dns_cursor_u16(c);
        rr.ttl = dns_cursor_u32(c);
        rr.rdlength = dns_cursor_u16(c);
        rr.rdata_offset = c->at;
        if (!dns_cursor_take(c, rr.rdlength))
            break;
        rr.name = arena_text(arena, name);
        rr.rdata = dns_rdata_text(arena, m->bytes, m->len, rr.type, rr.class, rr.rdata_offset, rr.rdlength,
                                  &rr.misfit);
        if (rr.type == DNS_TYPE_OPT && section == DNS_ADDITIONAL && !m->edns.present)
            read_opt(arena, c, m, &rr);
        *ARENA_PUSH(arena, rrs, m->rr_count[section]) = rr;
    }
    m->rrs[section] = rrs;
}

int dns_message_parse(struct arena *arena, const uint8_t *bytes, size_t len, struct dns_message *ret_message)
{
    struct dns_message m = {.bytes = bytes, .len = len, .edns.ede_code = -1};
    struct dns_cursor c = {.bytes = bytes, .end = len, .len = len};

    if (len < HEADER_LEN)
        dns_cursor_fail(&c, "it is shorter than the 12 bytes of a DNS header", len);
    else
        read_header(&c, &m);
    if (!c.why)
        read_questions(arena, &c, &m);
    for (int section = DNS_ANSWER; section < DNS_SECTIONS && !c.why; section++)
        read_section(arena, &c, &m, (enum dns_section)section);
    m.damage = c.why;
    m.damage_offset = c.where;
    m.trailing = c.why ? 0 : len - c.at;
    *ret_message = m;
    return c.why ? -EBADMSG : 0;
}

bool dns_message_is_nodata(const struct dns_message *message, uint16_t type)
{
    if (message->rcode != DNS_NOERROR)
        return false;
    for (size_t i = 0; i < message->rr_count[DNS_ANSWER]; i++)
        if (type == DNS_TYPE_ANY || message->rrs[DNS_ANSWER][i].type == type)
            return false;
    return true;
}

bool dns_message_answers(const struct dns_message *m, const char *name, uint16_t type)
{
    if (!m->question_count)
        return m->counts[0] == 0 ? m->rcode != DNS_NOERROR : m->damage != NULL;
    return m->questions[0].type == type && dns_name_equal(m->questions[0].name, name);
}
