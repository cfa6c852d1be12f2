/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet_time.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A window of the failing nodes fails when its share is over this, and over a fifth of the worst one's. */
#define WINDOW_FLOOR  0.002
#define OF_WORST      0.2
#define WINDOW_FAILED 3
#define ALWAYS_RATIO  0.95
/* The busiest fifth of the time fails so many times as much as the quietest half; correlation alone finds a
 * peak in any fault whose failures grow with the queries. */
#define PEAK_TIMES 3
/* With fewer failures over all nothing is said of how they lie; with more in each window they speak for
 * themselves. */
#define FEW_ALL   10
#define MANY_EACH 10
#define EVEN      2.5
/* Loads that may tell: the nodes' lookups, CoreDNS's requests. */
#define LOADS 2

struct time_window {
    double asked, failed, ratio;
};

static void sum_windows(const struct fleet *f, enum fleet_signal signal, const struct fleet_width *w,
                        struct time_window *windows)
{
    for (size_t i = 0; i < f->count; i++)
        for (size_t t = 0; t < f->windows && (!w->failing || w->fails[i]); t++) {
            windows[t].asked += (double)f->nodes[i].cells[signal].asked[t];
            windows[t].failed += (double)f->nodes[i].cells[signal].failed[t];
        }
    for (size_t t = 0; t < f->windows; t++)
        windows[t].ratio = windows[t].asked > 0 ? windows[t].failed / windows[t].asked : 0;
}

/* Mean share of the windows from place `first` of those in the order of their load. */
static double mean_ratio(const struct peak_window *windows, size_t first, size_t count)
{
    double asked = 0, failed = 0;

    for (size_t i = first; i < first + count; i++) {
        asked += windows[i].reports;
        failed += windows[i].failing;
    }
    return asked > 0 ? failed / asked : 0;
}

/* Whether the failures follow one load. */
static void try_load(const struct fleet *f, const struct time_window *windows, const double *load,
                     const char *from, struct fleet_time *ret)
{
    struct peak_window all[FLEET_WINDOWS_MAX];
    struct scope_peak_facts peak;
    double busiest, quietest;
    size_t used = 0;

    for (size_t t = 0; t < f->windows; t++)
        if (windows[t].asked > 0 && !isnan(load[t]))
            all[used++] = (struct peak_window){.load = load[t],
                                               .bad_ratio = ret->fails[t] ? windows[t].ratio : 0,
                                               .reports = windows[t].asked,
                                               .failing = windows[t].failed};
    if (!peak_windows_judge(all, used, SCOPE_LOAD_QUERIES, LOADS, &peak))
        return;
    ret->load_known = true;
    busiest = mean_ratio(all, used - (used + 4) / 5, (used + 4) / 5);
    quietest = mean_ratio(all, 0, used / 2);
    peak.follows = peak.follows && busiest >= PEAK_TIMES * quietest && busiest >= WINDOW_FLOOR;
    if (ret->has_peak && (ret->peak.follows || !peak.follows))
        return;
    ret->has_peak = true;
    ret->peak = peak;
    ret->load_from = from;
    ret->busiest_ratio = busiest;
    ret->quietest_ratio = quietest;
}

/*
 * Few failures a window do not show whether each fails; how evenly they lie does: the dispersion of counts of
 * one constant share is 1.
 */
static bool is_even(const struct fleet *f, const struct time_window *windows)
{
    double asked = 0, failed = 0, squares = 0;
    size_t used = 0;

    for (size_t t = 0; t < f->windows; t++) {
        asked += windows[t].asked;
        failed += windows[t].failed;
        used += windows[t].asked > 0;
    }
    if (used < 2 || failed < FEW_ALL || failed >= MANY_EACH * (double)used || failed < WINDOW_FLOOR * asked)
        return false;
    for (size_t t = 0; t < f->windows; t++) {
        double expected = windows[t].asked * failed / asked;

        if (expected > 0)
            squares += (windows[t].failed - expected) * (windows[t].failed - expected) / expected;
    }
    return squares / (double)(used - 1) < EVEN;
}

void fleet_time_judge(const struct fleet *f, enum fleet_signal signal, const struct fleet_width *w,
                      struct fleet_time *ret)
{
    struct time_window windows[FLEET_WINDOWS_MAX] = {{0}};
    double worst = 0, usual = isnan(w->usual_ratio) ? 0 : w->usual_ratio;
    bool even;

    *ret = (struct fleet_time){.frequency = FREQUENCY_NEVER, .first = SIZE_MAX};
    sum_windows(f, signal, w, windows);
    even = w->failing && is_even(f, windows);
    for (size_t t = 0; t < f->windows; t++)
        worst = windows[t].failed >= WINDOW_FAILED ? fmax(worst, windows[t].ratio) : worst;
    for (size_t t = 0; t < f->windows; t++) {
        if (windows[t].asked <= 0)
            continue;
        ret->windows++;
        ret->fails[t] = even || (windows[t].failed >= WINDOW_FAILED &&
                                 windows[t].ratio >= fmax(WINDOW_FLOOR, OF_WORST * worst) &&
                                 windows[t].ratio >= 2 * usual);
        ret->failing += ret->fails[t];
        ret->runs += ret->fails[t] && (t == 0 || !ret->fails[t - 1]);
        if (ret->fails[t]) {
            ret->first = ret->first == SIZE_MAX ? t : ret->first;
            ret->last = t;
        }
    }
    if (w->scope == SCOPE_NONE)
        return;
    try_load(f, windows, f->lookups_rate, "lookups", ret);
    try_load(f, windows, f->coredns_rate, "coredns", ret);
    if (ret->has_peak && ret->peak.follows)
        ret->frequency = FREQUENCY_AT_PEAK;
    else if ((double)ret->failing >= ALWAYS_RATIO * (double)ret->windows)
        ret->frequency = FREQUENCY_ALWAYS;
    else
        ret->frequency = FREQUENCY_INTERMITTENT;
    /* One rise of the load and one of the failures may be together by chance. */
    ret->confidence = ret->windows < 6 ? SCOPE_CONFIDENCE_LOW
                      : ret->frequency == FREQUENCY_AT_PEAK
                          ? ret->runs > 1 ? SCOPE_CONFIDENCE_HIGH : SCOPE_CONFIDENCE_LOW
                      : ret->frequency == FREQUENCY_INTERMITTENT && !ret->load_known ? SCOPE_CONFIDENCE_MEDIUM
                                                                                     : SCOPE_CONFIDENCE_HIGH;
}
