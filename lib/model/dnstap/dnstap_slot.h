/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DNSTAP_SLOT_H
#define K8SDNS_MODEL_DNSTAP_SLOT_H

#include "dnstap_tally.h"
#include <k8sdns/model/dnstap/dnstap_table.h>
#include <k8sdns/wire/dns/dns_head.h>

/*
 * The inside of a table: dnstap_table.c keeps the slots, dnstap_match.c finds whose a frame is,
 * dnstap_judge.c says what became of a query.
 */
#define DNSTAP_NOBODY UINT32_MAX

/* An open client query, or what was seen of one. */
struct dnstap_slot {
    uint64_t key;
    uint32_t next, previous; /* of its bucket */
    uint32_t older, newer;   /* by birth */
    uint32_t source;
    uint64_t born_us; /* by the table's time */
    uint64_t serial;
    uint64_t query_ns, response_ns, forward_ns; /* 0: not known */
    uint64_t queries_then, others_then;         /* of its source, at birth */
    struct address client, upstream;
    uint64_t client_us, upstream_us; /* unset without */
    uint32_t tries, replies;         /* FORWARDER_QUERY, FORWARDER_RESPONSE */
    uint16_t type;
    uint8_t protocol, rcode;
    bool asked, answered; /* CLIENT_QUERY, CLIENT_RESPONSE were seen */
    bool has_message;     /* of the answer: the rcode is known */
    bool repeats;         /* the same from the same socket had waited in vain before */
    bool repeated;        /* the same came again after a wait */
    uint8_t zone_len;     /* of query_zone; 0 for none */
    uint8_t name_len;     /* 0: no question */
    uint8_t name[DNS_NAME_WIRE_MAX];
    uint8_t zone[DNS_NAME_WIRE_MAX];
};

enum dnstap_kept {
    KEPT_SILENT,
    KEPT_SERVER_MADE,
    KEPT_STUCK,
    KEPT_ERROR,
    KEPT_SLOW,
    KEPT_KINDS,
};

struct dnstap_table {
    struct dnstap_table_options options;
    struct arena *arena;
    struct dnstap_tally *tally;

    struct dnstap_slot *slots;
    size_t used; /* slots that were ever used: those beyond are not touched */
    uint32_t free, oldest, newest;
    uint32_t *buckets;
    size_t bucket_mask;

    uint64_t now_us, serial;
    bool leaping; /* the last frame's time leapt */
    uint64_t leap_serial;
    uint64_t lost_serial; /* slots up to this one were open when frames were lost */

    uint64_t dropped, expired, unsure, guessed, lone_responses, lone_forwards, nameless, damaged, slow;
    struct arena *told_arena;
    struct dnstap_session_facts *told;
    size_t told_count;
    bool taken; /* they were, and give way to the next */
    struct dnstap_session_facts *kept;
    size_t kept_count, kept_by[KEPT_KINDS];
};

/* A frame, read. */
struct dnstap_tap {
    struct dnstap_message message;
    struct dns_head head;
    uint32_t source;
    uint64_t key;
    bool named; /* it has a message with a question */
};

/* What slots are found by: the server and the id of the message, or without one the client. */
void dnstap_tap_key(struct dnstap_tap *tap);

/* Whose a frame is: the slot, or DNSTAP_NOBODY. */
/* The open query that an answer to a client is for. */
uint32_t dnstap_find_asked(struct dnstap_table *table, const struct dnstap_tap *tap);
/* What came before its query: of servers that tell in any order. */
uint32_t dnstap_find_unasked(struct dnstap_table *table, const struct dnstap_tap *tap);
/* The query that a forwarder frame belongs to; `reply` for a FORWARDER_RESPONSE. */
uint32_t dnstap_find_forwarded(struct dnstap_table *table, const struct dnstap_tap *tap, bool reply);
/* Mark those that a query repeats after a wait. Return whether there are any. */
bool dnstap_mark_repeated(struct dnstap_table *table, const struct dnstap_tap *tap);

/* Why a query is judged. */
enum dnstap_end {
    END_ANSWERED,
    END_EXPIRED,
    END_PUSHED_OUT,
    END_OF_STREAM,
    END_STOPPED,
};

/* Judge a slot, count it and tell of it. It stays to be given back. */
void dnstap_judge(struct dnstap_table *table, const struct dnstap_slot *slot, enum dnstap_end end);

#endif
