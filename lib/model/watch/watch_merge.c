/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/watch/watch_merge.h>
#include <math.h>
#include <string.h>

/* What one part does not tell is not known of all. */
static void add_count(uint64_t *to, uint64_t from)
{
    if (*to != SHAPE_UNSET && __builtin_add_overflow(*to, from, to))
        *to = SHAPE_UNSET;
}

/* NAN where a count is not known, or nothing was sent. */
static double share(uint64_t part, uint64_t sent, uint64_t answered, uint64_t lost)
{
    uint64_t decided = answered;

    add_count(&decided, lost);
    return sent && decided && part != SHAPE_UNSET && decided != SHAPE_UNSET ? (double)part / (double)decided
                                                                            : (double)NAN;
}

static void add_tallies(struct arena *arena, struct shape_tally **items, size_t *count,
                        const struct shape_tally *more, size_t more_count)
{
    for (size_t i = 0; i < more_count; i++) {
        size_t at = 0;

        while (at < *count && strcmp((*items)[at].name, more[i].name) != 0)
            at++;
        if (at == *count)
            *(struct shape_tally *)arena_push(arena, items, count, sizeof(**items)) =
                (struct shape_tally){more[i].name, 0};
        add_count(&(*items)[at].count, more[i].count);
    }
}

static void add_octaves(struct arena *arena, struct watch_target_facts *to,
                        const struct watch_target_facts *from)
{
    for (size_t i = 0; i < from->latency_count; i++) {
        size_t at = 0;

        while (at < to->latency_count && to->latency[at].below_us < from->latency[i].below_us)
            at++;
        if (at == to->latency_count || to->latency[at].below_us != from->latency[i].below_us) {
            ARENA_PUSH(arena, to->latency, to->latency_count);
            memmove(&to->latency[at + 1], &to->latency[at],
                    (to->latency_count - 1 - at) * sizeof(*to->latency));
            to->latency[at] = (struct histogram_octave_facts){from->latency[i].below_us, 0};
        }
        to->latency[at].count += from->latency[i].count;
    }
}

static uint64_t weighed(uint64_t a, uint64_t a_count, uint64_t b, uint64_t b_count)
{
    if (a == SHAPE_UNSET || b == SHAPE_UNSET)
        return a == SHAPE_UNSET ? b : a;
    return a_count + b_count ? (a * a_count + b * b_count) / (a_count + b_count) : a;
}

static void add_type(struct arena *arena, struct watch_target_facts *to, const struct watch_type_facts *from)
{
    struct watch_type_facts *t;
    size_t at = 0;

    while (at < to->types_count && strcmp(to->types[at].type, from->type) != 0)
        at++;
    if (at == to->types_count)
        *ARENA_PUSH(arena, to->types, to->types_count) =
            (struct watch_type_facts){.type = from->type, .avg_us = SHAPE_UNSET};
    t = &to->types[at];
    t->avg_us = weighed(t->avg_us, t->answered, from->avg_us, from->answered);
    add_count(&t->sent, from->sent);
    add_count(&t->answered, from->answered);
    add_count(&t->lost, from->lost);
    add_count(&t->bad, from->bad);
    t->loss_ratio = share(t->lost, t->sent, t->answered, t->lost);
    add_tallies(arena, &t->rcodes, &t->rcodes_count, from->rcodes, from->rcodes_count);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a == SHAPE_UNSET || (b != SHAPE_UNSET && b < a) ? b : a;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a == SHAPE_UNSET || (b != SHAPE_UNSET && b > a) ? b : a;
}

static const char *earlier(const char *a, const char *b)
{
    return !a || (b && strcmp(b, a) < 0) ? b : a;
}

static const char *later(const char *a, const char *b)
{
    return !a || (b && strcmp(b, a) > 0) ? b : a;
}

static void add(struct arena *arena, struct watch_target_facts *to, const struct watch_target_facts *from)
{
    to->avg_us = weighed(to->avg_us, to->answered, from->avg_us, from->answered);
    add_count(&to->sent, from->sent);
    add_count(&to->answered, from->answered);
    add_count(&to->lost, from->lost);
    add_count(&to->late, from->late);
    add_count(&to->bad, from->bad);
    add_count(&to->duplicates, from->duplicates);
    add_count(&to->mismatches, from->mismatches);
    to->first_bad = earlier(to->first_bad, from->first_bad);
    to->last_bad = later(to->last_bad, from->last_bad);
    to->loss_ratio = share(to->lost, to->sent, to->answered, to->lost);
    to->bad_ratio = share(to->bad, to->sent, to->answered, to->lost);
    to->min_us = least(to->min_us, from->min_us);
    to->max_us = most(to->max_us, from->max_us);
    to->longest_bad_streak = most(to->longest_bad_streak, from->longest_bad_streak);
    if (from->serial != SHAPE_UNSET)
        to->serial = from->serial;
    to->rejected_by = to->rejected_by ? to->rejected_by : from->rejected_by;
    to->first_failure = from->first_failure ? from->first_failure : to->first_failure;
    to->last_failure = from->last_failure ? from->last_failure : to->last_failure;
    to->frequency = from->frequency;
    add_tallies(arena, &to->rcodes, &to->rcodes_count, from->rcodes, from->rcodes_count);
    add_tallies(arena, &to->outcomes, &to->outcomes_count, from->outcomes, from->outcomes_count);
    add_tallies(arena, &to->unreachables, &to->unreachables_count, from->unreachables,
                from->unreachables_count);
    for (size_t i = 0; i < from->types_count; i++)
        add_type(arena, to, &from->types[i]);
    add_octaves(arena, to, from);
}

/* By the octaves, linear within one. */
static uint64_t by_octaves(const struct watch_target_facts *t, double ratio)
{
    double rank = 0, seen = 0;

    for (size_t i = 0; i < t->latency_count; i++)
        rank += (double)t->latency[i].count;
    rank *= ratio;
    for (size_t i = 0; i < t->latency_count; i++) {
        double count = (double)t->latency[i].count, below = (double)t->latency[i].below_us;

        if (count > 0 && seen + count >= rank)
            return (uint64_t)(below / 2 + below / 2 * (rank - seen) / count);
        seen += count;
    }
    return t->max_us;
}

static uint64_t bounded(uint64_t value, uint64_t low, uint64_t high)
{
    if (low == SHAPE_UNSET)
        return SHAPE_UNSET;
    return value < low ? low : value > high ? high : value;
}

static void add_percentiles(struct watch_target_facts *to, const struct watch_facts *const *parts,
                            size_t count)
{
    uint64_t low[3] = {SHAPE_UNSET, SHAPE_UNSET, SHAPE_UNSET},
             high[3] = {SHAPE_UNSET, SHAPE_UNSET, SHAPE_UNSET};

    for (size_t i = 0; i < count; i++) {
        const struct watch_target_facts *from = watch_target_find(parts[i], to->id);
        const uint64_t values[] = {from ? from->p50_us : SHAPE_UNSET, from ? from->p90_us : SHAPE_UNSET,
                                   from ? from->p99_us : SHAPE_UNSET};

        for (size_t k = 0; k < 3; k++) {
            low[k] = least(low[k], values[k]);
            high[k] = most(high[k], values[k]);
        }
    }
    to->p50_us = bounded(by_octaves(to, 0.5), low[0], high[0]);
    to->p90_us = bounded(by_octaves(to, 0.9), low[1], high[1]);
    to->p99_us = bounded(by_octaves(to, 0.99), low[2], high[2]);
}

static struct watch_target_facts *target_of(struct arena *arena, struct watch_facts *facts,
                                            const struct watch_target_facts *from)
{
    for (size_t i = 0; i < facts->targets_count; i++)
        if (strcmp(facts->targets[i].id, from->id) == 0)
            return &facts->targets[i];
    *ARENA_PUSH(arena, facts->targets, facts->targets_count) = (struct watch_target_facts){
        .id = from->id,
        .address = from->address,
        .role = from->role,
        .min_us = SHAPE_UNSET,
        .avg_us = SHAPE_UNSET,
        .max_us = SHAPE_UNSET,
        .serial = SHAPE_UNSET,
    };
    return &facts->targets[facts->targets_count - 1];
}

void watch_merge(struct arena *arena, const struct watch_facts *const *parts, size_t count,
                 struct watch_facts *ret_facts)
{
    struct watch_facts facts = {.status = -1, .frequency = -1};

    for (size_t i = 0; i < count; i++) {
        const struct watch_facts *part = parts[i];

        facts.interval = part->interval;
        facts.span_ms += part->span_ms;
        facts.began = part->began ? part->began : facts.began;
        add_count(&facts.sent, part->sent);
        add_count(&facts.skipped, part->skipped);
        facts.frequency = part->frequency;
        facts.frequency_text = part->frequency_text;
        facts.ports = part->ports;
        facts.histogram_error_ratio = part->histogram_error_ratio;
        facts.names_as = part->names_as;
        for (size_t k = 0; k < part->targets_count; k++)
            add(arena, target_of(arena, &facts, &part->targets[k]), &part->targets[k]);
    }
    for (size_t k = 0; k < facts.targets_count; k++)
        add_percentiles(&facts.targets[k], parts, count);
    *ret_facts = facts;
}
