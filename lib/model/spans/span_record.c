/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "span_held.h"
#include <stdlib.h>
#include <string.h>

#define BUCKETS (2U * TRACES_HELD_MAX)
/* Texts of a root, beyond which they are cut. */
#define TEXT_MAX 1100
/* What is put aside for the next traces. */
#define SPARES_MAX 4096

/* Traces in the order of their time. */
struct queue {
    struct held_trace *first, *last;
    size_t count;
};

struct span_record {
    struct held_trace **buckets;
    struct queue waiting, rootless;
    struct held_trace *spare;
    size_t spares;
    size_t spans_held;
    struct span_tally tally;
};

static void *must(void *memory)
{
    if (!memory)
        err_out_of_memory();
    return memory;
}

struct span_record *span_record_new(uint64_t slow_us, size_t slowest)
{
    struct span_record *record = must(calloc(1, sizeof(*record)));

    record->buckets = must(calloc(BUCKETS, sizeof(struct held_trace *)));
    record->tally.names = must(calloc(2 * NAMES_MAX, sizeof(*record->tally.names)));
    record->tally.slow_us = slow_us;
    record->tally.slowest_wanted = slowest < SLOWEST_MAX ? slowest : SLOWEST_MAX;
    return record;
}

static void trace_free(struct held_trace *trace)
{
    free(trace->spans);
    free(trace->texts);
    free(trace);
}

void span_record_free(struct span_record *record)
{
    struct held_trace *lists[3], *next;

    if (!record)
        return;
    lists[0] = record->waiting.first;
    lists[1] = record->rootless.first;
    lists[2] = record->spare;
    for (size_t i = 0; i < 3; i++)
        for (struct held_trace *trace = lists[i]; trace; trace = next) {
            next = trace->behind;
            trace_free(trace);
        }
    span_tally_fini(&record->tally);
    free(record->buckets);
    free(record);
}

static void enqueue(struct queue *queue, struct held_trace *trace)
{
    trace->before = queue->last;
    trace->behind = NULL;
    if (queue->last)
        queue->last->behind = trace;
    else
        queue->first = trace;
    queue->last = trace;
    queue->count++;
}

static void dequeue(struct queue *queue, struct held_trace *trace)
{
    if (trace->before)
        trace->before->behind = trace->behind;
    else
        queue->first = trace->behind;
    if (trace->behind)
        trace->behind->before = trace->before;
    else
        queue->last = trace->before;
    queue->count--;
}

static struct held_trace **bucket(struct span_record *record, uint64_t high, uint64_t low)
{
    uint64_t hash = (low ^ high * UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0xBF58476D1CE4E5B9);

    return &record->buckets[(hash >> 40) % BUCKETS];
}

/* Take it out, count it, and put its memory aside. */
static void close_trace(struct span_record *record, struct held_trace *trace)
{
    struct held_trace **at = bucket(record, trace->high, trace->low);

    while (*at != trace)
        at = &(*at)->chain;
    *at = trace->chain;
    dequeue(trace->rooted ? &record->waiting : &record->rootless, trace);
    record->spans_held -= trace->count;
    span_tally_add(&record->tally, trace);
    if (record->spares == SPARES_MAX || trace->room > 64) {
        trace_free(trace);
        return;
    }
    trace->behind = record->spare;
    record->spare = trace;
    record->spares++;
}

/* The one that has waited longest; those that have their root first, since they lose nothing. */
static void make_room(struct span_record *record)
{
    struct held_trace *oldest = record->waiting.first ? record->waiting.first : record->rootless.first;

    if (oldest)
        close_trace(record, oldest);
}

static struct held_trace *trace_of(struct span_record *record, const struct zipkin_span *span)
{
    struct held_trace **head = bucket(record, span->trace_high, span->trace), *trace;

    for (trace = *head; trace; trace = trace->chain)
        if (trace->low == span->trace && trace->high == span->trace_high)
            return trace;
    while (record->waiting.count + record->rootless.count >= TRACES_HELD_MAX ||
           record->spans_held >= SPANS_HELD_MAX)
        make_room(record);
    trace = record->spare;
    if (trace) {
        struct held_span *spans = trace->spans;
        char *texts = trace->texts;
        uint32_t room = trace->room;
        size_t texts_room = trace->texts_room;

        record->spare = trace->behind;
        record->spares--;
        *trace = (struct held_trace){.spans = spans, .room = room, .texts = texts, .texts_room = texts_room};
    } else {
        trace = must(calloc(1, sizeof(*trace)));
    }
    trace->high = span->trace_high;
    trace->low = span->trace;
    head = bucket(record, trace->high, trace->low);
    trace->chain = *head;
    *head = trace;
    enqueue(&record->rootless, trace);
    return trace;
}

static void add_text(struct held_trace *trace, enum held_text which, const struct zipkin_text *text)
{
    size_t len = text->len < TEXT_MAX ? text->len : TEXT_MAX;

    if (trace->texts_len + len + 1 > trace->texts_room) {
        trace->texts_room = 2 * (trace->texts_len + len + 1);
        trace->texts = must(realloc(trace->texts, trace->texts_room));
    }
    trace->starts[which] = (uint16_t)trace->texts_len;
    if (len)
        memcpy(trace->texts + trace->texts_len, text->at, len);
    trace->texts[trace->texts_len + len] = '\0';
    trace->texts_len += len + 1;
}

/* Up to 1.7.1 CoreDNS named a root "servedns:SERVER NAME", and had no tags. */
static const char *old_query(const struct zipkin_span *span)
{
    static const char prefix[] = "servedns:";

    if (span->name.len < sizeof(prefix) - 1 || memcmp(span->name.at, prefix, sizeof(prefix) - 1) != 0)
        return NULL;
    return memchr(span->name.at, ' ', span->name.len);
}

static bool is_servedns(const struct zipkin_span *span)
{
    return span->name.len >= 8 && memcmp(span->name.at, "servedns", 8) == 0 &&
           (span->name.len == 8 || span->name.at[8] == ':');
}

static void take_root(struct span_record *record, struct held_trace *trace, const struct zipkin_span *span)
{
    const char *old = old_query(span);
    struct zipkin_text query = span->query;

    if (old && !query.len)
        query = (struct zipkin_text){old + 1, (size_t)(span->name.at + span->name.len - old - 1)};
    trace->texts_len = 0;
    add_text(trace, HELD_QUERY, &query);
    add_text(trace, HELD_TYPE, &span->type);
    add_text(trace, HELD_RCODE, &span->rcode);
    add_text(trace, HELD_CLIENT, &span->client);
    add_text(trace, HELD_SERVER, &span->server);
    add_text(trace, HELD_PROTOCOL, &span->protocol);
    add_text(trace, HELD_ERROR, &span->error);
    trace->failed = span->failed;
    trace->tagged = span->tagged || old;
    trace->foreign = !is_servedns(span);
    dequeue(&record->rootless, trace);
    trace->rooted = true;
    enqueue(&record->waiting, trace);
}

/* A sender that got no answer sends again. */
static bool is_repeated(const struct held_trace *trace, const struct zipkin_span *span, uint16_t name)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->spans[i].id == span->id && trace->spans[i].name == name)
            return true;
    return false;
}

void span_record_add(struct span_record *record, const struct zipkin_span *span, uint64_t now_ns)
{
    struct held_trace *trace = trace_of(record, span);
    bool root = !span->parent && !trace->rooted;
    uint16_t name =
        word_number(&record->tally.plugins, span->name.at, is_servedns(span) ? 8 : span->name.len);

    record->tally.spans++;
    if (is_repeated(trace, span, name)) {
        record->tally.repeated++;
        return;
    }
    if (trace->count == TRACE_SPANS_MAX) {
        record->tally.dropped++;
        return;
    }
    if (trace->count == trace->room) {
        trace->room = trace->room ? 2 * trace->room : 16;
        trace->spans = must(realloc(trace->spans, trace->room * sizeof(*trace->spans)));
    }
    trace->spans[trace->count++] = (struct held_span){
        .id = span->id,
        .parent = span->parent,
        /* Sums must not run over. */
        .start_us = span->timestamp_us < UINT64_C(1) << 62 ? span->timestamp_us : 0,
        .duration_us = span->duration_us < UINT64_C(1) << 40 ? span->duration_us : UINT64_C(1) << 40,
        .name = name,
        .peer = word_number(&record->tally.peers, span->peer.at, span->peer.len)};
    record->spans_held++;
    if (root) {
        trace->since_ns = now_ns;
        take_root(record, trace, span);
    } else if (!trace->rooted) {
        trace->since_ns = now_ns;
        dequeue(&record->rootless, trace);
        enqueue(&record->rootless, trace);
    }
    while (!now_ns && record->waiting.count > TRACES_WAIT_MAX)
        close_trace(record, record->waiting.first);
}

bool span_record_tick(struct span_record *record, uint64_t now_ns)
{
    uint64_t before = record->tally.traces;

    while (record->waiting.first && now_ns - record->waiting.first->since_ns >= TRACE_WAIT_NS)
        close_trace(record, record->waiting.first);
    while (record->rootless.first && now_ns - record->rootless.first->since_ns >= TRACE_GIVEN_UP)
        close_trace(record, record->rootless.first);
    return record->tally.traces != before;
}

uint64_t span_record_traces(const struct span_record *record)
{
    return record->tally.traces;
}

void span_record_finish(struct span_record *record)
{
    while (record->waiting.first || record->rootless.first)
        make_room(record);
}

void span_record_facts(struct span_record *record, bool summary, struct arena *arena, struct spans_facts *ret)
{
    span_tally_facts(&record->tally, summary, arena, ret);
}
