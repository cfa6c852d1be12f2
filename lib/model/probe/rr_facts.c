/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/probe/rr_facts.h>
#include <k8sdns/wire/dns/dns_words.h>

static const struct shape_field fields[] = {
    SHAPE_FIELD_NAME(struct rr_facts, name, "NAME", "owner, absolute, in text"),
    SHAPE_FIELD_COUNT(struct rr_facts, type, "TYPE", "number of the type"),
    SHAPE_FIELD_NAME(struct rr_facts, type_name, "TYPEname", "mnemonic of the type"),
    SHAPE_FIELD_COUNT(struct rr_facts, class, "CLASS", "number of the class"),
    SHAPE_FIELD_TEXT(struct rr_facts, class_name, "CLASSname", "mnemonic of the class"),
    SHAPE_FIELD_COUNT(struct rr_facts, ttl, "TTL", "seconds"),
    SHAPE_FIELD_COUNT(struct rr_facts, rdlength, "RDLENGTH", "bytes of rdata"),
    SHAPE_FIELD_KEYED(struct rr_facts, rdata, "rdata",
                      "rdata in presentation form; absent when it does not fit its type or has no such form"),
    SHAPE_FIELD_TEXT(struct rr_facts, rdata_hex, "RDATAHEX", "rdata in hex, names in it as they came"),
};
const struct shape rr_facts_shape = SHAPE(struct rr_facts, fields, "rr");

static size_t make(struct arena *arena, const struct dns_message *message, enum dns_section section,
                   size_t count, struct rr_facts **ret_rrs)
{
    struct rr_facts *rrs = arena_array(arena, count, sizeof(*rrs));
    char word[DNS_WORD];

    for (size_t i = 0; i < count; i++) {
        const struct dns_rr *rr = &message->rrs[section][i];
        struct rr_facts *facts = &rrs[i];

        facts->name = arena_text(arena, rr->name);
        facts->type = rr->type;
        facts->type_name = arena_text(arena, dns_type_word(rr->type, word));
        facts->class = rr->class;
        facts->class_name = arena_text(arena, dns_class_word(rr->class, word));
        facts->ttl = rr->ttl;
        facts->rdlength = rr->rdlength;
        facts->rdata.name = facts->type_name;
        facts->rdata.text = rr->misfit ? NULL : arena_text(arena, rr->rdata);
        facts->rdata_hex = arena_hex(arena, message->bytes + rr->rdata_offset, rr->rdlength);
    }
    *ret_rrs = rrs;
    return count;
}

size_t rr_facts_from_message(struct arena *arena, const struct dns_message *message, enum dns_section section,
                             struct rr_facts **ret_rrs)
{
    return make(arena, message, section, message->rr_count[section], ret_rrs);
}

size_t rr_facts_of_answer(struct arena *arena, const struct dns_message *message, struct rr_facts **ret_rrs,
                          uint64_t *ret_left_out)
{
    size_t all = message->rr_count[DNS_ANSWER], count = all < RR_FACTS_MOST ? all : RR_FACTS_MOST;

    *ret_left_out = all - count;
    return make(arena, message, DNS_ANSWER, count, ret_rrs);
}
