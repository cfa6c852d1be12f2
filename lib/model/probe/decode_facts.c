/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/probe/decode_facts.h>
#include <k8sdns/wire/capture/packet.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_words.h>

static const struct shape_field question_fields[] = {
    SHAPE_FIELD_TEXT(struct question_facts, name, "QNAME", "name asked for, absolute, in text"),
    SHAPE_FIELD_COUNT(struct question_facts, type, "QTYPE", "number of the type"),
    SHAPE_FIELD_TEXT(struct question_facts, type_name, "QTYPEname", "mnemonic of the type"),
    SHAPE_FIELD_COUNT(struct question_facts, class, "QCLASS", "number of the class"),
    SHAPE_FIELD_TEXT(struct question_facts, class_name, "QCLASSname", "mnemonic of the class"),
};
const struct shape question_facts_shape = SHAPE(struct question_facts, question_fields, "question");

static const struct shape_field option_fields[] = {
    SHAPE_FIELD_COUNT(struct edns_option_facts, code, "code", "number of the option"),
    SHAPE_FIELD_TEXT(struct edns_option_facts, hex, "hex", "its bytes"),
};
const struct shape edns_option_facts_shape = SHAPE(struct edns_option_facts, option_fields, "edns_option");

static const struct shape_field edns_fields[] = {
    SHAPE_FIELD_COUNT(struct edns_facts, version, "version", "EDNS version"),
    SHAPE_FIELD_COUNT(struct edns_facts, udp_size, "udp_size", "bytes that the sender takes over UDP"),
    SHAPE_FIELD_BOOL(struct edns_facts, dnssec_ok, "do", "the DO bit"),
    SHAPE_FIELD_TEXT(struct edns_facts, nsid, "nsid", "the server's identity; an empty one is an echo: null"),
    SHAPE_FIELD_COUNT(struct edns_facts, ede_code, "ede_code", "extended DNS error (RFC 8914)"),
    SHAPE_FIELD_TEXT(struct edns_facts, ede_text, "ede_text", "its text"),
    SHAPE_FIELD_OBJECTS(struct edns_facts, options, "options", &edns_option_facts_shape, "all options"),
};
const struct shape edns_facts_shape = SHAPE(struct edns_facts, edns_fields, "edns");

static const struct shape_field damage_fields[] = {
    SHAPE_FIELD_COUNT(struct damage_facts, offset, "offset", "byte of the message, from 0"),
    SHAPE_FIELD_TEXT(struct damage_facts, reason, "reason", "what is wrong there"),
};
const struct shape damage_facts_shape = SHAPE(struct damage_facts, damage_fields, "damage");

static const struct shape_field message_fields[] = {
    SHAPE_FIELD_WORD(struct decoded_message, form, "form", message_form_names, "how it was written"),
    SHAPE_FIELD_COUNT(struct decoded_message, line, "line",
                      "of the input, where it begins; of a capture the number of the packet"),
    SHAPE_FIELD_TEXT(struct decoded_message, packet, "packet",
                     "what it was inside of: a UDP packet, a TCP packet; null for the message alone"),
    SHAPE_FIELD_COUNT(struct decoded_message, length, "length", "bytes"),
    SHAPE_FIELD_BOOL(struct decoded_message, tcp_prefix, "tcp_prefix", "it stood behind its length"),
    SHAPE_FIELD_TEXT(struct decoded_message, remark, "remark", "what is wrong with the text it came in"),
    SHAPE_FIELD_COUNT(struct decoded_message, id, "ID", "message id"),
    SHAPE_FIELD_BOOL(struct decoded_message, qr, "QR", "it is a response"),
    SHAPE_FIELD_COUNT(struct decoded_message, opcode, "Opcode", "number of the opcode"),
    SHAPE_FIELD_TEXT(struct decoded_message, opcode_name, "Opcodename", "mnemonic of the opcode"),
    SHAPE_FIELD_BOOL(struct decoded_message, aa, "AA", "authoritative answer"),
    SHAPE_FIELD_BOOL(struct decoded_message, tc, "TC", "truncated"),
    SHAPE_FIELD_BOOL(struct decoded_message, rd, "RD", "recursion desired"),
    SHAPE_FIELD_BOOL(struct decoded_message, ra, "RA", "recursion available"),
    SHAPE_FIELD_BOOL(struct decoded_message, ad, "AD", "authentic data"),
    SHAPE_FIELD_BOOL(struct decoded_message, cd, "CD", "checking disabled"),
    SHAPE_FIELD_COUNT(struct decoded_message, rcode, "RCODE", "response code, with EDNS's upper bits"),
    SHAPE_FIELD_TEXT(struct decoded_message, rcode_name, "RCODEname", "mnemonic of the response code"),
    SHAPE_FIELD_COUNT(struct decoded_message, qdcount, "QDCOUNT", "questions, as the header counts"),
    SHAPE_FIELD_COUNT(struct decoded_message, ancount, "ANCOUNT", "answers, as the header counts"),
    SHAPE_FIELD_COUNT(struct decoded_message, nscount, "NSCOUNT", "authority records, likewise"),
    SHAPE_FIELD_COUNT(struct decoded_message, arcount, "ARCOUNT", "additional records, likewise"),
    SHAPE_FIELD_OBJECTS(struct decoded_message, questions, "questionRRs", &question_facts_shape,
                        "queries read"),
    SHAPE_FIELD_OBJECTS(struct decoded_message, answers, "answerRRs", &rr_facts_shape, "answers read"),
    SHAPE_FIELD_OBJECTS(struct decoded_message, authorities, "authorityRRs", &rr_facts_shape,
                        "authority records read"),
    SHAPE_FIELD_OBJECTS(struct decoded_message, additionals, "additionalRRs", &rr_facts_shape,
                        "additional records read, OPT among them"),
    SHAPE_FIELD_POINTER(struct decoded_message, edns, "edns", &edns_facts_shape, "what the OPT record says"),
    SHAPE_FIELD_POINTER(struct decoded_message, damage, "damage", &damage_facts_shape,
                        "where reading stopped; null when the message is whole"),
    SHAPE_FIELD_COUNT(struct decoded_message, trailing, "trailing", "bytes behind the last record"),
};
const struct shape decoded_message_shape = SHAPE(struct decoded_message, message_fields, "message");

static const struct shape_field decode_fields[] = {
    SHAPE_FIELD_OBJECTS(struct decode_facts, messages, "messages", &decoded_message_shape,
                        "in the input's order; RFC 8427 names what is in them"),
    SHAPE_FIELD_POINTER(struct decode_facts, packets, "packets", &packet_facts_shape,
                        "queries with their answers, of a packet capture; null for other input"),
    SHAPE_FIELD_COUNT(struct decode_facts, lines_skipped, "lines_skipped",
                      "lines of the input that belong to no dump"),
};
const struct shape decode_facts_shape = SHAPE(struct decode_facts, decode_fields, "decode");

static struct edns_facts *make_edns(struct arena *arena, const struct dns_edns *edns)
{
    struct edns_facts *facts = ARENA_NEW(arena, struct edns_facts);

    *facts = (struct edns_facts){
        .version = edns->version,
        .udp_size = edns->udp_size,
        .dnssec_ok = edns->dnssec_ok,
        .nsid = edns->nsid,
        .ede_code = edns->ede_code < 0 ? SHAPE_UNSET : (uint64_t)edns->ede_code,
        .ede_text = edns->ede_text,
    };
    for (size_t i = 0; i < edns->option_count; i++)
        *ARENA_PUSH(arena, facts->options, facts->options_count) = (struct edns_option_facts){
            edns->options[i].code, arena_hex(arena, edns->options[i].bytes, edns->options[i].len)};
    return facts;
}

static void make_questions(struct arena *arena, const struct dns_message *message,
                           struct decoded_message *facts)
{
    char word[DNS_WORD];

    for (size_t i = 0; i < message->question_count; i++) {
        const struct dns_question *q = &message->questions[i];
        struct question_facts *question = ARENA_PUSH(arena, facts->questions, facts->questions_count);

        question->name = q->name;
        question->type = q->type;
        question->type_name = arena_text(arena, dns_type_word(q->type, word));
        question->class = q->class;
        question->class_name = arena_text(arena, dns_class_word(q->class, word));
    }
}

static void make_message(struct arena *arena, const struct dns_message *m, struct decoded_message *facts)
{
    char word[DNS_WORD];

    facts->length = m->len;
    facts->id = m->id;
    facts->qr = m->qr;
    facts->aa = m->aa;
    facts->tc = m->tc;
    facts->rd = m->rd;
    facts->ra = m->ra;
    facts->ad = m->ad;
    facts->cd = m->cd;
    facts->opcode = m->opcode;
    facts->opcode_name = arena_text(arena, dns_opcode_word(m->opcode, word));
    facts->rcode = m->rcode;
    facts->rcode_name = arena_text(arena, dns_rcode_word(m->rcode, word));
    facts->qdcount = m->counts[0];
    facts->ancount = m->counts[1];
    facts->nscount = m->counts[2];
    facts->arcount = m->counts[3];
    make_questions(arena, m, facts);
    facts->answers_count = rr_facts_from_message(arena, m, DNS_ANSWER, &facts->answers);
    facts->authorities_count = rr_facts_from_message(arena, m, DNS_AUTHORITY, &facts->authorities);
    facts->additionals_count = rr_facts_from_message(arena, m, DNS_ADDITIONAL, &facts->additionals);
    if (m->edns.present)
        facts->edns = make_edns(arena, &m->edns);
    if (m->damage) {
        facts->damage = ARENA_NEW(arena, struct damage_facts);
        *facts->damage = (struct damage_facts){m->damage_offset, m->damage};
    }
    facts->trailing = m->trailing;
}

/* The length that a TCP prefix at `bytes` gives, when a header's worth of octets can follow; else 0. */
static size_t prefixed_length(const uint8_t *bytes, size_t len)
{
    size_t prefix = len >= 2 ? (size_t)bytes[0] << 8 | bytes[1] : 0;

    return prefix >= 12 && prefix <= len - 2 ? prefix : 0;
}

/*
 * Octets are a message or, when they make none that is whole and ends where they end, perhaps messages behind
 * their lengths: then they must add up.
 */
static bool is_framed(struct arena *arena, const struct octet_block *block)
{
    struct dns_message message;
    size_t at = 0;

    if (!prefixed_length(block->bytes, block->len) ||
        (dns_message_parse(arena, block->bytes, block->len, &message) == 0 && message.trailing == 0))
        return false;
    while (at < block->len) {
        size_t prefix = prefixed_length(block->bytes + at, block->len - at);

        if (!prefix)
            return false;
        at += 2 + prefix;
    }
    return true;
}

/* The message inside of a packet, where the octets are one; `ret` is then a view of them. */
static bool unpack(struct arena *arena, const struct octet_block *block, struct octet_block *ret,
                   bool *ret_tcp)
{
    struct transport_segment segment;
    struct dns_message message;
    uint8_t protocol;

    if ((dns_message_parse(arena, block->bytes, block->len, &message) == 0 && message.trailing == 0) ||
        !packet_dns(block->bytes, block->len, &segment, &protocol))
        return false;
    *ret = *block;
    ret->bytes = block->bytes + (segment.data - block->bytes);
    ret->len = segment.len;
    *ret_tcp = protocol == PACKET_TCP;
    return true;
}

static void decode_block(struct arena *arena, const struct octet_block *whole, struct decode_facts *facts)
{
    struct octet_block inner;
    bool tcp = false, packet = unpack(arena, whole, &inner, &tcp), framed;
    const struct octet_block *block = packet ? &inner : whole;
    size_t at = 0;

    framed = is_framed(arena, block);
    do {
        const uint8_t *from = block->bytes + at + (framed ? 2 : 0);
        size_t len = framed ? prefixed_length(block->bytes + at, block->len - at) : block->len;
        struct decoded_message *message = ARENA_PUSH(arena, facts->messages, facts->messages_count);
        struct dns_message parsed;

        message->form = block->form;
        message->line = block->line ? block->line : SHAPE_UNSET;
        message->tcp_prefix = framed;
        message->remark = block->remark;
        message->packet = packet ? tcp ? "a TCP packet" : "a UDP packet" : NULL;
        (void)!dns_message_parse(arena, from, len, &parsed); /* damage is told in the facts */
        make_message(arena, &parsed, message);
        at += framed ? 2 + len : len;
    } while (at < block->len);
}

void decode_facts_make(struct arena *arena, const struct message_input *input, struct decode_facts *ret_facts)
{
    *ret_facts = (struct decode_facts){.lines_skipped = input->skipped};
    for (size_t i = 0; i < input->blocks_count; i++)
        decode_block(arena, &input->blocks[i], ret_facts);
}

struct capture_reader {
    struct arena *arena;
    struct decode_facts *facts;
};

static void take_message(void *user, const struct packet_message *found)
{
    struct capture_reader *reader = user;
    struct decoded_message *message;
    struct dns_message parsed;
    uint8_t *bytes;

    if (reader->facts->messages_count == DECODE_CAPTURE_MAX) {
        reader->facts->packets->messages_left_out++;
        return;
    }
    bytes = arena_copy(reader->arena, found->bytes, found->len);
    message = ARENA_PUSH(reader->arena, reader->facts->messages, reader->facts->messages_count);
    message->form = OCTETS_CAPTURE;
    message->line = found->packet;
    message->tcp_prefix = found->tcp;
    message->packet = found->tcp ? "a TCP packet" : "a UDP packet";
    (void)!dns_message_parse(reader->arena, bytes, found->len, &parsed); /* damage is told in the facts */
    make_message(reader->arena, &parsed, message);
}

void decode_facts_capture(struct arena *arena, struct packet_capture *capture, struct decode_facts *ret_facts)
{
    struct capture_reader reader = {arena, ret_facts};

    *ret_facts = (struct decode_facts){.packets = ARENA_NEW(arena, struct packet_facts)};
    packet_facts_make(arena, capture, take_message, &reader, ret_facts->packets);
}
