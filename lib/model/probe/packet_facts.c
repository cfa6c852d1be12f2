/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/probe/packet_facts.h>

const char *const exchange_result_names[] = {"answered", "unanswered", "unfinished", "lone", NULL};

#define TEXT(member, text)  SHAPE_FIELD_TEXT(struct packet_exchange, member, #member, text)
#define COUNT(member, text) SHAPE_FIELD_COUNT(struct packet_exchange, member, #member, text)

static const struct shape_field exchange_fields[] = {
    TEXT(time, "of the first query; of the answer where result is lone; null without times in the file"),
    TEXT(client, "address and port"),
    TEXT(server, "address and port"),
    TEXT(transport, "udp or tcp"),
    COUNT(id, "of the message"),
    TEXT(name, "name asked for; null where there is no query"),
    TEXT(type, "mnemonic of the type; null where there is no query"),
    SHAPE_FIELD_CHOICE(
        struct packet_exchange, result, "result", exchange_result_names,
        "unfinished: the capture ended within 5 s of the query; lone: an answer without its query"),
    TEXT(rcode, "of the answer; null without"),
    SHAPE_FIELD_BOOL(struct packet_exchange, truncated, "truncated", "the answer has TC"),
    COUNT(tries, "queries on the wire: 1 and its repetitions from the same socket with the same id"),
    COUNT(latency_us, "from the first query to the answer; null without"),
    COUNT(last_try_us, "from the last query before the answer; null without"),
    COUNT(duplicates, "further answers"),
    COUNT(size, "of the answer in bytes; null without"),
    COUNT(fragments, "IP fragments that the answer came in; 0: it was not fragmented"),
};
const struct shape packet_exchange_shape = SHAPE(struct packet_exchange, exchange_fields, "packet_exchange");

#undef COUNT
#define COUNT(member, text) SHAPE_FIELD_COUNT(struct packet_facts, member, #member, text)

static const struct shape_field fields[] = {
    COUNT(packets, "in the file"),
    COUNT(dns_messages, "to or from port 53"),
    COUNT(queries, "each once, whatever its tries"),
    COUNT(answered, "queries with an answer"),
    COUNT(unanswered, "queries without an answer for 5 s"),
    COUNT(unfinished, "queries without an answer when the capture ended"),
    COUNT(lone, "answers without their query"),
    COUNT(retried, "queries that were sent more than once"),
    COUNT(repeated, "packets that were seen again at another interface, and not counted"),
    COUNT(fragmented, "datagrams that were put together of fragments"),
    COUNT(fragments_lost, "datagrams that lack a fragment"),
    COUNT(stream_gaps, "places where a TCP stream lacks a piece"),
    COUNT(cut, "packets that the capture holds the beginning of alone (its snap length)"),
    COUNT(damaged, "messages that cannot be read"),
    COUNT(messages_left_out, "messages that are counted, and not in data.messages"),
    COUNT(exchanges_left_out, "queries that are counted, and not in exchanges"),
    COUNT(p50_us, "latency; null without answers"),
    COUNT(p99_us, "latency; null without answers"),
    COUNT(max_us, "latency; null without answers"),
    SHAPE_FIELD_TALLIES(struct packet_facts, rcodes, "rcodes", "answers by their code"),
    SHAPE_FIELD_OBJECTS(struct packet_facts, exchanges, "exchanges", &packet_exchange_shape,
                        "queries with their answers"),
    SHAPE_FIELD_TEXT(struct packet_facts, damage, "damage",
                     "why the file could not be read to its end; null: it was"),
};
const struct shape packet_facts_shape = SHAPE(struct packet_facts, fields, "packets");
