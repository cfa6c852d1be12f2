/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/logs/log_pending.h>
#include <k8sdns/model/statistics/heavy_hitters.h>
#include <stdlib.h>
#include <string.h>

#define NONE    UINT32_MAX
#define BUCKETS 65536

/* What is kept of a query to tell of it; longer names are cut. */
struct pending_query {
    uint64_t hash, time_ns, elapsed_ns;
    const struct log_source *source;
    uint32_t chain, older, newer; /* in its bucket; by age */
    uint16_t port, id;
    bool tcp;
    char client[48], type[16], name[128];
};

struct log_pending {
    struct arena *arena;
    uint64_t threshold_ns;
    struct pending_query *all;
    uint32_t used, free, oldest, newest;
    uint32_t buckets[BUCKETS];
    uint64_t received, answered, gone, ended, forgotten;
    /* Those that are told though their place was needed, or their server has ended. */
    struct pending_query *kept;
    bool kept_ended[LOG_UNANSWERED_MAX];
    uint64_t kept_age_ns[LOG_UNANSWERED_MAX];
    size_t kept_count;
};

struct log_pending *log_pending_new(struct arena *arena, uint64_t threshold_ns)
{
    struct log_pending *p = ARENA_NEW(arena, struct log_pending);

    p->arena = arena;
    p->threshold_ns = threshold_ns;
    p->all = arena_array(arena, LOG_PENDING_MAX, sizeof(*p->all));
    p->kept = arena_array(arena, LOG_UNANSWERED_MAX, sizeof(*p->kept));
    p->free = p->oldest = p->newest = NONE;
    memset(p->buckets, 0xff, sizeof(p->buckets));
    return p;
}

static uint64_t hash_of(const struct log_entry *entry)
{
    const struct coredns_line *line = &entry->line;
    uint64_t hash = top_hash(line->name.at, line->name.len);

    hash = hash * 31 + top_hash(line->client.at, line->client.len);
    hash = hash * 31 + top_hash(line->type.at, line->type.len);
    hash = hash * 31 + ((uint64_t)line->port << 32 | line->id);
    hash = hash * 31 + entry->source->index;
    return hash ^ hash >> 32;
}

static void keep_text(char *to, size_t size, struct log_word word)
{
    size_t len = word.len < size ? word.len : size - 1;

    memcpy(to, word.at, len);
    to[len] = '\0';
}

static void remove_place(struct log_pending *p, uint32_t at)
{
    struct pending_query *w = &p->all[at];
    uint32_t *link = &p->buckets[w->hash % BUCKETS];

    while (*link != at)
        link = &p->all[*link].chain;
    *link = w->chain;
    if (w->older == NONE)
        p->oldest = w->newer;
    else
        p->all[w->older].newer = w->newer;
    if (w->newer == NONE)
        p->newest = w->older;
    else
        p->all[w->newer].older = w->older;
    w->chain = p->free;
    p->free = at;
}

/* How long it has waited: by times, else by what its source has answered since. */
static uint64_t age_ns(const struct pending_query *w, uint64_t now_ns)
{
    if (w->time_ns)
        return now_ns > w->time_ns ? now_ns - w->time_ns : 0;
    return w->source->elapsed_ns - w->elapsed_ns;
}

static void keep(struct log_pending *p, const struct pending_query *w, uint64_t age, bool ended)
{
    if (p->kept_count == LOG_UNANSWERED_MAX)
        return;
    p->kept[p->kept_count] = *w;
    p->kept_age_ns[p->kept_count] = age;
    p->kept_ended[p->kept_count++] = ended;
}

static uint32_t take_place(struct log_pending *p, uint64_t now_ns)
{
    uint32_t at;

    if (p->free == NONE && p->used < LOG_PENDING_MAX)
        return p->used++;
    if (p->free == NONE) {
        const struct pending_query *w = &p->all[p->oldest];
        uint64_t age = age_ns(w, now_ns);

        if (age >= p->threshold_ns) {
            p->gone++;
            keep(p, w, age, false);
        } else {
            p->forgotten++;
        }
        remove_place(p, p->oldest);
    }
    at = p->free;
    p->free = p->all[at].chain;
    return at;
}

void log_pending_received(struct log_pending *p, const struct log_entry *entry)
{
    uint32_t at = take_place(p, entry->time_ns);
    struct pending_query *w = &p->all[at];

    p->received++;
    *w = (struct pending_query){.hash = hash_of(entry),
                                .time_ns = entry->time_ns,
                                .elapsed_ns = entry->source->elapsed_ns,
                                .source = entry->source,
                                .older = p->newest,
                                .newer = NONE,
                                .port = (uint16_t)entry->line.port,
                                .id = (uint16_t)entry->line.id,
                                .tcp = entry->line.protocol.at[0] == 't'};
    keep_text(w->client, sizeof(w->client), entry->line.client);
    keep_text(w->type, sizeof(w->type), entry->line.type);
    keep_text(w->name, sizeof(w->name), entry->line.name);
    w->chain = p->buckets[w->hash % BUCKETS];
    p->buckets[w->hash % BUCKETS] = at;
    if (p->newest == NONE)
        p->oldest = at;
    else
        p->all[p->newest].newer = at;
    p->newest = at;
}

/* How far a query's time is from when the answered one must have come. */
static uint64_t distance(const struct pending_query *w, const struct log_entry *query)
{
    uint64_t took = query->line.duration_ns == COREDNS_UNSET ? 0 : query->line.duration_ns;
    uint64_t came = query->time_ns > took ? query->time_ns - took : 0;

    if (!w->time_ns || !query->time_ns)
        return 0;
    return came > w->time_ns ? came - w->time_ns : w->time_ns - came;
}

/* A resolver that asks again does so with the same port and id: of several the nearest in time is meant. */
void log_pending_answered(struct log_pending *p, const struct log_entry *query)
{
    uint64_t hash = hash_of(query), least = UINT64_MAX, now;
    uint32_t best = NONE;

    for (uint32_t at = p->buckets[hash % BUCKETS]; at != NONE; at = p->all[at].chain)
        if (p->all[at].hash == hash && p->all[at].source == query->source &&
            distance(&p->all[at], query) < least) {
            least = distance(&p->all[at], query);
            best = at;
        }
    if (best == NONE)
        return;
    p->answered++;
    if (query->line.duration_ns != COREDNS_UNSET) {
        now = p->all[best].elapsed_ns + query->line.duration_ns;
        if (now > query->source->elapsed_ns)
            query->source->elapsed_ns = now;
    }
    remove_place(p, best);
}

void log_pending_ended(struct log_pending *p, const struct log_source *source)
{
    for (uint32_t at = p->oldest, next; at != NONE; at = next) {
        next = p->all[at].newer;
        if (p->all[at].source != source)
            continue;
        p->ended++;
        keep(p, &p->all[at], age_ns(&p->all[at], source->last_ns), true);
        remove_place(p, at);
    }
}

static void tell(const struct pending_query *w, uint64_t age, bool ended, struct arena *arena,
                 struct logs_facts *facts)
{
    char time[CLOCK_TEXT];

    *ARENA_PUSH(arena, facts->unanswered, facts->unanswered_count) = (struct log_unanswered_facts){
        .time = w->time_ns ? arena_text(arena, clock_format(w->time_ns, time, sizeof(time))) : NULL,
        .source = w->source->name,
        .client = arena_text(arena, w->client),
        .port = w->port,
        .id = w->id,
        .type = arena_text(arena, w->type),
        .name = arena_text(arena, w->name),
        .protocol = w->tcp ? "tcp" : "udp",
        .age_ms = (double)age / 1e6,
        .at_least = !w->time_ns,
        .ended = ended,
    };
}

void log_pending_facts(const struct log_pending *p, struct arena *arena, uint64_t now_ns,
                       struct logs_facts *facts)
{
    struct log_dump_facts *dump = ARENA_NEW(arena, struct log_dump_facts);

    *dump = (struct log_dump_facts){.received = p->received,
                                    .answered = p->answered,
                                    .unanswered = p->gone,
                                    .ended = p->ended,
                                    .forgotten = p->forgotten,
                                    .threshold_ms = (double)p->threshold_ns / 1e6};
    facts->dump = dump;
    for (size_t i = 0; i < p->kept_count; i++)
        tell(&p->kept[i], p->kept_age_ns[i], p->kept_ended[i], arena, facts);
    for (uint32_t at = p->oldest; at != NONE; at = p->all[at].newer) {
        uint64_t age = age_ns(&p->all[at], now_ns);

        if (age < p->threshold_ns) {
            dump->in_flight++;
            continue;
        }
        dump->unanswered++;
        if (facts->unanswered_count < LOG_UNANSWERED_MAX)
            tell(&p->all[at], age, false, arena, facts);
    }
}
