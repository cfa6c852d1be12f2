/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/tracing/drops_since.h>

/* FNV-1a. Source: Fowler, Noll, Vo; its offset and its prime of 64 bits. */
static uint64_t hash(uint64_t value, const char *text)
{
    for (const char *at = text ? text : ""; *at; at++)
        value = (value ^ (unsigned char)*at) * UINT64_C(1099511628211);
    return (value ^ 0xff) * UINT64_C(1099511628211);
}

static uint64_t id_of(const struct drop_kind_facts *kind)
{
    const char *texts[] = {kind->reason, kind->function, kind->table, kind->chain};
    uint64_t id =
        UINT64_C(14695981039346656037) ^ ((uint64_t)(kind->cause + 1) << 16 | (uint64_t)(kind->hook + 1));

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        id = hash(id, texts[i]);
    return id;
}

/* Where the count of a kind is kept; NULL: there is no room. */
static uint64_t *count_of(struct drops_since *since, uint64_t id)
{
    for (size_t i = 0; i < since->count; i++)
        if (since->kinds[i] == id)
            return &since->counts[i];
    if (since->count == DROPS_SINCE_KINDS)
        return NULL;
    since->kinds[since->count] = id;
    since->counts[since->count] = 0;
    return &since->counts[since->count++];
}

static uint64_t take(uint64_t *before, uint64_t now)
{
    uint64_t grown = now > *before ? now - *before : 0;

    *before = now;
    return grown;
}

void drops_since_take(struct drops_since *since, const struct drops_facts *now, struct arena *arena,
                      struct drops_facts *facts)
{
    *facts = (struct drops_facts){.seconds = now->seconds,
                                  .drops = take(&since->drops, now->drops),
                                  .fragments = take(&since->fragments, now->fragments),
                                  .lost = take(&since->lost, now->lost),
                                  .unshown = take(&since->unshown, now->unshown),
                                  .uncounted = take(&since->uncounted, now->uncounted),
                                  .probes = now->probes,
                                  .probes_count = now->probes_count};
    for (size_t i = 0; i < now->kinds_count; i++) {
        uint64_t *before = count_of(since, id_of(&now->kinds[i])),
                 grown = before ? take(before, now->kinds[i].count) : 0;

        if (!grown)
            continue;
        *ARENA_PUSH(arena, facts->kinds, facts->kinds_count) = now->kinds[i];
        facts->kinds[facts->kinds_count - 1].count = grown;
    }
}
