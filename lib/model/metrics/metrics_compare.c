/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replicas side by side: a number that stands out from the median of the others', with a factor and a
 * least difference.
 */
#include <k8sdns/base/number.h>
#include <k8sdns/model/metrics/metrics_facts.h>
#include <k8sdns/model/statistics/median.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/*
 * Who is the odd one: a number is held against the median of the other replicas' and must differ by a factor
 * and by an amount that matters, since small numbers differ by chance. Two replicas alone can differ without
 * a way to tell which is odd, so it takes three.
 */
static const struct measure {
    int is; /* enum metrics_measure */
    size_t offset;
    double factor, least;  /* the least difference, in its unit */
    const char *unit;      /* "" for durations, in ms */
    double scale;          /* to the unit */
    bool lower, in_window; /* too little is odd as well; it means nothing over a whole life */
} measures[] = {
    {MEASURE_P50, offsetof(struct metrics_replica_facts, latency_ms.p50), 5, 10, "", 1, false, false},
    {MEASURE_P99, offsetof(struct metrics_replica_facts, latency_ms.p99), 5, 100, "", 1, false, false},
    {MEASURE_SERVFAIL, offsetof(struct metrics_replica_facts, servfail_ratio), 5, 0.01, "%", 100, false,
     false},
    {MEASURE_LOAD, offsetof(struct metrics_replica_facts, qps), 3, 50, "requests/s", 1, true, true},
    {MEASURE_CACHE_HITS, offsetof(struct metrics_replica_facts, cache_hit_ratio), 2, 0.3, "%", 100, true,
     false},
    {MEASURE_CPU, offsetof(struct metrics_replica_facts, cpu_cores), 3, 0.3, "cores", 1, false, true},
};

#define REPLICAS_LEAST 3

static bool is_peer(const struct metrics_replica_facts *replica)
{
    return !replica->error && replica->role != METRICS_OF_CLUSTER_IP;
}

static bool are_peers(const struct metrics_replica_facts *a, const struct metrics_replica_facts *b)
{
    return a != b && is_peer(a) && is_peer(b) && a->role == b->role;
}

static double value_of(const struct metrics_replica_facts *replica, const struct measure *measure)
{
    double value;

    memcpy(&value, (const char *)replica + measure->offset, sizeof(value));
    return value;
}

/* Both numbers are of a window, or both of a whole life: only like is compared with like. */
static bool are_alike(const struct metrics_replica_facts *a, const struct metrics_replica_facts *b,
                      const struct measure *measure)
{
    if (!*measure->unit)
        return a->latency_ms.window == b->latency_ms.window;
    return isnan(a->window_s) == isnan(b->window_s);
}

/* The median of the others; NAN when fewer than two others have a value. */
static double median_of_others(struct arena *arena, const struct metrics_facts *facts,
                               const struct metrics_replica_facts *me, const struct measure *measure)
{
    double *others = arena_array(arena, facts->replicas_count, sizeof(*others));
    size_t count = 0;

    for (size_t i = 0; i < facts->replicas_count; i++) {
        double value = value_of(&facts->replicas[i], measure);

        if (are_peers(me, &facts->replicas[i]) && are_alike(me, &facts->replicas[i], measure) &&
            !isnan(value))
            others[count++] = value;
    }
    return count + 1 < REPLICAS_LEAST ? (double)NAN : median(others, count);
}

static void note(struct arena *arena, struct metrics_facts *facts, struct metrics_replica_facts *replica,
                 int measure, const char *sentence)
{
    *ARENA_PUSH(arena, replica->outliers, replica->outliers_count) = metrics_measure_names[measure];
    *ARENA_PUSH(arena, facts->differences, facts->differences_count) = sentence;
    *ARENA_PUSH(arena, facts->outliers, facts->outliers_count) =
        (struct metrics_outlier_facts){replica->source, measure, sentence};
}

static const char *value_text(struct arena *arena, const struct measure *measure, double value)
{
    char text[DURATION_TEXT];

    if (!*measure->unit)
        return arena_text(arena, duration_format_us(text, sizeof(text), number_whole(value * 1e3)));
    return arena_printf(arena, "%.3g %s", value * measure->scale, measure->unit);
}

static void compare_measure(struct arena *arena, struct metrics_facts *facts,
                            struct metrics_replica_facts *replica, const struct measure *measure)
{
    double value = value_of(replica, measure), others = median_of_others(arena, facts, replica, measure);
    bool more = value >= others * measure->factor && value >= others + measure->least;
    bool less = measure->lower && value * measure->factor <= others && value + measure->least <= others;

    /* Of few answers the slowest is chance. */
    if (!*measure->unit && replica->latency_ms.observations < METRICS_OBSERVATIONS_LEAST)
        return;
    if (isnan(value) || isnan(others) || !(more || less) || (measure->in_window && isnan(replica->window_s)))
        return;
    note(arena, facts, replica, measure->is,
         arena_printf(arena, "%s: %s %s, the others %s", replica->source, metrics_measure_names[measure->is],
                      value_text(arena, measure, value), value_text(arena, measure, others)));
}

/* The text that most others have; NULL when there is none. */
static const char *most_have(const struct metrics_facts *facts, const struct metrics_replica_facts *me,
                             size_t offset, size_t *ret_others)
{
    const char *best = NULL;
    size_t best_count = 0;

    *ret_others = 0;
    for (size_t i = 0; i < facts->replicas_count; i++) {
        const char *text, *other;
        size_t count = 0;

        memcpy(&text, (const char *)&facts->replicas[i] + offset, sizeof(text));
        if (!text || !are_peers(me, &facts->replicas[i]))
            continue;
        ++*ret_others;
        for (size_t k = 0; k < facts->replicas_count; k++) {
            memcpy(&other, (const char *)&facts->replicas[k] + offset, sizeof(other));
            count += other && are_peers(me, &facts->replicas[k]) && strcmp(text, other) == 0;
        }
        if (count > best_count) {
            best = text;
            best_count = count;
        }
    }
    return best_count * 2 > *ret_others ? best : NULL;
}

static void compare_text(struct arena *arena, struct metrics_facts *facts,
                         struct metrics_replica_facts *replica, size_t offset, int measure, bool shown)
{
    const char *name = metrics_measure_names[measure];
    const char *mine, *theirs;
    size_t others;

    memcpy(&mine, (const char *)replica + offset, sizeof(mine));
    theirs = most_have(facts, replica, offset, &others);
    if (!mine || !theirs || others + 1 < REPLICAS_LEAST || strcmp(mine, theirs) == 0)
        return;
    note(arena, facts, replica, measure,
         shown ? arena_printf(arena, "%s: %s %s, the others %s", replica->source, name, mine, theirs)
               : arena_printf(arena, "%s: another %s than the others", replica->source, name));
}

/* What should not grow at all stands out where it grows at one alone. */
static void compare_event(struct arena *arena, struct metrics_facts *facts,
                          struct metrics_replica_facts *replica, size_t offset, int measure)
{
    const char *name = metrics_measure_names[measure];
    uint64_t mine, theirs;
    size_t others = 0;

    memcpy(&mine, (const char *)replica + offset, sizeof(mine));
    for (size_t i = 0; i < facts->replicas_count; i++) {
        if (!are_peers(replica, &facts->replicas[i]))
            continue;
        others++;
        memcpy(&theirs, (const char *)&facts->replicas[i] + offset, sizeof(theirs));
        if (theirs)
            return;
    }
    if (mine && mine != SHAPE_UNSET && others)
        note(arena, facts, replica, measure,
             arena_printf(arena, "%s: %s (%llu), the others none", replica->source, name,
                          (unsigned long long)mine));
}

#define AT(member) offsetof(struct metrics_replica_facts, member)

void metrics_compare(struct arena *arena, struct metrics_facts *facts)
{
    for (size_t i = 0; i < facts->replicas_count; i++) {
        struct metrics_replica_facts *replica = &facts->replicas[i];

        if (!is_peer(replica))
            continue;
        for (size_t k = 0; k < sizeof(measures) / sizeof(measures[0]); k++)
            compare_measure(arena, facts, replica, &measures[k]);
        compare_text(arena, facts, replica, AT(version), MEASURE_VERSION, true);
        compare_text(arena, facts, replica, AT(config_hash), MEASURE_COREFILE, false);
        compare_event(arena, facts, replica, AT(panics_total), MEASURE_PANICS);
        compare_event(arena, facts, replica, AT(reload_failed_total), MEASURE_FAILED_RELOADS);
        compare_event(arena, facts, replica, AT(api.errors), MEASURE_API_ERRORS);
    }
}
