/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rank.h"
#include <k8sdns/model/statistics/frequency.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const frequency_names[] = {"never", "always", "at-peak", "intermittent", NULL};
const char *const frequency_load_names[] = {"latency", "rate", NULL};

#define FIRST_WIDTH_NS       UINT64_C(100000000)
#define ALWAYS_RATIO         0.95
#define PEAK_CORRELATION     0.5
#define PEAK_STANDARD_ERRORS 3
#define PEAK_SHARE           0.8
#define PEAK_LOAD_FACTOR     1.5
/* A coincidence of so few failures with anything says nothing. */
#define PEAK_FAILURES 5

void series_init(struct series *series, uint64_t start_ns)
{
    *series = (struct series){.start_ns = start_ns, .width_ns = FIRST_WIDTH_NS};
}

static void widen(struct series *s)
{
    for (size_t i = 0; i < SERIES_WINDOWS / 2; i++) {
        struct series_window a = s->windows[2 * i], b = s->windows[2 * i + 1];

        s->windows[i] = (struct series_window){a.sent + b.sent, a.done + b.done, a.bad + b.bad,
                                               a.timed + b.timed, a.log_us + b.log_us};
    }
    memset(s->windows + SERIES_WINDOWS / 2, 0, sizeof(s->windows) / 2);
    s->width_ns *= 2;
}

static struct series_window *window_at(struct series *s, uint64_t ns)
{
    uint64_t since = ns > s->start_ns ? ns - s->start_ns : 0;

    while (since / s->width_ns >= SERIES_WINDOWS)
        widen(s);
    return &s->windows[since / s->width_ns];
}

void series_sent(struct series *s, uint64_t sent_ns)
{
    window_at(s, sent_ns)->sent++;
}

void series_done(struct series *s, uint64_t sent_ns, bool bad, uint64_t us)
{
    struct series_window *window = window_at(s, sent_ns);

    window->done++;
    window->bad += bad;
    if (us != SHAPE_UNSET) {
        window->timed++;
        window->log_us += log((double)(us ? us : 1));
    }
}

size_t series_parts(const struct series *s, size_t most, struct series_part *parts)
{
    size_t first = SERIES_WINDOWS, end = 0, each, count = 0;

    for (size_t i = 0; i < SERIES_WINDOWS; i++)
        if (s->windows[i].sent || s->windows[i].done) {
            first = i < first ? i : first;
            end = i + 1;
        }
    if (!end)
        return 0;
    each = (end - first + most - 1) / most;
    for (size_t at = first; at < end; at += each) {
        struct series_part *part = &parts[count++];
        uint64_t timed = 0;
        double log_us = 0;

        *part = (struct series_part){.begin_ns = s->start_ns + at * s->width_ns, .us = SHAPE_UNSET};
        for (size_t i = at; i < at + each && i < end; i++) {
            part->sent += s->windows[i].sent;
            part->bad += s->windows[i].bad;
            timed += s->windows[i].timed;
            log_us += s->windows[i].log_us;
        }
        if (timed)
            part->us = (uint64_t)(exp(log_us / (double)timed) + 0.5);
    }
    return count;
}

/* One window as a point: its load, and how much of it failed. */
struct point {
    double load, bad_ratio;
    uint32_t done, bad;
};

static int by_load(const void *a, const void *b)
{
    const struct point *x = a, *y = b;

    return (x->load > y->load) - (x->load < y->load);
}

/* Of the load with the failures; and then the points are in the order of their load. */
static double correlate(struct point *points, size_t count)
{
    double values[2][SERIES_WINDOWS], ranks[2][SERIES_WINDOWS];

    for (size_t i = 0; i < count; i++) {
        values[0][i] = points[i].load;
        values[1][i] = points[i].bad_ratio;
    }
    for (size_t k = 0; k < 2; k++)
        rank_values(values[k], count, ranks[k]);
    qsort(points, count, sizeof(*points), by_load);
    return rank_correlation(ranks[0], ranks[1], count);
}

/* The failures follow this load: fill the numbers and return true. */
static bool follows(const struct series *s, int kind, struct frequency_facts *facts)
{
    struct point points[SERIES_WINDOWS];
    uint32_t done[2] = {0}, bad[2] = {0};
    double load[2] = {0}, correlation;
    size_t count = 0, half;

    for (size_t i = 0; i < SERIES_WINDOWS; i++) {
        const struct series_window *w = &s->windows[i];

        if (!w->done || (kind == LOAD_LATENCY && !w->timed))
            continue;
        points[count++] = (struct point){
            .load = kind == LOAD_LATENCY ? exp(w->log_us / w->timed) : w->sent / ((double)s->width_ns / 1e9),
            .bad_ratio = (double)w->bad / w->done,
            .done = w->done,
            .bad = w->bad,
        };
    }
    if (count < 2)
        return false;
    correlation = correlate(points, count);
    half = count / 2;
    for (size_t i = 0; i < count; i++) {
        done[i >= half] += points[i].done;
        bad[i >= half] += points[i].bad;
    }
    load[0] = points[half / 2].load;
    load[1] = points[half + (count - half) / 2].load;
    if (correlation < PEAK_CORRELATION || correlation * sqrt((double)count - 1) < PEAK_STANDARD_ERRORS ||
        bad[1] < PEAK_SHARE * (bad[0] + bad[1]) || load[1] < PEAK_LOAD_FACTOR * load[0])
        return false;
    facts->load = kind;
    facts->correlation = correlation;
    facts->calm_load = load[0];
    facts->busy_load = load[1];
    facts->calm_bad_ratio = (double)bad[0] / done[0];
    facts->busy_bad_ratio = (double)bad[1] / done[1];
    return true;
}

void frequency_judge(const struct series *s, struct frequency_facts *ret_facts)
{
    uint64_t done = 0, bad = 0, longest = 0;
    size_t first = SERIES_WINDOWS;
    double none = (double)NAN;

    *ret_facts = (struct frequency_facts){.load = -1,
                                          .window_ms = (double)s->width_ns / 1e6,
                                          .correlation = none,
                                          .calm_load = none,
                                          .busy_load = none,
                                          .calm_bad_ratio = none,
                                          .busy_bad_ratio = none};
    for (size_t i = 0; i < SERIES_WINDOWS; i++) {
        const struct series_window *w = &s->windows[i];

        done += w->done;
        bad += w->bad;
        if (!w->done)
            continue;
        ret_facts->windows++;
        if (!w->bad) {
            first = SERIES_WINDOWS;
            continue;
        }
        ret_facts->bad_windows++;
        if (first == SERIES_WINDOWS) {
            ret_facts->episodes++;
            first = i;
        }
        longest = i - first + 1 > longest ? i - first + 1 : longest;
    }
    ret_facts->longest_ms = longest * (s->width_ns / 1000000);
    if (!bad)
        ret_facts->word = FREQUENCY_NEVER;
    else if ((double)bad >= ALWAYS_RATIO * (double)done)
        ret_facts->word = FREQUENCY_ALWAYS;
    else if (bad >= PEAK_FAILURES &&
             (follows(s, LOAD_LATENCY, ret_facts) || follows(s, LOAD_RATE, ret_facts)))
        ret_facts->word = FREQUENCY_AT_PEAK;
    else
        ret_facts->word = FREQUENCY_INTERMITTENT;
}

static const struct shape_field frequency_fields[] = {
    SHAPE_FIELD_CHOICE(struct frequency_facts, word, "word", frequency_names, "how often it fails"),
    SHAPE_FIELD_REAL(struct frequency_facts, window_ms, "window_ms",
                     "time is looked at in windows of this width"),
    SHAPE_FIELD_COUNT(struct frequency_facts, windows, "windows", "in which something was asked and decided"),
    SHAPE_FIELD_COUNT(struct frequency_facts, bad_windows, "bad_windows", "in which something failed"),
    SHAPE_FIELD_COUNT(struct frequency_facts, episodes, "episodes", "runs of such windows"),
    SHAPE_FIELD_COUNT(struct frequency_facts, longest_ms, "longest_ms", "the longest of them"),
    SHAPE_FIELD_WORD(struct frequency_facts, load, "load", frequency_load_names,
                     "what the failures follow: the latency of the answers that came, or the rate of asking"),
    SHAPE_FIELD_REAL(struct frequency_facts, correlation, "correlation",
                     "of failures with that load, by rank (Spearman)"),
    SHAPE_FIELD_REAL(struct frequency_facts, calm_load, "calm_load",
                     "median load of the calmer half of the windows, in us or queries a second"),
    SHAPE_FIELD_REAL(struct frequency_facts, busy_load, "busy_load", "of the busier half"),
    SHAPE_FIELD_REAL(struct frequency_facts, calm_bad_ratio, "calm_bad_ratio",
                     "failed in the calmer half, 0 to 1"),
    SHAPE_FIELD_REAL(struct frequency_facts, busy_bad_ratio, "busy_bad_ratio", "in the busier half"),
};
const struct shape frequency_facts_shape = SHAPE(struct frequency_facts, frequency_fields, "frequency");
