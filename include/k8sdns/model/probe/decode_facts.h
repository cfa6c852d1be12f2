/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DECODE_FACTS_H
#define K8SDNS_MODEL_DECODE_FACTS_H

#include <k8sdns/model/probe/packet_facts.h>
#include <k8sdns/model/probe/rr_facts.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/wire/dns/message_input.h>
#include <stdbool.h>

/* A question, with the member names of RFC 8427. */
struct question_facts {
    const char *name;
    uint64_t type;
    const char *type_name;
    uint64_t class;
    const char *class_name;
};
extern const struct shape question_facts_shape;

struct edns_option_facts {
    uint64_t code;
    const char *hex;
};
extern const struct shape edns_option_facts_shape;

struct edns_facts {
    uint64_t version, udp_size;
    bool dnssec_ok;
    const char *nsid;
    uint64_t ede_code; /* unset without */
    const char *ede_text;
    struct edns_option_facts *options;
    size_t options_count;
};
extern const struct shape edns_facts_shape;

/* Where and why reading stopped. */
struct damage_facts {
    uint64_t offset;
    const char *reason;
};
extern const struct shape damage_facts_shape;

/* One message, as far as it could be read. */
struct decoded_message {
    int form;      /* enum message_form */
    uint64_t line; /* of the input, or of a capture the number of the packet; unset for raw octets */
    const char
        *packet; /* the UDP or TCP packet that it was in: "10.0.0.1:1 to 10.0.0.2:53, udp"; NULL for none */
    uint64_t length;
    bool tcp_prefix; /* two octets of length stood before it (RFC 1035 section 4.2.2) */
    const char *remark;
    uint64_t id;
    bool qr, aa, tc, rd, ra, ad, cd;
    uint64_t opcode;
    const char *opcode_name;
    uint64_t rcode;
    const char *rcode_name;
    uint64_t qdcount, ancount, nscount, arcount; /* as the header says */
    struct question_facts *questions;
    size_t questions_count;
    struct rr_facts *answers;
    size_t answers_count;
    struct rr_facts *authorities;
    size_t authorities_count;
    struct rr_facts *additionals;
    size_t additionals_count;
    struct edns_facts *edns;     /* NULL without */
    struct damage_facts *damage; /* NULL when it is whole */
    uint64_t trailing;           /* octets behind the message */
};
extern const struct shape decoded_message_shape;

/* `data` of the decode command. */
struct decode_facts {
    struct decoded_message *messages;
    size_t messages_count;
    uint64_t lines_skipped;
    struct packet_facts *packets; /* of a capture file; NULL for other input */
};
extern const struct shape decode_facts_shape;

/* Messages of a capture that are decoded whole; all are counted. */
#define DECODE_CAPTURE_MAX 200

/* Read the messages in `input`. Raw octets may be a run of messages, each behind its length, as on TCP. */
void decode_facts_make(struct arena *arena, const struct message_input *input,
                       struct decode_facts *ret_facts);

/* Read a capture file: its first messages whole, and all queries with their answers. */
void decode_facts_capture(struct arena *arena, struct packet_capture *capture,
                          struct decode_facts *ret_facts);

#endif
