/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/spans/span_record.h>
#include <stdlib.h>
#include <string.h>

struct sum {
    uint64_t spans, mix;
    struct span_record *record;
};

static void mix(struct sum *sum, uint64_t value)
{
    sum->mix = (sum->mix ^ value) * UINT64_C(0x100000001b3);
}

static void take(void *user, const struct zipkin_span *span)
{
    struct sum *sum = user;

    sum->spans++;
    mix(sum, span->trace);
    mix(sum, span->id ^ span->parent ^ span->timestamp_us ^ span->duration_us);
    for (size_t i = 0; i < span->name.len; i++)
        mix(sum, (unsigned char)span->name.at[i]);
    for (size_t i = 0; i < span->query.len; i++)
        mix(sum, (unsigned char)span->query.at[i]);
    if (!span->id || !span->trace + !span->trace_high > 1)
        abort();
    if (sum->record)
        span_record_add(sum->record, span, 0);
}

/* Read it in pieces of `piece` octets. */
static int read_pieces(const uint8_t *bytes, size_t len, size_t piece, struct sum *sum)
{
    struct zipkin_reader *reader = malloc(sizeof(*reader));
    char *window = malloc(len + 1);
    size_t held = 0, used, at = 0;
    int r = 0;

    zipkin_reader_init(reader, take, sum);
    do {
        size_t more = len - at < piece ? len - at : piece;

        memcpy(window + held, bytes + at, more);
        at += more;
        held += more;
        r = zipkin_reader_feed(reader, window, held, at == len, &used, NULL);
        if (r == 0) {
            memmove(window, window + used, held - used);
            held -= used;
        }
    } while (r == 0 && at < len);
    if (reader->spans != sum->spans)
        abort();
    free(window);
    free(reader);
    return r;
}

/* The same spans come out in whichever pieces it is read; and each is counted, whatever it says. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct sum whole = {.record = span_record_new(1000, 3)}, pieces = {0};
    struct arena *arena = arena_new();
    struct spans_facts facts;
    uint64_t spans = 0;
    int r = read_pieces(bytes, len, len + 1, &whole);

    if (read_pieces(bytes, len, 1 + len / 3, &pieces) != r || pieces.spans != whole.spans ||
        pieces.mix != whole.mix)
        abort();
    span_record_finish(whole.record);
    span_record_facts(whole.record, true, arena, &facts);
    for (size_t i = 0; i < facts.plugins_count; i++)
        spans += facts.plugins[i].count;
    if (facts.spans != whole.spans ||
        (!facts.foreign && spans + facts.dropped + facts.repeated != facts.spans))
        abort();
    span_record_free(whole.record);
    arena_free(arena);
    return 0;
}
