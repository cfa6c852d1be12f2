/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dnstap_slot.h"
#include <k8sdns/base/err.h>
#include <stdlib.h>
#include <string.h>

/* Servers before CoreDNS 1.8.2 tell in any order: what is complete waits so long for the rest. */
#define STRAGGLERS_US 1000000
#define LEAP_US       UINT64_C(3600000000)
/* ---- slots ---- */

static uint32_t *bucket_of(const struct dnstap_table *t, uint64_t key)
{
    return &t->buckets[key & t->bucket_mask];
}

static void unlink_slot(struct dnstap_table *t, uint32_t at)
{
    struct dnstap_slot *s = &t->slots[at];

    *(s->previous == DNSTAP_NOBODY ? bucket_of(t, s->key) : &t->slots[s->previous].next) = s->next;
    if (s->next != DNSTAP_NOBODY)
        t->slots[s->next].previous = s->previous;
    *(s->older == DNSTAP_NOBODY ? &t->oldest : &t->slots[s->older].newer) = s->newer;
    *(s->newer == DNSTAP_NOBODY ? &t->newest : &t->slots[s->newer].older) = s->older;
    s->next = t->free;
    t->free = at;
}

static void settle(struct dnstap_table *t, uint32_t at, enum dnstap_end end)
{
    dnstap_judge(t, &t->slots[at], end);
    unlink_slot(t, at);
}

static uint32_t free_slot(struct dnstap_table *t)
{
    uint32_t at;

    if (t->free == DNSTAP_NOBODY && t->used == t->options.slots)
        settle(t, t->oldest, END_PUSHED_OUT);
    if (t->free == DNSTAP_NOBODY)
        return (uint32_t)t->used++;
    at = t->free;
    t->free = t->slots[at].next;
    return at;
}

static uint32_t add_slot(struct dnstap_table *t, const struct dnstap_tap *tap)
{
    uint32_t at = free_slot(t), *bucket = bucket_of(t, tap->key);
    struct dnstap_slot *s = &t->slots[at];
    const struct dnstap_source *source = &t->tally->sources[tap->source];

    memset(s, 0, offsetof(struct dnstap_slot, name));
    s->key = tap->key;
    s->next = *bucket;
    s->previous = DNSTAP_NOBODY;
    if (*bucket != DNSTAP_NOBODY)
        t->slots[*bucket].previous = at;
    *bucket = at;
    s->older = t->newest;
    s->newer = DNSTAP_NOBODY;
    *(t->newest == DNSTAP_NOBODY ? &t->oldest : &t->slots[t->newest].newer) = at;
    t->newest = at;
    s->source = tap->source;
    s->born_us = t->now_us;
    s->serial = ++t->serial;
    s->queries_then = source->client_queries;
    s->others_then = source->other_frames;
    s->client_us = s->upstream_us = SHAPE_UNSET;
    s->protocol = (uint8_t)tap->message.protocol;
    if (tap->named) {
        s->type = tap->head.type;
        s->name_len = (uint8_t)tap->head.name_len;
        memcpy(s->name, tap->head.name, tap->head.name_len);
    }
    return at;
}

/* ---- frames ---- */

static void take_client(struct dnstap_slot *s, const struct dnstap_tap *tap)
{
    s->client = tap->message.query;
    s->protocol = (uint8_t)tap->message.protocol;
    if (tap->message.zone.len && tap->message.zone.len <= sizeof(s->zone)) {
        s->zone_len = (uint8_t)tap->message.zone.len;
        memcpy(s->zone, tap->message.zone.bytes, s->zone_len);
    }
}

/* Complete: the rest, if there is any, does not matter or is waited for. */
static void end_if_whole(struct dnstap_table *t, uint32_t at)
{
    if (t->slots[at].asked && t->slots[at].answered && t->tally->sources[t->slots[at].source].in_order)
        settle(t, at, END_ANSWERED);
}

static void set_latency(struct dnstap_slot *s, uint64_t own_query_ns)
{
    uint64_t from = own_query_ns ? own_query_ns : s->query_ns;

    /* Old versions write one time in both: then how long it took is not known. */
    if (from && s->response_ns && (own_query_ns ? s->response_ns >= from : s->response_ns > from))
        s->client_us = (s->response_ns - from) / 1000;
}

static void on_client_query(struct dnstap_table *t, const struct dnstap_tap *tap)
{
    bool repeats = dnstap_mark_repeated(t, tap);
    uint32_t at = dnstap_find_unasked(t, tap);
    struct dnstap_slot *s;

    if (at == DNSTAP_NOBODY)
        at = add_slot(t, tap);
    s = &t->slots[at];
    take_client(s, tap);
    s->asked = true;
    s->repeats = repeats;
    s->query_ns = tap->message.query_ns;
    if (s->answered)
        set_latency(s, 0);
    t->tally->sources[tap->source].client_queries++;
}

static void on_client_response(struct dnstap_table *t, const struct dnstap_tap *tap)
{
    uint32_t at = dnstap_find_asked(t, tap);
    struct dnstap_slot *s;

    if (at == DNSTAP_NOBODY) {
        at = dnstap_find_unasked(t, tap);
        at = at == DNSTAP_NOBODY ? add_slot(t, tap) : at;
        take_client(&t->slots[at], tap);
    }
    s = &t->slots[at];
    s->answered = true;
    s->response_ns = tap->message.response_ns;
    set_latency(s, tap->message.query_ns);
    if (tap->message.dns.len >= 12) {
        s->has_message = true;
        s->rcode = tap->head.rcode;
        t->tally->rcodes[s->rcode]++;
    }
    if (!s->asked && t->tally->sources[tap->source].in_order)
        settle(t, at, END_ANSWERED);
    else
        end_if_whole(t, at);
}

/* Before 1.8.2 it stands where the client should. */
static const struct address *upstream_of(const struct dnstap_tap *tap)
{
    return tap->message.response.family ? &tap->message.response : &tap->message.query;
}

static void on_forwarder_query(struct dnstap_table *t, const struct dnstap_tap *tap)
{
    struct dnstap_upstream *upstream = dnstap_tally_upstream(t->tally, upstream_of(tap));
    uint32_t at = dnstap_find_forwarded(t, tap, false);
    struct dnstap_slot *s;

    if (at == DNSTAP_NOBODY)
        at = add_slot(t, tap);
    s = &t->slots[at];
    s->tries += s->tries < UINT16_MAX;
    s->upstream = *upstream_of(tap);
    s->forward_ns = tap->message.query_ns;
    if (upstream)
        upstream->queries++;
}

static void on_forwarder_response(struct dnstap_table *t, const struct dnstap_tap *tap)
{
    struct dnstap_upstream *upstream = dnstap_tally_upstream(t->tally, upstream_of(tap));
    uint64_t from = tap->message.query_ns, until = tap->message.response_ns;
    uint32_t at = dnstap_find_forwarded(t, tap, true);
    struct dnstap_slot *s;

    if (at == DNSTAP_NOBODY)
        at = add_slot(t, tap);
    s = &t->slots[at];
    s->replies += s->replies < UINT16_MAX;
    s->upstream = *upstream_of(tap);
    if (from && until >= from) {
        s->upstream_us = (until - from) / 1000;
        histogram_add(&t->tally->upstream, s->upstream_us);
        if (upstream)
            histogram_add(upstream->latency, s->upstream_us);
    }
    if (upstream) {
        upstream->answered++;
        upstream->failed += tap->message.dns.len >= 12 && tap->head.rcode != 0 && tap->head.rcode != 3;
    }
}

static bool count_frame(struct dnstap_table *t, const struct dnstap_message *m)
{
    struct dnstap_message_counts *counts = &t->tally->messages;

    switch (m->type) {
    case DNSTAP_CLIENT_QUERY:
        counts->client_query++;
        return true;
    case DNSTAP_CLIENT_RESPONSE:
        counts->client_response++;
        return true;
    case DNSTAP_FORWARDER_QUERY:
        counts->forwarder_query++;
        return true;
    case DNSTAP_FORWARDER_RESPONSE:
        counts->forwarder_response++;
        return true;
    default:
        counts->other++;
        t->tally->other_types[m->type]++;
        return false;
    }
}

static void read_question(struct dnstap_table *t, struct dnstap_tap *tap, const char *peer)
{
    const struct dnstap_message *m = &tap->message;

    tap->source = (uint32_t)dnstap_tally_source(t->tally, m, peer);
    memset(&tap->head, 0, sizeof(tap->head));
    if (!m->dns.len)
        t->nameless++;
    else if (dns_head_read(m->dns.bytes, m->dns.len, &tap->head) < 0 || !tap->head.name)
        t->damaged++;
    tap->named = tap->head.name != NULL;
    dnstap_tap_key(tap);
}

/* ---- time ---- */

static void expire(struct dnstap_table *t)
{
    while (t->oldest != DNSTAP_NOBODY) {
        const struct dnstap_slot *s = &t->slots[t->oldest];
        uint64_t wait = s->asked && s->answered ? STRAGGLERS_US : t->options.timeout_us;

        if (t->now_us < s->born_us + wait)
            return;
        settle(t, t->oldest, s->asked && s->answered ? END_ANSWERED : END_EXPIRED);
    }
}

/* The time goes with the frames; a leap counts when two frames agree in it. */
static void follow_time(struct dnstap_table *t, uint64_t frame_us)
{
    if (!frame_us)
        return;
    if (!t->now_us || (frame_us >= t->now_us && frame_us - t->now_us < LEAP_US)) {
        t->now_us = frame_us;
        t->leaping = false;
        return;
    }
    if (frame_us < t->now_us && t->now_us - frame_us < LEAP_US) {
        t->leaping = false;
        return;
    }
    if (!t->leaping) {
        t->leaping = true;
        t->leap_serial = t->serial + 1;
        return;
    }
    t->leaping = false;
    if (frame_us < t->now_us) {
        /* Back: what was open belongs to another time. */
        dnstap_table_end(t, false);
        t->now_us = frame_us;
        return;
    }
    t->now_us = frame_us;
    for (uint32_t at = t->newest; at != DNSTAP_NOBODY && t->slots[at].serial >= t->leap_serial;
         at = t->slots[at].older)
        t->slots[at].born_us = frame_us;
}

static void note_time(struct dnstap_table *t, uint64_t frame_ns, uint64_t now_us)
{
    if (frame_ns && (!t->tally->first_ns || frame_ns < t->tally->first_ns))
        t->tally->first_ns = frame_ns;
    if (frame_ns > t->tally->last_ns)
        t->tally->last_ns = frame_ns;
    if (now_us)
        t->now_us = now_us;
    else
        follow_time(t, frame_ns / 1000);
    expire(t);
}

static size_t waiting(const struct dnstap_table *t)
{
    return t->taken ? 0 : t->told_count;
}

size_t dnstap_table_frame(struct dnstap_table *t, const char *peer, const uint8_t *bytes, size_t len,
                          uint64_t now_us)
{
    struct dnstap_tap tap;
    const struct dnstap_message *m = &tap.message;

    if (dnstap_message_read(bytes, len, &tap.message) < 0) {
        t->tally->messages.malformed++;
        return waiting(t);
    }
    note_time(t, m->response_ns ? m->response_ns : m->query_ns, now_us);
    if (!count_frame(t, m))
        return waiting(t);
    read_question(t, &tap, peer);
    if (m->type == DNSTAP_CLIENT_QUERY) {
        on_client_query(t, &tap);
        return waiting(t);
    }
    t->tally->sources[tap.source].other_frames++;
    if (m->type == DNSTAP_CLIENT_RESPONSE)
        on_client_response(t, &tap);
    else if (m->type == DNSTAP_FORWARDER_QUERY)
        on_forwarder_query(t, &tap);
    else
        on_forwarder_response(t, &tap);
    return waiting(t);
}

void dnstap_table_expire(struct dnstap_table *t, uint64_t now_us)
{
    t->now_us = now_us;
    expire(t);
}

void dnstap_table_lost(struct dnstap_table *t)
{
    t->lost_serial = t->serial;
}

void dnstap_table_end(struct dnstap_table *t, bool stopped)
{
    while (t->oldest != DNSTAP_NOBODY)
        settle(t, t->oldest, stopped ? END_STOPPED : END_OF_STREAM);
    t->now_us = 0;
    t->leaping = false;
}

/* ---- the table ---- */

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (!memory)
        err_out_of_memory();
    return memory;
}

struct dnstap_table *dnstap_table_new(struct arena *arena, const struct dnstap_table_options *options)
{
    struct dnstap_table *t = zeroed(1, sizeof(*t));
    size_t buckets = 64;

    t->options = *options;
    while (buckets < options->slots)
        buckets *= 2;
    t->slots = zeroed(options->slots, sizeof(*t->slots));
    t->buckets = zeroed(buckets, sizeof(*t->buckets));
    memset(t->buckets, 0xff, buckets * sizeof(*t->buckets));
    t->bucket_mask = buckets - 1;
    t->free = t->oldest = t->newest = DNSTAP_NOBODY;
    t->arena = arena;
    t->told_arena = arena_new();
    t->tally = dnstap_tally_new(arena);
    return t;
}

void dnstap_table_free(struct dnstap_table *t)
{
    if (!t)
        return;
    free(t->slots);
    free(t->buckets);
    arena_free(t->told_arena);
    free(t);
}

size_t dnstap_table_take(struct dnstap_table *t, struct dnstap_session_facts **ret_sessions)
{
    size_t count = waiting(t);

    *ret_sessions = t->told;
    t->taken = true;
    return count;
}

void dnstap_table_facts(const struct dnstap_table *t, struct arena *arena, struct dnstap_facts *ret)
{
    *ret = (struct dnstap_facts){
        .status = -1,
        .dropped = t->dropped,
        .expired = t->expired,
        .unsure = t->unsure,
        .guessed = t->guessed,
        .lone_responses = t->lone_responses,
        .lone_forwards = t->lone_forwards,
        .nameless = t->nameless,
        .damaged = t->damaged,
        .slow = t->slow,
        .sessions = t->kept,
        .sessions_count = t->kept_count,
    };
    dnstap_tally_facts(t->tally, arena, ret);
}
