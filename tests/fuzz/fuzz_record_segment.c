/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/recorder/interval_facts.h>
#include <k8sdns/wire/recorder/json_delta.h>
#include <k8sdns/wire/recorder/record_segment.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* More JSON than that makes the fuzzer slow, and nothing else. */
#define JSON_MAX (1 << 20)

/* The JSON of a record; NULL when it has none. */
static json_t *json_of(const struct segment_record *record)
{
    char *text = record->json_len <= JSON_MAX ? malloc(record->json_len + 1) : NULL;
    json_t *json = NULL;

    if (text && record_segment_unpack(record, text) == 0)
        json = json_loadb(text, record->json_len, 0, NULL);
    free(text);
    return json;
}

/* What a reader does with one that is good by its checksum, whoever made it. Takes both; returns the new
 * base. */
static json_t *take(json_t *base, json_t *json, bool is_delta)
{
    struct arena *arena = arena_new();
    struct interval_facts interval;
    struct err err;

    if (json && is_delta) {
        json_t *delta = json;

        json = base ? json_delta_apply(base, delta) : NULL;
        base = NULL;
        json_decref(delta);
    }
    if (json && interval_from_json(arena, json, INTERVAL_WHOLE, &interval, &err) == 0 && !interval.facts)
        abort();
    json_decref(base);
    arena_free(arena);
    return json;
}

/* Records' JSON by itself, so that the fuzzer need not learn to deflate: an interval, and what changed. */
static void take_list(json_t *list)
{
    json_t *base = NULL, *json;
    size_t i;

    json_array_foreach(list, i, json) base = take(base, json_deep_copy(json), i > 0);
    json_decref(base);
    json_decref(list);
}

/*
 * Every record lies inside the input. No checksum keeps the fuzzer out: where one is wrong, and only that, it
 * is put right.
 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    struct segment_record record;
    json_t *base = NULL;
    const char *why = NULL;
    size_t at = 0;

    if (len && bytes[0] == '[')
        take_list(json_loadb((const char *)bytes, len, 0, NULL));
    if (len)
        memcpy(copy, bytes, len);
    for (;;) {
        ssize_t n = record_segment_read(copy + at, len - at, &record, &why);

        if (n < 0 && !why)
            abort();
        if (n < 0 && strstr(why, "checksum")) {
            size_t packed = copy[at + 16] | (size_t)copy[at + 17] << 8 | (size_t)copy[at + 18] << 16 |
                            (size_t)copy[at + 19] << 24;

            record_segment_seal(copy + at, SEGMENT_HEAD_BYTES + packed);
            n = record_segment_read(copy + at, len - at, &record, &why);
            if (n < 0)
                abort();
        }
        if (n <= 0)
            break;
        if ((size_t)n > len - at || record.packed < copy + at ||
            record.packed + record.packed_len != copy + at + n)
            abort();
        base = take(base, json_of(&record), record.kind == SEGMENT_DELTA);
        at += (size_t)n;
    }
    json_decref(base);
    free(copy);
    return 0;
}
