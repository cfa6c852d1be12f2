/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../statistics/rank.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/model/scope/scope_peak.h>
#include <k8sdns/model/statistics/shuffle.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOWS_MAX PEAK_WINDOWS_MAX
/* Fewer moments cannot be told from chance: four can be put in no more than 24 orders. */
#define WINDOWS_MIN 6
#define SHUFFLES    2000
#define CHANCE      0.01
/* As for one place's own windows of time; see frequency.c. */
#define CORRELATION 0.5
#define SHARE       0.8
#define FACTOR      1.5

const char *const scope_load_names[] = {"latency", "conntrack-fill", "cpu-pressure", "queries", NULL};

static const size_t offsets[SCOPE_LOADS] = {
    [SCOPE_LOAD_LATENCY] = offsetof(struct report_load, latency_ms),
    [SCOPE_LOAD_CONNTRACK] = offsetof(struct report_load, conntrack_fill_ratio),
    [SCOPE_LOAD_PRESSURE] = offsetof(struct report_load, cpu_pressure_percent),
    [SCOPE_LOAD_QUERIES] = offsetof(struct report_load, queries_per_second),
};

static double load_of(const struct scope_report *report, enum scope_load kind)
{
    double value;

    memcpy(&value, (const char *)&report->load + offsets[kind], sizeof(value));
    return value;
}

static int by_load(const void *a, const void *b)
{
    const struct peak_window *x = a, *y = b;

    return (x->load > y->load) - (x->load < y->load);
}

/* The share of orders in which the failures go with the load as much as they do. */
static double chance_of(const double *load, double *bad, size_t count, double seen)
{
    uint64_t state = SHUFFLE_SEED;
    size_t as_much = 1;

    for (size_t n = 0; n < SHUFFLES; n++) {
        for (size_t i = count; i > 1; i--) {
            size_t k = shuffle_next(&state) % i;
            double kept = bad[i - 1];

            bad[i - 1] = bad[k];
            bad[k] = kept;
        }
        as_much += rank_correlation(load, bad, count) >= seen - 1e-9;
    }
    return (double)as_much / (SHUFFLES + 1);
}

/* When each report was made; UINT64_MAX when it does not say. */
static const uint64_t *moments(struct arena *arena, const struct scope_report *reports, size_t count,
                               uint64_t *ret_first, uint64_t *ret_last)
{
    uint64_t *times = arena_array(arena, count + 1, sizeof(*times));

    *ret_first = UINT64_MAX;
    *ret_last = 0;
    for (size_t i = 0; i < count; i++) {
        if (!clock_parse(reports[i].time, &times[i])) {
            times[i] = UINT64_MAX;
            continue;
        }
        *ret_first = times[i] < *ret_first ? times[i] : *ret_first;
        *ret_last = times[i] > *ret_last ? times[i] : *ret_last;
    }
    return times;
}

/* Put the reports that know this load into windows of equal width; those without any are left out. */
static size_t make_windows(struct arena *arena, const struct scope_report *reports, size_t count,
                           enum scope_load kind, struct peak_window *windows)
{
    uint64_t first, last, width;
    const uint64_t *times = moments(arena, reports, count, &first, &last);
    size_t used = 0;

    if (first >= last)
        return 0;
    width = (last - first) / WINDOWS_MAX + 1;
    for (size_t i = 0; i < count; i++) {
        double load = load_of(&reports[i], kind);
        struct peak_window *w = times[i] == UINT64_MAX ? NULL : &windows[(times[i] - first) / width];

        if (!w || isnan(load))
            continue;
        w->load += load;
        w->reports++;
        w->failing += reports[i].fails;
    }
    for (size_t i = 0; i < WINDOWS_MAX; i++) {
        if (windows[i].reports < 1)
            continue;
        windows[used] = windows[i];
        windows[used].load /= windows[used].reports;
        windows[used].bad_ratio = windows[used].failing / windows[used].reports;
        used++;
    }
    return used;
}

bool peak_windows_judge(struct peak_window *windows, size_t used, int kind, double chances,
                        struct scope_peak_facts *ret)
{
    size_t half = used / 2;
    double load[WINDOWS_MAX], ratio[WINDOWS_MAX], load_rank[WINDOWS_MAX], bad_rank[WINDOWS_MAX];
    double seen[2] = {0}, bad[2] = {0};

    *ret = (struct scope_peak_facts){.load = kind, .windows = used};
    if (used < WINDOWS_MIN)
        return false;
    qsort(windows, used, sizeof(*windows), by_load);
    for (size_t i = 0; i < used; i++) {
        load[i] = windows[i].load;
        ratio[i] = windows[i].bad_ratio;
        seen[i >= half] += windows[i].reports;
        bad[i >= half] += windows[i].failing;
    }
    rank_values(load, used, load_rank);
    rank_values(ratio, used, bad_rank);
    ret->correlation = rank_correlation(load_rank, bad_rank, used);
    ret->chance = chance_of(load_rank, bad_rank, used, ret->correlation);
    ret->calm_load = windows[half / 2].load;
    ret->busy_load = windows[half + (used - half) / 2].load;
    ret->calm_failing_ratio = bad[0] / seen[0];
    ret->busy_failing_ratio = bad[1] / seen[1];
    ret->follows = ret->correlation >= CORRELATION && ret->chance * chances < CHANCE &&
                   bad[1] >= SHARE * (bad[0] + bad[1]) && ret->busy_load >= FACTOR * ret->calm_load;
    return true;
}

/* Fill what one kind of load shows; false when there are too few moments to tell. */
static bool test_load(struct arena *arena, const struct scope_report *reports, size_t count,
                      enum scope_load kind, struct scope_peak_facts *ret)
{
    struct peak_window windows[WINDOWS_MAX] = {0};
    size_t used = make_windows(arena, reports, count, kind, windows);

    /* As many chances are taken as there are kinds. */
    return peak_windows_judge(windows, used, (int)kind, SCOPE_LOADS, ret);
}

bool scope_peak(struct arena *arena, const struct scope_report *reports, size_t count,
                struct scope_peak_facts *ret_peak)
{
    struct scope_peak_facts one;
    bool any = false;

    *ret_peak = (struct scope_peak_facts){0};
    for (int kind = 0; kind < SCOPE_LOADS; kind++) {
        if (!test_load(arena, reports, count, (enum scope_load)kind, &one)) {
            if (!any && one.windows > ret_peak->windows)
                *ret_peak = one;
            continue;
        }
        if (!any || one.follows > ret_peak->follows ||
            (one.follows == ret_peak->follows && one.chance < ret_peak->chance))
            *ret_peak = one;
        any = true;
    }
    return any;
}

static const struct shape_field fields[] = {
    SHAPE_FIELD_CHOICE(struct scope_peak_facts, load, "load", scope_load_names,
                       "what the failures were compared with, of all that the reports know the one that "
                       "they go with most"),
    SHAPE_FIELD_BOOL(struct scope_peak_facts, follows, "follows",
                     "the failures follow it, beyond chance and by much"),
    SHAPE_FIELD_COUNT(struct scope_peak_facts, windows, "windows", "of time that were compared"),
    SHAPE_FIELD_REAL(struct scope_peak_facts, correlation, "correlation", "by rank (Spearman)"),
    SHAPE_FIELD_REAL(struct scope_peak_facts, chance, "chance",
                     "the share of shuffles in which they go together as much"),
    SHAPE_FIELD_REAL(struct scope_peak_facts, calm_load, "calm_load",
                     "the median of the calmer half of the windows: ms, ratio, percent, or a second"),
    SHAPE_FIELD_REAL(struct scope_peak_facts, busy_load, "busy_load", "of the busier half"),
    SHAPE_FIELD_REAL(struct scope_peak_facts, calm_failing_ratio, "calm_failing_ratio",
                     "reports that fail in the calmer half, 0 to 1"),
    SHAPE_FIELD_REAL(struct scope_peak_facts, busy_failing_ratio, "busy_failing_ratio", "in the busier half"),
};
const struct shape scope_peak_facts_shape = SHAPE(struct scope_peak_facts, fields, "scope_peak");
