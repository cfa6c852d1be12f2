/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_PACKET_FACTS_H
#define K8SDNS_MODEL_PACKET_FACTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/wire/capture/packet_capture.h>

/* What became of a query in a capture. */
enum exchange_result {
    EXCHANGE_ANSWERED,
    EXCHANGE_UNANSWERED, /* nothing came within PACKET_PATIENCE_NS, and the capture went on */
    EXCHANGE_UNFINISHED, /* the capture ended too soon to tell */
    EXCHANGE_LONE,       /* an answer whose query is not in the capture */
};
extern const char *const exchange_result_names[];

/* Resolvers wait at most so long for an answer before they give a query up (resolv.conf(5): 5 s). */
#define PACKET_PATIENCE_NS UINT64_C(5000000000)

/* A query, as the client's side has it: with its repetitions (same socket, id and question) and its answer.
 */
struct packet_exchange {
    const char *time;            /* of the first query; of the answer where it is alone; NULL without times */
    const char *client, *server; /* addresses with ports */
    const char *transport;       /* "udp", "tcp" */
    uint64_t id;
    const char *name, *type; /* NULL where there is no question */
    int result;              /* enum exchange_result */
    const char *rcode;       /* NULL without an answer */
    bool truncated;
    uint64_t tries;       /* queries on the wire */
    uint64_t latency_us;  /* from the first query to the answer; unset without */
    uint64_t last_try_us; /* from the last query before the answer; unset without */
    uint64_t duplicates;  /* further answers */
    uint64_t size;        /* of the answer in bytes; unset without */
    uint64_t fragments;   /* that the answer came in; 0 for a whole packet */
};
extern const struct shape packet_exchange_shape;

/* What a capture file holds of DNS. */
struct packet_facts {
    uint64_t packets, dns_messages;
    uint64_t queries; /* exchanges, each once */
    uint64_t answered, unanswered, unfinished, lone;
    uint64_t retried;                    /* queries that were sent more than once */
    uint64_t repeated;                   /* packets that are the same one, seen at another interface */
    uint64_t fragmented, fragments_lost; /* datagrams put together, and those that lack a piece */
    uint64_t stream_gaps;                /* places where a TCP stream lacks a piece */
    uint64_t cut;                        /* packets that the capture has only the beginning of (tcpdump -s) */
    uint64_t damaged;                    /* messages that cannot be read */
    uint64_t messages_left_out, exchanges_left_out;
    uint64_t p50_us, p99_us, max_us; /* latency; unset without answers */
    struct shape_tally *rcodes;
    size_t rcodes_count;
    struct packet_exchange *exchanges; /* in the order of their beginning */
    size_t exchanges_count;
    const char *damage; /* of the file; NULL for none */
};
extern const struct shape packet_facts_shape;

/* A DNS message of a capture, whole, as it is found. */
struct packet_message {
    uint64_t packet; /* number of the (last) packet it came in */
    const uint8_t *bytes;
    size_t len;
    bool tcp;
};

/*
 * Read all packets of a capture to or from port 53, put fragments and TCP streams together, and join queries
 * with their answers. `take` gets every message; its bytes live until it returns. Captures hold secrets of
 * others and damage: nothing in them is trusted.
 */
void packet_facts_make(struct arena *arena, struct packet_capture *capture,
                       void (*take)(void *user, const struct packet_message *message), void *user,
                       struct packet_facts *ret_facts);

#endif
