/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/model/standing.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct item {
    struct arena *arena; /* of the texts; each item's own, so that it can be renewed */
    struct finding finding;
    struct clock_stamp since;
    uint64_t ended_ns; /* monotonic; 0 while it stands */
    uint64_t order;    /* of the update that saw it first: those of one are of one time */
    size_t rank;       /* in the last update that saw it */
    bool seen;
};

struct standing {
    struct item items[STANDING_MAX];
    size_t count;
    uint64_t updates, forgotten;
};

struct standing *standing_new(void)
{
    struct standing *standing = calloc(1, sizeof(*standing));

    if (!standing)
        err_out_of_memory();
    return standing;
}

void standing_free(struct standing *standing)
{
    for (size_t i = 0; standing && i < standing->count; i++)
        arena_free(standing->items[i].arena);
    free(standing);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static struct item *find(struct standing *standing, const struct finding *finding)
{
    for (size_t i = 0; i < standing->count; i++)
        if (strcmp(standing->items[i].finding.id, finding->id) == 0 &&
            same_text(standing->items[i].finding.subject, finding->subject))
            return &standing->items[i];
    return NULL;
}

static void drop(struct standing *standing, size_t i)
{
    arena_free(standing->items[i].arena);
    standing->items[i] = standing->items[--standing->count];
}

/* Room for one more: the one that ended first goes. */
static struct item *add(struct standing *standing)
{
    size_t oldest = STANDING_MAX;

    if (standing->count == STANDING_MAX) {
        for (size_t i = 0; i < standing->count; i++)
            if (standing->items[i].ended_ns &&
                (oldest == STANDING_MAX || standing->items[i].ended_ns < standing->items[oldest].ended_ns))
                oldest = i;
        standing->forgotten++;
        if (oldest == STANDING_MAX)
            return NULL;
        drop(standing, oldest);
    }
    standing->items[standing->count] = (struct item){.arena = arena_new()};
    return &standing->items[standing->count++];
}

static const char *keep(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, text) : NULL;
}

static const char **keep_all(struct arena *arena, const char **texts, size_t count)
{
    const char **kept = arena_array(arena, count + 1, sizeof(*kept));

    for (size_t i = 0; i < count; i++)
        kept[i] = arena_text(arena, texts[i]);
    return kept;
}

static void copy(struct item *item, const struct finding *from)
{
    struct finding *to = &item->finding;

    arena_reset(item->arena);
    *to = *from;
    to->id = keep(item->arena, from->id);
    to->title = keep(item->arena, from->title);
    to->subject = keep(item->arena, from->subject);
    to->cause = keep(item->arena, from->cause);
    to->consequence = keep(item->arena, from->consequence);
    to->evidence = keep_all(item->arena, from->evidence, from->evidence_count);
    to->remedy = keep_all(item->arena, from->remedy, from->remedy_count);
}

void standing_update(struct standing *standing, const struct finding *findings, size_t count,
                     struct clock_stamp now)
{
    standing->updates++;
    for (size_t i = 0; i < standing->count; i++)
        standing->items[i].seen = false;
    for (size_t i = 0; i < count; i++) {
        struct item *item = find(standing, &findings[i]);

        if (!item) {
            item = add(standing);
            if (!item)
                continue;
            item->ended_ns = 1;
        }
        if (item->ended_ns) {
            item->since = now;
            item->order = standing->updates;
        }
        item->ended_ns = 0;
        item->seen = true;
        item->rank = i;
        copy(item, &findings[i]);
    }
    for (size_t i = standing->count; i-- > 0;) {
        struct item *item = &standing->items[i];

        if (!item->seen && !item->ended_ns)
            item->ended_ns = now.mono_ns;
        if (item->ended_ns && now.mono_ns - item->ended_ns > STANDING_OVER_NS)
            drop(standing, i);
    }
}

struct place {
    const struct item *item;
};

static int by_news(const void *a, const void *b)
{
    const struct item *x = ((const struct place *)a)->item, *y = ((const struct place *)b)->item;

    if (!x->ended_ns != !y->ended_ns)
        return x->ended_ns ? 1 : -1;
    if (x->ended_ns != y->ended_ns)
        return x->ended_ns > y->ended_ns ? -1 : 1;
    if (x->order != y->order)
        return x->order > y->order ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0;
}

void standing_facts_of(const struct standing *standing, struct clock_stamp now, struct arena *arena,
                       struct top_facts *facts)
{
    struct place *items = arena_array(arena, standing->count + 1, sizeof(*items));
    char time[CLOCK_TEXT];

    for (size_t i = 0; i < standing->count; i++)
        items[i].item = &standing->items[i];
    qsort(items, standing->count, sizeof(*items), by_news);
    facts->standing = arena_array(arena, standing->count + 1, sizeof(*facts->standing));
    facts->standing_count = standing->count;
    facts->standing_forgotten = standing->forgotten;
    for (size_t i = 0; i < standing->count; i++) {
        const struct finding *f = &items[i].item->finding;
        uint64_t ended_ns = items[i].item->ended_ns;

        facts->standing[i] = (struct standing_facts){
            .id = f->id,
            .title = f->title,
            .subject = f->subject,
            .severity = f->severity,
            .since = arena_text(arena, clock_format(items[i].item->since.real_ns, time, sizeof(time))),
            .stood_s = seconds(items[i].item->since.mono_ns, ended_ns ? ended_ns : now.mono_ns),
            .over_s = ended_ns ? seconds(ended_ns, now.mono_ns) : (double)NAN,
            .consequence = f->consequence,
            .evidence = f->evidence,
            .evidence_count = f->evidence_count,
            .cause = f->cause,
            .remedy = f->remedy,
            .remedy_count = f->remedy_count,
        };
    }
}
