/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exchanges out of a capture: a query and its retries with the answer, by client, socket, id and question, in
 * bounded memory.
 */
#include <k8sdns/base/address.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/probe/packet_facts.h>
#include <k8sdns/model/statistics/histogram.h>
#include <k8sdns/wire/capture/packet.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_stream.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdio.h>
#include <string.h>

/* Exchanges that are listed; all are counted. */
#define EXCHANGES_MAX 20000
/* Open queries, datagrams and streams at a time; what is pushed out counts as unanswered or lost. */
#define BUCKETS       4096
#define DATAGRAMS_MAX 64
#define STREAMS_MAX   256
#define DATAGRAM_MAX  65535
#define STREAM_ROOM   (2 * (DNS_STREAM_LENGTH + 65535))
/* Packets that are equal within this time are one packet at several interfaces (tcpdump -i any). */
#define SAME_PACKET_NS UINT64_C(5000000)

struct open_query {
    struct open_query *next;
    struct address client, server;
    uint16_t id, type;
    bool tcp, listed, answered;
    char name[256];
    uint64_t first_ns, last_ns, answer_ns, tries;
    size_t exchange; /* where it is listed */
};

struct partial_datagram {
    struct address source, target;
    uint32_t identification;
    uint8_t protocol;
    bool used;
    size_t total, got, pieces; /* total 0: the last fragment has not come */
    uint8_t have[DATAGRAM_MAX / 64 + 1];
    uint8_t bytes[DATAGRAM_MAX];
};

struct partial_stream {
    struct address source, target;
    bool used;
    uint32_t next;
    size_t len;
    uint8_t bytes[STREAM_ROOM];
};

struct packet_record {
    struct arena *arena;
    struct packet_facts *facts;
    void (*take)(void *user, const struct packet_message *message);
    void *user;
    struct open_query *buckets[BUCKETS];
    struct partial_datagram *datagrams;
    size_t datagram_next;
    struct partial_stream *streams;
    size_t stream_next;
    struct histogram latency;
    uint64_t now_ns, fragments;
    uint64_t number;
};

static bool same_end(const struct address *a, const struct address *b)
{
    return a->family == b->family && a->port == b->port &&
           memcmp(&a->v6, &b->v6, a->family == AF_INET ? 4 : 16) == 0;
}

static size_t bucket_of(const struct address *client, uint16_t id)
{
    const uint8_t *bytes = (const uint8_t *)&client->v6;
    uint32_t hash = client->port * 2654435761U ^ id * 40503U;

    for (size_t i = 0; i < (client->family == AF_INET ? 4 : 16); i++)
        hash = (hash ^ bytes[i]) * 16777619U;
    return (hash >> 12) % BUCKETS;
}

static const char *end_text(struct arena *arena, const struct address *address)
{
    char text[ADDRESS_TEXT];

    return arena_text(arena, address_format_port(address, text, sizeof(text)));
}

static const char *time_text(struct arena *arena, uint64_t ns)
{
    char text[64];

    return ns ? arena_text(arena, clock_format(ns, text, sizeof(text))) : NULL;
}

static void tally(struct packet_record *r, const char *word)
{
    for (size_t i = 0; i < r->facts->rcodes_count; i++)
        if (strcmp(r->facts->rcodes[i].name, word) == 0) {
            r->facts->rcodes[i].count++;
            return;
        }
    *ARENA_PUSH(r->arena, r->facts->rcodes, r->facts->rcodes_count) =
        (struct shape_tally){arena_text(r->arena, word), 1};
}

static struct packet_exchange *list(struct packet_record *r, struct open_query *query, int result)
{
    struct packet_exchange *exchange;
    char word[DNS_WORD];

    if (r->facts->exchanges_count >= EXCHANGES_MAX) {
        r->facts->exchanges_left_out++;
        return NULL;
    }
    query->listed = true;
    query->exchange = r->facts->exchanges_count;
    exchange = ARENA_PUSH(r->arena, r->facts->exchanges, r->facts->exchanges_count);
    *exchange = (struct packet_exchange){
        .time = time_text(r->arena, query->first_ns),
        .client = end_text(r->arena, &query->client),
        .server = end_text(r->arena, &query->server),
        .transport = query->tcp ? "tcp" : "udp",
        .id = query->id,
        .name = *query->name ? arena_text(r->arena, query->name) : NULL,
        .type = *query->name ? arena_text(r->arena, dns_type_word(query->type, word)) : NULL,
        .result = result,
        .latency_us = SHAPE_UNSET,
        .last_try_us = SHAPE_UNSET,
        .size = SHAPE_UNSET,
    };
    return exchange;
}

static struct open_query *find(struct packet_record *r, const struct open_query *key)
{
    struct open_query *query = r->buckets[bucket_of(&key->client, key->id)];

    for (; query; query = query->next)
        if (query->id == key->id && query->tcp == key->tcp && query->type == key->type &&
            same_end(&query->client, &key->client) && same_end(&query->server, &key->server) &&
            strcasecmp(query->name, key->name) == 0)
            return query;
    return NULL;
}

static struct open_query *add(struct packet_record *r, const struct open_query *key)
{
    struct open_query *query = ARENA_NEW(r->arena, struct open_query), **bucket;

    *query = *key;
    bucket = &r->buckets[bucket_of(&key->client, key->id)];
    query->next = *bucket;
    *bucket = query;
    return query;
}

static void take_query(struct packet_record *r, struct open_query *key)
{
    struct open_query *query = find(r, key);
    struct packet_exchange *exchange;

    if (query && r->now_ns - query->last_ns < SAME_PACKET_NS && r->now_ns) {
        r->facts->repeated++;
        return;
    }
    /* The same again after an answer, or long after, is another query from the same port. */
    if (!query || query->answered || r->now_ns - query->last_ns > 12 * PACKET_PATIENCE_NS) {
        key->first_ns = r->now_ns;
        query = add(r, key);
        r->facts->queries++;
        list(r, query, EXCHANGE_UNANSWERED);
    } else if (query->tries == 1) {
        r->facts->retried++;
    }
    query->last_ns = r->now_ns;
    query->tries++;
    exchange = query->listed ? &r->facts->exchanges[query->exchange] : NULL;
    if (exchange)
        exchange->tries = query->tries;
}

static void take_answer(struct packet_record *r, struct open_query *key, const struct dns_message *message)
{
    struct open_query *query = find(r, key);
    struct packet_exchange *exchange;
    char word[DNS_WORD];

    if (query && query->answered) {
        if (r->now_ns - query->answer_ns < SAME_PACKET_NS)
            r->facts->repeated++;
        else if (query->listed)
            r->facts->exchanges[query->exchange].duplicates++;
        return;
    }
    if (!query) {
        key->first_ns = r->now_ns;
        query = add(r, key);
        r->facts->lone++;
        exchange = list(r, query, EXCHANGE_LONE);
    } else {
        r->facts->answered++;
        histogram_add(&r->latency, (r->now_ns - query->first_ns) / 1000);
        exchange = query->listed ? &r->facts->exchanges[query->exchange] : NULL;
        if (exchange) {
            exchange->result = EXCHANGE_ANSWERED;
            exchange->latency_us = (r->now_ns - query->first_ns) / 1000;
            exchange->last_try_us = (r->now_ns - query->last_ns) / 1000;
        }
    }
    query->answered = true;
    query->answer_ns = r->now_ns;
    tally(r, dns_rcode_word(message->rcode, word));
    if (exchange) {
        exchange->rcode = arena_text(r->arena, dns_rcode_word(message->rcode, word));
        exchange->truncated = message->tc;
        exchange->size = message->len;
        exchange->fragments = r->fragments;
    }
}

static void take_message(struct packet_record *r, const struct address *source, const struct address *target,
                         bool tcp, const uint8_t *bytes, size_t len)
{
    struct packet_message found = {.packet = r->number, .bytes = bytes, .len = len, .tcp = tcp};
    struct arena *scratch = arena_new();
    struct dns_message message;
    struct open_query key = {.tcp = tcp};
    bool from_server = source->port == DNS_PORT;

    r->facts->dns_messages++;
    if (dns_message_parse(scratch, bytes, len, &message) < 0)
        r->facts->damaged++;
    if (len >= 12) {
        /* Between two servers both ports may be 53. */
        if (source->port == target->port)
            from_server = message.qr;
        key.client = from_server ? *target : *source;
        key.server = from_server ? *source : *target;
        key.id = message.id;
        if (message.question_count) {
            key.type = message.questions[0].type;
            snprintf(key.name, sizeof(key.name), "%s", message.questions[0].name);
        }
        if (message.qr)
            take_answer(r, &key, &message);
        else
            take_query(r, &key);
    }
    r->take(r->user, &found);
    arena_free(scratch);
}

/* What a TCP stream has brought: messages behind their lengths. */
static void take_stream(struct packet_record *r, const struct address *source, const struct address *target,
                        const struct transport_segment *segment)
{
    struct partial_stream *stream = NULL;
    const uint8_t *message;
    size_t len, took, at = 0, n = segment->len;
    const uint8_t *data = segment->data;

    for (size_t i = 0; i < STREAMS_MAX && !stream; i++)
        if (r->streams[i].used && same_end(&r->streams[i].source, source) &&
            same_end(&r->streams[i].target, target))
            stream = &r->streams[i];
    if (!stream && !segment->syn && !n)
        return;
    if (!stream) {
        stream = &r->streams[r->stream_next++ % STREAMS_MAX];
        stream->used = true;
        stream->source = *source;
        stream->target = *target;
        stream->len = 0;
        stream->next = segment->sequence;
    }
    if (segment->syn) {
        stream->next = segment->sequence + 1;
        stream->len = 0;
        return;
    }
    if (segment->rst) {
        stream->used = false;
        return;
    }
    /* What came before is passed over; what is missing ends the message. */
    if ((int32_t)(segment->sequence - stream->next) < 0) {
        uint32_t known = stream->next - segment->sequence;

        if (known >= n)
            return;
        data += known;
        n -= known;
    } else if (segment->sequence != stream->next) {
        r->facts->stream_gaps++;
        stream->len = 0;
        stream->next = segment->sequence;
    }
    if (n > STREAM_ROOM - stream->len) {
        stream->len = 0;
        r->facts->stream_gaps++;
        if (n > STREAM_ROOM)
            n = STREAM_ROOM;
    }
    memcpy(stream->bytes + stream->len, data, n);
    stream->len += n;
    stream->next += (uint32_t)n;
    while ((took = dns_stream_read(stream->bytes + at, stream->len - at, &message, &len)) > 0) {
        take_message(r, source, target, true, message, len);
        at += took;
    }
    memmove(stream->bytes, stream->bytes + at, stream->len - at);
    stream->len -= at;
}

static void take_payload(struct packet_record *r, const struct ip_datagram *packet, const uint8_t *payload,
                         size_t len)
{
    struct address source = packet->source, target = packet->target;
    struct transport_segment segment;

    if (segment_read(packet->protocol, payload, len, &segment) < 0 ||
        (segment.source_port != DNS_PORT && segment.target_port != DNS_PORT))
        return;
    source.port = segment.source_port;
    target.port = segment.target_port;
    if (segment.cut || packet->cut)
        r->facts->cut++;
    if (packet->protocol == PACKET_TCP)
        take_stream(r, &source, &target, &segment);
    else
        take_message(r, &source, &target, false, segment.data, segment.len);
}

static struct partial_datagram *datagram_of(struct packet_record *r, const struct ip_datagram *packet)
{
    struct partial_datagram *datagram;

    for (size_t i = 0; i < DATAGRAMS_MAX; i++) {
        datagram = &r->datagrams[i];
        if (datagram->used && datagram->identification == packet->identification &&
            datagram->protocol == packet->protocol && same_end(&datagram->source, &packet->source) &&
            same_end(&datagram->target, &packet->target))
            return datagram;
    }
    datagram = &r->datagrams[r->datagram_next++ % DATAGRAMS_MAX];
    if (datagram->used)
        r->facts->fragments_lost++;
    datagram->used = true;
    datagram->source = packet->source;
    datagram->target = packet->target;
    datagram->identification = packet->identification;
    datagram->protocol = packet->protocol;
    datagram->total = datagram->got = datagram->pieces = 0;
    memset(datagram->have, 0, sizeof(datagram->have));
    return datagram;
}

/* Source: RFC 791 section 3.2: fragments are in units of eight bytes. */
static void take_fragment(struct packet_record *r, const struct ip_datagram *packet)
{
    struct partial_datagram *datagram;

    if (packet->offset + packet->len > DATAGRAM_MAX || packet->cut || (packet->more && packet->len % 8))
        return;
    datagram = datagram_of(r, packet);
    memcpy(datagram->bytes + packet->offset, packet->payload, packet->len);
    for (size_t at = packet->offset / 8; at * 8 < packet->offset + packet->len; at++) {
        if (!(datagram->have[at / 8] >> at % 8 & 1))
            datagram->got++;
        datagram->have[at / 8] |= (uint8_t)(1U << at % 8);
    }
    datagram->pieces++;
    if (!packet->more)
        datagram->total = packet->offset + packet->len;
    if (!datagram->total || datagram->got < (datagram->total + 7) / 8)
        return;
    datagram->used = false;
    r->fragments = datagram->pieces;
    r->facts->fragmented++;
    take_payload(r, packet, datagram->bytes, datagram->total);
    r->fragments = 0;
}

/* Queries that stay without an answer: silence, or the end of the capture. */
static void settle(struct packet_record *r)
{
    for (size_t b = 0; b < BUCKETS; b++) {
        for (struct open_query *query = r->buckets[b]; query; query = query->next) {
            bool soon = r->now_ns - query->last_ns < PACKET_PATIENCE_NS;

            if (query->answered)
                continue;
            r->facts->unfinished += soon;
            r->facts->unanswered += !soon;
            if (query->listed && soon)
                r->facts->exchanges[query->exchange].result = EXCHANGE_UNFINISHED;
        }
    }
    for (size_t i = 0; i < DATAGRAMS_MAX; i++)
        r->facts->fragments_lost += r->datagrams[i].used;
}

void packet_facts_make(struct arena *arena, struct packet_capture *capture,
                       void (*take)(void *user, const struct packet_message *message), void *user,
                       struct packet_facts *ret_facts)
{
    struct packet_record *r = ARENA_NEW(arena, struct packet_record);
    struct captured_packet packet;
    struct ip_datagram ip;

    *ret_facts = (struct packet_facts){0};
    r->arena = arena;
    r->facts = ret_facts;
    r->take = take;
    r->user = user;
    r->datagrams = arena_array(arena, DATAGRAMS_MAX, sizeof(*r->datagrams));
    r->streams = arena_array(arena, STREAMS_MAX, sizeof(*r->streams));
    while (packet_capture_next(capture, &packet)) {
        ret_facts->packets++;
        r->number = packet.number;
        if (packet.time_ns > r->now_ns)
            r->now_ns = packet.time_ns;
        if (packet_read(packet.link, packet.bytes, packet.len, &ip) < 0)
            continue;
        if (ip.offset || ip.more)
            take_fragment(r, &ip);
        else
            take_payload(r, &ip, ip.payload, ip.len);
    }
    settle(r);
    ret_facts->damage = capture->damage;
    ret_facts->p50_us = ret_facts->p99_us = ret_facts->max_us = SHAPE_UNSET;
    if (ret_facts->answered) {
        ret_facts->p50_us = histogram_value_us(&r->latency, 0.50);
        ret_facts->p99_us = histogram_value_us(&r->latency, 0.99);
        ret_facts->max_us = r->latency.max_us;
    }
}
