/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet_width.h"
#include "fleet_mixture.h"
#include <k8sdns/model/scope/scope_crowding.h>
#include <k8sdns/model/statistics/median.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of our choice, as all numbers here: set on made fleets, and tried on others (tests/unit/test_fleet.c). */
#define NODE_FLOOR  0.005 /* a node that fails less is not called failing */
#define FLEET_FLOOR 0.002 /* nor is a typical node */
#define MUCH        0.05  /* a node that fails so much is failing, whatever it did the day before */
#define FEW_FAILED  10    /* fewer failures of a node say nothing */
#define WHOLE_RATIO 0.9
#define CHANCE      0.01
#define WIDE_SPREAD 1
#define FEW_NODES   10
#define SURE        0.9 /* that a node is an outlier, to call it failing */
/* Of the nodes that burst in either half of the time, so many do in both where it is the same ones. */
#define SAME_RATIO 0.3
/* Where the whole cluster fails, at least so many nodes do at a time; cells must hold so many failures to
 * tell. */
#define AT_ONCE     0.4
#define CELL_FAILED 10
#define ZONES_TRIED 64
#define ZONE_NODES  5
#define ZONE_TIMES  10
#define TIMES_USUAL 3 /* a node, or a window, that fails less than this much more is as usual */
#define STRONG      6 /* standard deviations */
/* So little is taken to be known of a node's day before: as if so many queries had failed as everywhere. */
#define PRIOR 200
/* Where the typical node fails, one that fails a fifth as much does, too. */
#define FACTOR_OF_TYPICAL 5

static const bool *chosen(const struct fleet_width *w)
{
    return w->windows_count ? w->windows : NULL;
}

/* The share of each window over all nodes; NAN where nothing was asked. */
static void window_ratios(const struct fleet *f, enum fleet_signal signal, double *asked, double *failed)
{
    for (size_t t = 0; t < f->windows; t++) {
        asked[t] = failed[t] = 0;
        for (size_t i = 0; i < f->count; i++) {
            asked[t] += (double)f->nodes[i].cells[signal].asked[t];
            failed[t] += (double)f->nodes[i].cells[signal].failed[t];
        }
    }
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Choose the windows in which more fails than usually; all of them when none or nearly all do. */
static void choose_windows(const struct fleet *f, enum fleet_signal signal, struct fleet_width *w)
{
    double asked[FLEET_WINDOWS_MAX], failed[FLEET_WINDOWS_MAX], sorted[FLEET_WINDOWS_MAX], low;
    size_t used = 0, elevated = 0;

    window_ratios(f, signal, asked, failed);
    for (size_t t = 0; t < f->windows; t++)
        if (asked[t] > 0)
            sorted[used++] = failed[t] / asked[t];
    if (!used)
        return;
    qsort(sorted, used, sizeof(*sorted), by_value);
    low = sorted[used / 4];
    for (size_t t = 0; t < f->windows; t++) {
        double expected = asked[t] * fmax(low, 1e-5);

        w->windows[t] = asked[t] > 0 && failed[t] >= fmax(FLEET_FLOOR, TIMES_USUAL * low) * asked[t] &&
                        failed[t] - expected >= STRONG * sqrt(expected) && failed[t] >= FEW_FAILED;
        elevated += w->windows[t];
    }
    w->part_of_time = elevated > 0 && (double)elevated < WHOLE_RATIO * (double)used;
    for (size_t t = 0; t < f->windows && !w->part_of_time; t++)
        w->windows[t] = asked[t] > 0;
    w->windows_count = w->part_of_time ? elevated : used;
}

/* What a node failed the day before; most of what few queries say is what all nodes failed then. */
static double before_ratio(const struct fleet_cells *cells, double all_before)
{
    return ((double)cells->before_failed + PRIOR * all_before) / ((double)cells->before_asked + PRIOR);
}

static double all_before(const struct fleet *f, enum fleet_signal signal, size_t *ret_known)
{
    double asked = 0, failed = 0;

    *ret_known = 0;
    for (size_t i = 0; i < f->count; i++) {
        const struct fleet_cells *cells = &f->nodes[i].cells[signal];

        if (isnan(cells->before_asked) || cells->before_asked < FLEET_ASKED_MIN)
            continue;
        ++*ret_known;
        asked += (double)cells->before_asked;
        failed += isnan(cells->before_failed) ? 0 : (double)cells->before_failed;
    }
    return asked > 0 ? failed / asked : 0;
}

struct width_sums {
    double *asked, *failed;
};

static bool exceeds(double asked, double failed, double usual)
{
    double expected = asked * usual;

    return failed >= TIMES_USUAL * expected && failed - expected >= STRONG * sqrt(fmax(expected, 1));
}

/*
 * Programs look up names that fail in any cluster, some here and more there. So of their lookups a small
 * share that lasts is a fault only where it was less a day before.
 */
static double typical_floor(enum fleet_signal signal, const struct fleet_width *w)
{
    return signal == FLEET_LOOKUPS && !w->history && !w->part_of_time ? MUCH : FLEET_FLOOR;
}

/* Mark the nodes that fail. */
static void mark_nodes(const struct fleet *f, enum fleet_signal signal, const struct width_sums *sums,
                       struct fleet_width *w)
{
    struct fleet_mixture mixture;
    size_t known;
    double before = all_before(f, signal, &known), surest = 0, highest = 0;
    bool typical;

    fleet_mixture_fit(f->arena, sums->asked, sums->failed, f->count, NODE_FLOOR, &mixture);
    w->usual_ratio = mixture.median;
    w->spread = mixture.spread;
    w->history = f->count && (double)known >= 0.8 * (double)f->count;
    typical =
        mixture.median >= typical_floor(signal, w) && (!w->history || mixture.median >= TIMES_USUAL * before);
    for (size_t i = 0; i < f->count; i++) {
        const struct fleet_cells *cells = &f->nodes[i].cells[signal];
        double asked = sums->asked[i], failed = sums->failed[i], ratio = asked > 0 ? failed / asked : 0;
        bool own = w->history && cells->before_asked >= FLEET_ASKED_MIN, much, fails;

        if (asked < FLEET_ASKED_MIN)
            continue;
        w->nodes++;
        much = ratio >= NODE_FLOOR && failed >= FEW_FAILED;
        /* Of nodes that differ so much one may always have been so, unless it fails a lot. */
        fails = much && mixture.outlier[i] >= SURE && (mixture.spread < WIDE_SPREAD || ratio >= MUCH);
        if (own) {
            bool more = exceeds(asked, failed, before_ratio(cells, before));

            w->as_before += much && !more;
            fails = much && (more || (fails && ratio >= MUCH));
        }
        if (typical && ratio >= mixture.median / FACTOR_OF_TYPICAL)
            fails = true;
        w->fails[i] = fails;
        w->failing += fails;
        if (fails) {
            surest = fmax(surest, own || typical ? 1 : mixture.outlier[i]);
            highest = fmax(highest, ratio);
        } else
            w->worst_ratio = fmax(w->worst_ratio, ratio);
    }
    if (typical)
        w->usual_ratio = w->history ? before : (double)NAN;
    /* Nor do a few nodes show how much nodes differ. */
    if (!w->history && !typical &&
        (mixture.spread >= WIDE_SPREAD || (w->nodes < FEW_NODES && highest < MUCH)))
        surest = fmin(surest, 0.98);
    w->confidence = surest >= 0.99  ? SCOPE_CONFIDENCE_HIGH
                    : surest >= 0.9 ? SCOPE_CONFIDENCE_MEDIUM
                                    : SCOPE_CONFIDENCE_LOW;
}

/*
 * Mark the nodes of a zone whose median node fails far more than the median of all others. Nodes differ, but
 * not those of one zone all alike.
 */
static void mark_zones(const struct fleet *f, const struct width_sums *sums, struct fleet_width *w)
{
    double *within = arena_array(f->arena, f->count + 1, sizeof(double));
    double *others = arena_array(f->arena, f->count + 1, sizeof(double));
    const char *tried[ZONES_TRIED];
    size_t tried_count = 0;

    for (size_t i = 0; i < f->count && tried_count < ZONES_TRIED; i++) {
        const char *zone = f->nodes[i].zone;
        size_t within_count = 0, others_count = 0;
        bool known = !zone;

        for (size_t k = 0; k < tried_count && !known; k++)
            known = strcmp(tried[k], zone) == 0;
        if (known)
            continue;
        tried[tried_count++] = zone;
        for (size_t k = 0; k < f->count; k++)
            if (sums->asked[k] >= FLEET_ASKED_MIN) {
                bool same = f->nodes[k].zone && strcmp(f->nodes[k].zone, zone) == 0;

                *(same ? &within[within_count++] : &others[others_count++]) =
                    sums->failed[k] / sums->asked[k];
            }
        if (within_count < ZONE_NODES || others_count < ZONE_NODES)
            continue;
        if (median(within, within_count) < fmax(NODE_FLOOR, ZONE_TIMES * median(others, others_count)))
            continue;
        w->confidence = w->failing ? w->confidence : SCOPE_CONFIDENCE_HIGH;
        for (size_t k = 0; k < f->count; k++)
            if (f->nodes[k].zone && strcmp(f->nodes[k].zone, zone) == 0 && !w->fails[k] &&
                sums->failed[k] >= NODE_FLOOR * sums->asked[k] && sums->asked[k] >= FLEET_ASKED_MIN) {
                w->fails[k] = true;
                w->failing++;
            }
    }
}

static double failing_median(const struct fleet *f, const struct width_sums *sums,
                             const struct fleet_width *w)
{
    double *ratios = arena_array(f->arena, f->count + 1, sizeof(double));
    size_t count = 0;

    for (size_t i = 0; i < f->count; i++)
        if (w->fails[i] && sums->asked[i] > 0)
            ratios[count++] = sums->failed[i] / sums->asked[i];
    return median(ratios, count);
}

/* Whether a node's share of one window is far beyond what it fails otherwise. */
static bool cell_fails(double asked, double failed, double usual)
{
    double expected = asked * usual;

    return failed >= 3 && failed >= NODE_FLOOR * asked && failed >= TIMES_USUAL * expected &&
           failed - expected >= STRONG * sqrt(fmax(expected, 0.25));
}

/* Nodes' cells that fail, and how they lie. */
struct width_cells {
    bool *fails; /* [node * windows + window] */
    size_t count, nodes, both_halves, either_half;
};

/* Against what the node fails in its other windows, so that one which is always so has none. */
static void find_bursts(const struct fleet *f, enum fleet_signal signal, double usual,
                        struct width_cells *ret)
{
    *ret = (struct width_cells){.fails = arena_array(f->arena, f->count * f->windows + 1, sizeof(bool))};
    for (size_t i = 0; i < f->count; i++) {
        const struct fleet_cells *cells = &f->nodes[i].cells[signal];
        double ratios[FLEET_WINDOWS_MAX], own;
        bool half[2] = {false, false};
        size_t used = 0;

        for (size_t t = 0; t < f->windows; t++)
            if (cells->asked[t] > 0)
                ratios[used++] = (double)(cells->failed[t] / cells->asked[t]);
        if (!used)
            continue;
        /* The median window is not moved by some bursts. */
        own = fmax(usual, 1.5 * median(ratios, used));
        for (size_t t = 0; t < f->windows; t++) {
            bool fails = cell_fails((double)cells->asked[t], (double)cells->failed[t], own);

            ret->fails[i * f->windows + t] = fails;
            ret->count += fails;
            half[2 * t >= f->windows] |= fails;
        }
        ret->nodes += half[0] || half[1];
        ret->both_halves += half[0] && half[1];
        ret->either_half += half[0] || half[1];
    }
}

/* The chance that the failing cells crowd on nodes as they do. */
static double crowding(const struct fleet *f, const struct width_cells *cells)
{
    struct report_group *groups = arena_array(f->arena, f->count + 1, sizeof(*groups));

    for (size_t i = 0; i < f->count; i++)
        groups[i] = (struct report_group){.first = i * f->windows, .count = f->windows};
    return scope_crowding(f->arena, groups, f->count, cells->fails, f->count * f->windows);
}

/* The failing nodes are one zone's: most of its nodes fail, and hardly one of another. */
static void find_zone(const struct fleet *f, struct fleet_width *w)
{
    size_t tried = 0;

    for (size_t i = 0; i < f->count && !w->zone && tried < ZONES_TRIED; i++) {
        const char *zone = w->fails[i] ? f->nodes[i].zone : NULL;
        size_t within = 0, failing = 0, others = 0, others_failing = 0;

        for (size_t k = 0; k < f->count && zone; k++) {
            bool same = f->nodes[k].zone && strcmp(f->nodes[k].zone, zone) == 0;

            within += same;
            failing += same && w->fails[k];
            others += !same;
            others_failing += !same && w->fails[k];
        }
        tried += zone != NULL;
        if (zone && failing >= 3 && 10 * failing >= 7 * within && 20 * others_failing <= others &&
            5 * others_failing <= failing)
            w->zone = zone;
    }
}

/*
 * Whether it is others each time: bursts of single nodes that hold most of what the failing nodes fail, and
 * that do not come back to the same ones.
 */
static bool is_random(const struct fleet *f, enum fleet_signal signal, const struct width_cells *bursts,
                      struct fleet_width *w)
{
    double failed = 0, in_bursts = 0;

    if (w->nodes < 3 || bursts->nodes < 3 || bursts->count < 5)
        return false;
    for (size_t i = 0; i < f->count; i++)
        for (size_t t = 0; t < f->windows; t++)
            if (w->fails[i]) {
                failed += (double)f->nodes[i].cells[signal].failed[t];
                in_bursts +=
                    bursts->fails[i * f->windows + t] ? (double)f->nodes[i].cells[signal].failed[t] : 0;
            }
    if (in_bursts < 0.5 * failed)
        return false;
    w->crowding = crowding(f, bursts);
    /* Nodes that ask more show more of their bursts, and so they crowd a little on these. */
    return w->crowding >= CHANCE || (double)bursts->both_halves < SAME_RATIO * (double)bursts->either_half;
}

/* In the windows that fail, how many of the nodes fail at a time; NAN where cells are too small to tell. */
static double at_once(const struct fleet *f, enum fleet_signal signal, const struct fleet_width *w)
{
    size_t failing = 0, all = 0;
    double asked = 0;

    for (size_t i = 0; i < f->count; i++)
        for (size_t t = 0; t < f->windows; t++)
            if (w->windows[t] && f->nodes[i].cells[signal].asked[t] > 0) {
                const struct fleet_cells *cells = &f->nodes[i].cells[signal];

                all++;
                asked += (double)cells->asked[t];
                failing += cell_fails((double)cells->asked[t], (double)cells->failed[t],
                                      isnan(w->usual_ratio) ? 0 : w->usual_ratio);
            }
    return all && asked / (double)all * w->failing_ratio >= CELL_FAILED ? (double)failing / (double)all
                                                                        : (double)NAN;
}

/* No node fails over the whole time: bursts of single nodes may still. */
static void take_bursts(const struct fleet *f, const struct width_cells *bursts, struct fleet_width *w)
{
    if (bursts->count < 5 || bursts->nodes < 3 || 1000 * bursts->count < 3 * f->count * f->windows)
        return;
    w->crowding = crowding(f, bursts);
    for (size_t i = 0; i < f->count; i++) {
        for (size_t t = 0; t < f->windows; t++)
            w->fails[i] |= bursts->fails[i * f->windows + t];
        w->failing += w->fails[i];
    }
    w->scope = w->crowding < CHANCE && (double)bursts->both_halves >= SAME_RATIO * (double)bursts->either_half
                   ? SCOPE_SOME_NODES
                   : SCOPE_RANDOM_PODS;
    w->confidence = SCOPE_CONFIDENCE_MEDIUM;
}

static void judge_scope(const struct fleet *f, enum fleet_signal signal, struct fleet_width *w)
{
    bool whole = w->nodes && (double)w->failing >= WHOLE_RATIO * (double)w->nodes;
    struct width_cells bursts;

    if (whole) {
        /* All fail at one time or another; at a time it may be few. */
        w->scope = w->nodes >= 3 && at_once(f, signal, w) < AT_ONCE ? SCOPE_RANDOM_PODS : SCOPE_WHOLE_CLUSTER;
        return;
    }
    find_bursts(f, signal, isnan(w->usual_ratio) ? 0 : w->usual_ratio, &bursts);
    if (!w->failing)
        take_bursts(f, &bursts, w);
    else
        w->scope = is_random(f, signal, &bursts, w) ? SCOPE_RANDOM_PODS : SCOPE_SOME_NODES;
}

void fleet_width_judge(const struct fleet *f, enum fleet_signal signal, struct fleet_width *ret)
{
    struct width_sums sums = {.asked = arena_array(f->arena, f->count + 1, sizeof(double)),
                              .failed = arena_array(f->arena, f->count + 1, sizeof(double))};
    double asked, failed;

    *ret = (struct fleet_width){.scope = SCOPE_NONE,
                                .fails = arena_array(f->arena, f->count + 1, sizeof(bool)),
                                .crowding = (double)NAN,
                                .failing_ratio = (double)NAN};
    choose_windows(f, signal, ret);
    for (size_t i = 0; i < f->count; i++) {
        fleet_node_sum(f, &f->nodes[i], signal, chosen(ret), &sums.asked[i], &sums.failed[i]);
        fleet_node_sum(f, &f->nodes[i], signal, NULL, &asked, &failed);
        ret->asked += asked;
        ret->failed += failed;
    }
    mark_nodes(f, signal, &sums, ret);
    mark_zones(f, &sums, ret);
    ret->failing_ratio = failing_median(f, &sums, ret);
    judge_scope(f, signal, ret);
    if (ret->scope == SCOPE_NONE)
        ret->confidence = ret->history                                           ? SCOPE_CONFIDENCE_HIGH
                          : ret->worst_ratio < 2 * NODE_FLOOR && ret->spread < 1 ? SCOPE_CONFIDENCE_HIGH
                          : ret->worst_ratio < 5 * NODE_FLOOR                    ? SCOPE_CONFIDENCE_MEDIUM
                                                                                 : SCOPE_CONFIDENCE_LOW;
    ret->failing_ratio = failing_median(f, &sums, ret);
    if (ret->scope == SCOPE_SOME_NODES)
        find_zone(f, ret);
}
