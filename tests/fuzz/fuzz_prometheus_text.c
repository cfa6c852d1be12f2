/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/metrics/metrics_facts.h>
#include <stdlib.h>
#include <string.h>

struct sum {
    struct metrics_record *record;
    uint64_t hash;
};

/* What is handed over can be read, all of it. */
static void on_sample(void *user, const struct prometheus_sample *sample)
{
    struct sum *sum = user;

    if (!sample->name_len || sample->labels_count > PROMETHEUS_LABELS_MAX)
        abort();
    for (size_t i = 0; i < sample->name_len; i++)
        sum->hash = sum->hash * 31 + (unsigned char)sample->name[i];
    for (size_t i = 0; i < sample->labels_count; i++)
        for (size_t k = 0; k < sample->labels[i].value_len; k++)
            sum->hash = sum->hash * 31 + (unsigned char)sample->labels[i].value[k];
    metrics_record_add(sum->record, sample);
}

/* In pieces of `piece` bytes; the counts of what was read. */
static uint64_t read_in_pieces(struct arena *arena, const char *bytes, size_t len, size_t piece,
                               struct sum *sum)
{
    struct prometheus_text *text = arena_alloc(arena, sizeof(*text));

    *sum = (struct sum){.record = metrics_record_new(arena)};
    prometheus_text_init(text, on_sample, sum);
    for (size_t at = 0; at < len; at += piece)
        prometheus_text_feed(text, bytes + at, len - at < piece ? len - at : piece);
    prometheus_text_end(text);
    if (text->counts.bytes != len ||
        text->counts.samples + text->counts.malformed + text->counts.too_long > text->counts.lines)
        abort();
    return text->counts.samples;
}

/* However it is cut into pieces the same comes out, and facts follow from it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct metrics_facts facts = {0};
    struct sum whole, parts;
    uint64_t samples = read_in_pieces(arena, (const char *)bytes, len, len ? len : 1, &whole);

    if (read_in_pieces(arena, (const char *)bytes, len, 7, &parts) != samples || whole.hash != parts.hash)
        abort();
    facts.replicas = arena_array(arena, 1, sizeof(*facts.replicas));
    facts.replicas_count = 1;
    whole.record->at_ns = 1000000000;
    parts.record->at_ns = 2000000000;
    facts.replicas[0].source = "x";
    metrics_read_replica(arena, whole.record, parts.record, &facts.replicas[0]);
    metrics_compare(arena, &facts);
    /* Nothing happened between the two. */
    if (facts.replicas[0].qps > 0)
        abort();
    arena_free(arena);
    return 0;
}
