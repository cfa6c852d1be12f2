/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_DNS_MESSAGE_H
#define K8SDNS_WIRE_DNS_MESSAGE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A DNS message (RFC 1035 section 4, EDNS of RFC 6891), read as far as it goes.
 *
 *      0  id | 2 flags | 4 qdcount | 6 ancount | 8 nscount | 10 arcount
 *     12  questions: name type class
 *         records:   name type class ttl rdlength rdata
 *
 * A damaged message is a fact, not an error: what stands before the damage is given, with the offset and
 * the reason of the first damage.
 */
#define DNS_PORT        53 /* of servers, over UDP and TCP. Source: RFC 1035, 4.2 */
#define DNS_MESSAGE_MAX 65535

/* Names in text, RFC 1035 section 5.1 with \DDD: absolute, with the final dot ("." for the root). */
struct dns_question {
    const char *name;
    uint16_t type, class;
};

enum dns_section {
    DNS_ANSWER,
    DNS_AUTHORITY,
    DNS_ADDITIONAL,
    DNS_SECTIONS,
};

struct dns_rr {
    const char *name;
    uint16_t type, class;
    uint32_t ttl; /* seconds */
    uint16_t rdlength;
    size_t rdata_offset; /* of the rdata in the message; names in it may be compressed */
    /*
     * The rdata in presentation form ("10.96.0.1", "10 mail.example."); the generic form of RFC 3597
     * ("\# 4 0a000001") for a type without one, and for rdata that does not fit its type (`odd` is set).
     */
    const char *rdata;
    bool misfit;
};

struct dns_edns_option {
    uint16_t code, len;
    const uint8_t *bytes; /* into the message */
};

/* From the OPT record. */
struct dns_edns {
    bool present;
    uint8_t version;
    bool dnssec_ok;
    uint16_t udp_size;
    size_t option_count;
    const struct dns_edns_option *options;
    /* NSID (RFC 5001), in text when it is printable, else in hex; NULL when there is none or an empty one,
     * which is a server's echo of the question and no identity. */
    const char *nsid;
    /* Extended DNS error (RFC 8914); ede_code is -1 when there is none. */
    int ede_code;
    const char *ede_text;
};

struct dns_message {
    const uint8_t *bytes;
    size_t len;
    uint16_t id;
    bool qr, aa, tc, rd, ra, ad, cd;
    uint8_t opcode;
    uint16_t rcode;     /* with the upper bits of the OPT record */
    uint16_t counts[4]; /* as the header says: qdcount, ancount, nscount, arcount */
    size_t question_count;
    const struct dns_question *questions;
    size_t rr_count[DNS_SECTIONS]; /* as really read */
    const struct dns_rr *rrs[DNS_SECTIONS];
    struct dns_edns edns;
    const char *damage;   /* NULL, or why reading stopped: "the name at 12 runs past the end" */
    size_t damage_offset; /* where */
    size_t trailing;      /* bytes behind the last record */
};

/*
 * Read `len` bytes. `*ret_message` is filled in any case (an empty one for no bytes); it points into
 * `bytes`, which must outlive it, and into the arena. Linear in `len`: compression pointers only lead
 * backwards and a name has at most 255 octets.
 * Return 0, or -EBADMSG when the message is damaged.
 */
int dns_message_parse(struct arena *arena, const uint8_t *bytes, size_t len,
                      struct dns_message *ret_message) MUST_USE;

/* NOERROR with no record of the asked type in the answer, whatever CNAMEs led there (RFC 2308 section 2.2).
 */
bool dns_message_is_nodata(const struct dns_message *message, uint16_t type);

/*
 * It is about this question. An error without a question section (as some servers send FORMERR and REFUSED)
 * answers any, and so does a message that is damaged before its question.
 */
bool dns_message_answers(const struct dns_message *message, const char *name, uint16_t type);

/* A query to be written. */
struct dns_query {
    const char *name; /* text; absolute whether or not it ends in a dot */
    uint16_t type, class;
    uint16_t id;
    bool rd;
    uint16_t udp_size; /* 0: no EDNS */
    bool nsid;         /* ask for the server's identity (needs EDNS; udp_size 0 then counts as 1232) */
};

/*
 * Write a query. Return its length, -EINVAL for a name that cannot be sent (an empty or 64-byte label, over
 * 255 octets, a bad escape), with a message that says which, or -ENOBUFS when `size` is too small
 * (512 is always enough).
 */
int dns_query_build(const struct dns_query *query, uint8_t *out, size_t size, struct err *err) MUST_USE;

#endif
