/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RR_FACTS_H
#define K8SDNS_MODEL_RR_FACTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/wire/dns/dns_message.h>

/* A resource record with the member names of RFC 8427 section 2.2. */
struct rr_facts {
    const char *name;
    uint64_t type;
    const char *type_name;
    uint64_t class;
    const char *class_name;
    uint64_t ttl;
    uint64_t rdlength;
    struct shape_keyed
        rdata; /* rdataA, rdataAAAA, ...: presentation form; none when it does not fit its type */
    const char *rdata_hex;
};

extern const struct shape rr_facts_shape;

/* Copy the records of one section into the arena. Return how many there are. */
size_t rr_facts_from_message(struct arena *arena, const struct dns_message *message, enum dns_section section,
                             struct rr_facts **ret_rrs);

/*
 * The first of them, RR_FACTS_MOST at most: a server may send thousands for each question. The message need
 * not outlive the facts. *ret_left_out is how many more there are.
 */
#define RR_FACTS_MOST 512
size_t rr_facts_of_answer(struct arena *arena, const struct dns_message *message, struct rr_facts **ret_rrs,
                          uint64_t *ret_left_out);

#endif
