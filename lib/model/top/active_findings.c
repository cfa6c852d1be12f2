/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/model/top/active_findings.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct finding_item {
    struct arena *arena; /* of the texts; each item's own, so that it can be renewed */
    struct finding finding;
    struct clock_stamp since;
    uint64_t ended_ns; /* monotonic; 0 while it stands */
    size_t rank;       /* in the last update that saw it */
    bool seen;
};

struct active_findings {
    struct finding_item items[STANDING_MAX];
    size_t count;
    uint64_t forgotten;
};

struct active_findings *active_findings_new(void)
{
    struct active_findings *active_findings = calloc(1, sizeof(*active_findings));

    if (!active_findings)
        err_out_of_memory();
    return active_findings;
}

void active_findings_free(struct active_findings *active_findings)
{
    for (size_t i = 0; active_findings && i < active_findings->count; i++)
        arena_free(active_findings->items[i].arena);
    free(active_findings);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static struct finding_item *find(struct active_findings *active_findings, const struct finding *finding)
{
    for (size_t i = 0; i < active_findings->count; i++)
        if (strcmp(active_findings->items[i].finding.id, finding->id) == 0 &&
            same_text(active_findings->items[i].finding.subject, finding->subject))
            return &active_findings->items[i];
    return NULL;
}

static void drop(struct active_findings *active_findings, size_t i)
{
    arena_free(active_findings->items[i].arena);
    active_findings->items[i] = active_findings->items[--active_findings->count];
}

/* Room for one more: the one that ended first goes. */
static struct finding_item *add(struct active_findings *active_findings)
{
    size_t oldest = STANDING_MAX;

    if (active_findings->count == STANDING_MAX) {
        for (size_t i = 0; i < active_findings->count; i++)
            if (active_findings->items[i].ended_ns &&
                (oldest == STANDING_MAX ||
                 active_findings->items[i].ended_ns < active_findings->items[oldest].ended_ns))
                oldest = i;
        active_findings->forgotten++;
        if (oldest == STANDING_MAX)
            return NULL;
        drop(active_findings, oldest);
    }
    active_findings->items[active_findings->count] = (struct finding_item){.arena = arena_new()};
    return &active_findings->items[active_findings->count++];
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

static void copy(struct finding_item *item, const struct finding *from)
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

void active_findings_update(struct active_findings *active_findings, const struct finding *findings,
                            size_t count, struct clock_stamp now)
{
    for (size_t i = 0; i < active_findings->count; i++)
        active_findings->items[i].seen = false;
    for (size_t i = 0; i < count; i++) {
        struct finding_item *item = find(active_findings, &findings[i]);

        if (!item) {
            item = add(active_findings);
            if (!item)
                continue;
            item->ended_ns = 1;
        }
        if (item->ended_ns) {
            item->since = now;
        }
        item->ended_ns = 0;
        item->seen = true;
        item->rank = i;
        copy(item, &findings[i]);
    }
    for (size_t i = active_findings->count; i-- > 0;) {
        struct finding_item *item = &active_findings->items[i];

        if (!item->seen && !item->ended_ns)
            item->ended_ns = now.mono_ns;
        if (item->ended_ns && now.mono_ns - item->ended_ns > STANDING_OVER_NS)
            drop(active_findings, i);
    }
}

struct finding_place {
    const struct finding_item *item;
};

/* Those that stand as diagnose ranks them, causes above their consequences; then those that ended last. */
static int by_rank(const void *a, const void *b)
{
    const struct finding_item *x = ((const struct finding_place *)a)->item,
                              *y = ((const struct finding_place *)b)->item;

    if (!x->ended_ns != !y->ended_ns)
        return x->ended_ns ? 1 : -1;
    if (x->ended_ns != y->ended_ns)
        return x->ended_ns > y->ended_ns ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0;
}

void active_finding_facts_of(const struct active_findings *active_findings, struct clock_stamp now,
                             struct arena *arena, struct top_facts *facts)
{
    struct finding_place *items = arena_array(arena, active_findings->count + 1, sizeof(*items));
    char time[CLOCK_TEXT];

    for (size_t i = 0; i < active_findings->count; i++)
        items[i].item = &active_findings->items[i];
    qsort(items, active_findings->count, sizeof(*items), by_rank);
    facts->active_findings = arena_array(arena, active_findings->count + 1, sizeof(*facts->active_findings));
    facts->active_findings_count = active_findings->count;
    facts->active_findings_forgotten = active_findings->forgotten;
    for (size_t i = 0; i < active_findings->count; i++) {
        const struct finding *f = &items[i].item->finding;
        uint64_t ended_ns = items[i].item->ended_ns;

        facts->active_findings[i] = (struct active_finding_facts){
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
