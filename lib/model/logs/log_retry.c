/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/logs/log_retry.h>
#include <string.h>

#define PLACES       32768
#define EXAMPLES_MAX 10
/* A timer is not early, and a busy client is a little late. */
#define EARLY_MS 50
#define LATE_MS  250
/* Source: resolv.conf(5) for glibc; musl divides its 5 s by the attempts, which are two. */
#define GLIBC_MS 5000
#define MUSL_MS  2500

/* Small, since each query goes to another of them: milliseconds that begin anew every 49 days will do. */
struct retry_key {
    uint32_t check, came_ms, port_id;
};

struct log_retry {
    struct retry_key places[PLACES];
    uint64_t after_5s, after_2_5s, same_id, forgotten;
    struct log_query_facts examples[EXAMPLES_MAX];
    size_t examples_count;
    struct arena *arena;
};

struct log_retry *log_retry_new(struct arena *arena)
{
    struct log_retry *retry = ARENA_NEW(arena, struct log_retry);

    retry->arena = arena;
    return retry;
}

static bool is_about(uint32_t distance_ms, uint32_t timeout_ms)
{
    return distance_ms >= timeout_ms - EARLY_MS && distance_ms <= timeout_ms + LATE_MS;
}

static void tell(struct log_retry *r, const struct log_entry *query, uint64_t came_ns, uint32_t distance_ms)
{
    const struct coredns_line *line = &query->line;
    char time[CLOCK_TEXT];

    r->examples[r->examples_count++] = (struct log_query_facts){
        .time = arena_text(r->arena, clock_format(came_ns, time, sizeof(time))),
        .source = query->source->name,
        .client = arena_text_n(r->arena, line->client.at, line->client.len),
        .port = line->port == UINT32_MAX ? SHAPE_UNSET : line->port,
        .id = line->id == UINT32_MAX ? SHAPE_UNSET : line->id,
        .type = arena_text_n(r->arena, line->type.at, line->type.len),
        .name = arena_text_n(r->arena, line->name.at, line->name.len < 1024 ? line->name.len : 1024),
        .latency_ms = distance_ms,
    };
}

void log_retry_expect(const struct log_retry *r, uint64_t hash)
{
    __builtin_prefetch(&r->places[hash % PLACES], 1);
}

void log_retry_add(struct log_retry *r, const struct log_entry *query, uint64_t hash)
{
    struct retry_key *place = &r->places[hash % PLACES], before = *place;
    uint64_t took = query->line.duration_ns == COREDNS_UNSET ? 0 : query->line.duration_ns;
    uint64_t came_ns = query->time_ns > took ? query->time_ns - took : 0;
    struct retry_key now = {(uint32_t)(hash >> 32) | 1, (uint32_t)(came_ns / 1000000),
                            query->line.port << 16 | (query->line.id & 0xffff)};
    uint32_t distance_ms = now.came_ms - before.came_ms;
    bool five, half;

    *place = now;
    if (before.check != now.check) {
        r->forgotten += before.check && distance_ms < GLIBC_MS;
        return;
    }
    five = is_about(distance_ms, GLIBC_MS);
    half = is_about(distance_ms, MUSL_MS);
    if (!five && !half)
        return;
    r->after_5s += five;
    r->after_2_5s += half;
    r->same_id += before.port_id == now.port_id;
    if (r->examples_count < EXAMPLES_MAX)
        tell(r, query, came_ns, distance_ms);
}

void log_retry_facts(const struct log_retry *r, struct arena *arena, struct logs_facts *facts)
{
    facts->retries = ARENA_NEW(arena, struct log_retries_facts);
    *facts->retries = (struct log_retries_facts){
        .after_5s = r->after_5s,
        .after_2_5s = r->after_2_5s,
        .same_id = r->same_id,
        .forgotten = r->forgotten,
        .examples = arena_copy(arena, r->examples, sizeof(r->examples)),
        .examples_count = r->examples_count,
    };
}
