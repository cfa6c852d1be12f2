/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When it fails: the queries that were asked again and again, what CoreDNS logged, and what changed. */
#include "../svg.h"
#include "../time_axis.h"
#include "section.h"
#include <inttypes.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/recorder/timeline_text.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRACK_HEIGHT = 34,
    TRACKS_SHOWN = 8,
    BINS_MOST = 120,
    CHANGES_SHOWN = 12,
    EPISODES_SHOWN = 20,
};

/* One server's queries over time. */
struct time_track {
    const char *who;
    int role;
    const struct watch_window_facts *windows;
    size_t windows_count;
    uint64_t sent, bad;
};

static void print_row(const struct page *page, const struct time_track *t, const struct time_axis *axis,
                      double width_ms)
{
    struct html *h = page->html;
    const char *words = arena_printf(page->arena, "%" PRIu64 " of %" PRIu64, t->bad, t->sent);
    double width = width_ms / axis->span_ms * 100;

    html(h, "<div class=\"row\"><div class=\"who\">");
    page_server(page, t->who, target_role_names[t->role]);
    html(h, "</div><div class=\"plot\">");
    svg_begin(h, "x", TRACK_HEIGHT,
              arena_printf(page->arena, "Failed queries of %s over time",
                           page_server_text(page, t->who, target_role_names[t->role])),
              arena_printf(page->arena, "%s queries failed", words));
    svg_rect(h, "s-bg", 0, 2, 100, TRACK_HEIGHT - 4);
    for (size_t i = 0; i < t->windows_count && i < BINS_MOST; i++) {
        const struct watch_window_facts *w = &t->windows[i];
        double x = w->at_ms / axis->span_ms * 100, share = w->sent ? (double)w->bad / (double)w->sent : 0;
        double height = share * (TRACK_HEIGHT - 6);

        if (!w->sent)
            continue;
        svg_rect(h, "s-bar", x, TRACK_HEIGHT - 6, width * 0.94, 4);
        if (w->bad)
            svg_rect(h, "s-fail", x, TRACK_HEIGHT - 2 - (height > 4 ? height : 4), width * 0.94,
                     height > 4 ? height : 4);
    }
    time_axis_marks(h, axis, TRACK_HEIGHT);
    svg_end(h);
    html(h, "</div><div class=\"val ");
    html_class(h, t->bad ? "bad" : "ok");
    html(h, "\">");
    if (t->bad)
        html(h, "\xe2\x9c\x95 ");
    html_text(h, words);
    html(h, "</div></div>");
}

/* The slowest and the fastest server of each stretch of time, on a logarithmic scale. */
static void print_latency(const struct page *page, const struct time_track *tracks, size_t count,
                          const struct time_axis *axis, double width_ms)
{
    struct html *h = page->html;
    uint64_t most = 0, least = UINT64_MAX;
    double height = 56;

    html(h, "<div class=\"row\"><div class=\"who\">Latency<small>fastest to slowest server</small></div><div "
            "class=\"plot\">");
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < tracks[t].windows_count; i++) {
            uint64_t us = tracks[t].windows[i].us;

            if (us == SHAPE_UNSET)
                continue;
            most = us > most ? us : most;
            least = us < least ? us : least;
        }
    {
        char low[DURATION_TEXT], high[DURATION_TEXT];

        svg_begin(h, "x", height, "Latency of the answers over time",
                  most ? arena_printf(page->arena, "mean of each stretch of time from %s to %s",
                                      duration_format_us(low, sizeof(low), least),
                                      duration_format_us(high, sizeof(high), most))
                       : "no answer");
    }
    svg_rect(h, "s-bg", 0, 2, 100, height - 4);
    for (size_t i = 0; i < BINS_MOST; i++) {
        uint64_t slow = 0, fast = UINT64_MAX;
        double at = 0;

        for (size_t t = 0; t < count; t++) {
            if (i >= tracks[t].windows_count || tracks[t].windows[i].us == SHAPE_UNSET)
                continue;
            at = tracks[t].windows[i].at_ms;
            slow = tracks[t].windows[i].us > slow ? tracks[t].windows[i].us : slow;
            fast = tracks[t].windows[i].us < fast ? tracks[t].windows[i].us : fast;
        }
        if (slow) {
            double top = height - 4 - svg_log_place((double)slow, 30, 1e6) / 100 * (height - 10);
            double bottom = height - 4 - svg_log_place((double)fast, 30, 1e6) / 100 * (height - 10);

            svg_rect(h, "s-bar", at / axis->span_ms * 100, top - 1, width_ms / axis->span_ms * 94,
                     bottom - top > 2 ? bottom - top : 3);
        }
    }
    time_axis_marks(h, axis, height);
    svg_text(h, "halo", 0.5, height - 6, SVG_START, "0.03 ms");
    svg_text(h, "halo", 0.5, 14, SVG_START, "1 s");
    svg_end(h);
    html(h, "</div><div class=\"val\">");
    if (most) {
        html(h, "to ");
        html_duration_us(h, most);
    }
    html(h, "</div></div>");
}

static void print_fill(const struct page *page, const struct time_axis *axis)
{
    const struct conntrack_facts *c = page->facts->conntrack;
    struct html *h = page->html;
    const char *words;

    if (!c || !c->table.hooks || !(c->table.fill_ratio >= 0))
        return;
    words = arena_printf(page->arena, "%.1f %%", c->table.fill_ratio * 100);
    html(
        h,
        "<div class=\"row\"><div class=\"who\">conntrack<small>of its limit</small></div><div class=\"plot\">");
    svg_begin(h, "x", TRACK_HEIGHT, "Fill of the conntrack table", words);
    svg_rect(h, "s-bg", 0, 2, 100, TRACK_HEIGHT - 4);
    svg_rect(h, c->table.fill_ratio >= 0.75 ? "s-fail" : "s-bar", 0,
             TRACK_HEIGHT - 2 - c->table.fill_ratio * (TRACK_HEIGHT - 4), 100,
             c->table.fill_ratio * (TRACK_HEIGHT - 4));
    svg_line(h, "s-mark", 0, 2 + 0.25 * (TRACK_HEIGHT - 4), 100, 2 + 0.25 * (TRACK_HEIGHT - 4));
    time_axis_marks(h, axis, TRACK_HEIGHT);
    svg_end(h);
    html(h, "</div><div class=\"val\">");
    html_text(h, words);
    html(h, "</div></div>");
}

static void print_axis(const struct page *page, const struct time_axis *axis)
{
    struct html *h = page->html;

    html(h, "<div class=\"row axis\"><div class=\"who soft\">UTC</div><div class=\"plot\">");
    time_axis_ticks(h, axis);
    html(h, "</div></div>");
}

static int by_failures(const void *a, const void *b)
{
    const struct time_track *l = a, *r = b;

    return l->bad < r->bad ? 1 : l->bad > r->bad ? -1 : strcmp(l->who, r->who);
}

/* The queries of top's last minutes: each tick is one stretch of time. */
static size_t history_tracks(const struct page *page, struct time_track **ret_tracks, struct time_axis *axis,
                             double *ret_width_ms)
{
    const struct history_facts *history = page->facts->history;
    size_t count = 0, longest = 0;
    uint64_t end_ns;

    if (!history || !(history->tick_ms > 0) || !page->facts->time || !clock_parse(page->facts->time, &end_ns))
        return 0;
    for (size_t s = 0; s < history->series_count; s++)
        longest = history->series[s].ticks_count > longest ? history->series[s].ticks_count : longest;
    if (!longest || (double)longest * history->tick_ms * 1e6 >= (double)end_ns)
        return 0;
    *ret_width_ms = history->tick_ms;
    *axis = (struct time_axis){.span_ms = (double)longest * history->tick_ms};
    axis->begin_ns = end_ns - number_whole(axis->span_ms * 1e6);
    for (size_t s = 0; s < history->series_count; s++) {
        const struct history_series_facts *series = &history->series[s];
        struct watch_window_facts *windows =
            arena_array(page->arena, series->ticks_count + 1, sizeof(*windows));
        size_t late = longest - series->ticks_count;

        for (size_t i = 0; i < series->ticks_count; i++) {
            int status = series->ticks[i].status;

            windows[i] = (struct watch_window_facts){.at_ms = (double)(late + i) * history->tick_ms,
                                                     .sent = status >= 0,
                                                     .bad = status >= 0 && !probe_status_is_good(status),
                                                     .us = series->ticks[i].us};
        }
        *ARENA_PUSH(page->arena, *ret_tracks, count) = (struct time_track){
            series->target, series->role, windows, series->ticks_count, series->sent, series->bad};
    }
    return count;
}

static size_t sampling_tracks(const struct page *page, struct time_track **ret_tracks, struct time_axis *axis,
                              double *ret_width_ms)
{
    const struct watch_facts *sampling = page->facts->sampling;
    size_t count = 0;

    if (!sampling || !sampling->began || !clock_parse(sampling->began, &axis->begin_ns))
        return 0;
    *ret_width_ms = sampling->span_ms > 1 ? sampling->span_ms : 1;
    for (size_t i = 0; i < sampling->targets_count; i++) {
        const struct watch_target_facts *t = &sampling->targets[i];

        if (t->windows_count > 1 && t->windows[1].at_ms - t->windows[0].at_ms < *ret_width_ms)
            *ret_width_ms = t->windows[1].at_ms - t->windows[0].at_ms;
        if (t->windows_count)
            *ARENA_PUSH(page->arena, *ret_tracks, count) =
                (struct time_track){t->id, t->role, t->windows, t->windows_count, t->sent, t->bad};
    }
    /* To the end of the last stretch in which anything was sent: what comes after are timeouts. */
    axis->span_ms = *ret_width_ms;
    for (size_t i = 0; i < count; i++) {
        double end = (*ret_tracks)[i].windows[(*ret_tracks)[i].windows_count - 1].at_ms + *ret_width_ms;

        axis->span_ms = end > axis->span_ms ? end : axis->span_ms;
    }
    return count;
}

/* The queries of a whole recording. */
static size_t recorded_tracks(const struct page *page, struct time_track **ret_tracks, struct time_axis *axis,
                              double *ret_width_ms)
{
    const struct timeline_facts *timeline = page->report->timeline;
    size_t count = 0;

    if (!timeline || !(timeline->tick_s > 0) || !timeline->from ||
        !clock_parse(timeline->from, &axis->begin_ns))
        return 0;
    axis->span_ms = timeline->span_s * 1000;
    *ret_width_ms = timeline->tick_s * 1000;
    for (size_t i = 0; i < timeline->servers_count; i++) {
        const struct timeline_server *s = &timeline->servers[i];
        struct watch_window_facts *windows = arena_array(page->arena, s->ticks_count + 1, sizeof(*windows));

        for (size_t k = 0; k < s->ticks_count; k++)
            windows[k] = (struct watch_window_facts){.at_ms = (double)k * *ret_width_ms,
                                                     .sent = s->ticks[k].asked,
                                                     .bad = s->ticks[k].bad,
                                                     .us = s->ticks[k].p90_us};
        *ARENA_PUSH(page->arena, *ret_tracks, count) = (struct time_track){
            s->server, s->role >= 0 ? s->role : TARGET_OTHER, windows, s->ticks_count, s->asked, s->bad};
    }
    /* The moment that the rest of the page is about. */
    time_axis_mark(axis, page->facts->time);
    return count;
}

/* Changes that fall on the axis are marks through all its rows. */
static void note_changes(const struct page *page, struct time_axis *axis)
{
    const struct kube_facts *kube = page->facts->kube;

    for (size_t i = 0; kube && i < kube->changes_count; i++)
        time_axis_mark(axis, kube->changes[i].time);
    for (size_t i = 0; kube && i < kube->events_count; i++)
        time_axis_mark(axis, kube->events[i].time);
}

static void print_queries(const struct page *page)
{
    struct time_track *tracks = NULL;
    struct time_axis axis = {0};
    struct html *h = page->html;
    double width_ms = 1;
    size_t count = recorded_tracks(page, &tracks, &axis, &width_ms), shown;
    bool recorded = count > 0;
    uint64_t bad = 0, sent = 0;

    if (!count)
        count = history_tracks(page, &tracks, &axis, &width_ms);
    if (!count)
        count = sampling_tracks(page, &tracks, &axis, &width_ms);
    if (!count) {
        page_gap(page, "failures over time", "no query was asked again and again",
                 "k8sdns watch NAME --duration 10m");
        return;
    }
    note_changes(page, &axis);
    for (size_t i = 0; i < count; i++)
        bad += tracks[i].bad, sent += tracks[i].sent;
    if (count > TRACKS_SHOWN)
        qsort(tracks, count, sizeof(*tracks), by_failures);
    shown = count < TRACKS_SHOWN ? count : TRACKS_SHOWN;
    html(h, "<p class=\"lead\">");
    if (bad && recorded)
        html_textf(h, "%" PRIu64 " of %" PRIu64 " queries failed in what was recorded", bad, sent);
    else if (bad)
        html_text(h, text_or(page->diagnosis->frequency_text, "Some queries failed"));
    else
        html(h, "No query failed while they were asked again and again");
    html(
        h,
        ".</p><ul class=\"legend\"><li><i class=\"kbad\"></i>\xe2\x9c\x95 share of queries that failed</li><li><i "
        "class=\"kbar\"></i>queries were sent; latency</li></ul>");
    for (size_t i = 0; i < shown; i++)
        print_row(page, &tracks[i], &axis, width_ms);
    if (shown < count)
        html_textf(h, "%zu further servers failed no more often.", count - shown);
    print_latency(page, tracks, count, &axis, width_ms);
    print_fill(page, &axis);
    print_axis(page, &axis);
}

/* ---- what CoreDNS logged ---- */

static void print_log(const struct page *page)
{
    const struct logs_facts *logs = page->facts->logs;
    struct time_axis axis = {0};
    struct html *h = page->html;
    uint64_t most = 1, queries = 0, failed = 0, last_ns;
    size_t first;
    double height = 64;

    if (!logs || logs->rate_count < 2)
        return;
    first = logs->rate_count > BINS_MOST ? logs->rate_count - BINS_MOST : 0;
    if (!clock_parse(logs->rate[first].time, &axis.begin_ns) ||
        !clock_parse(logs->rate[logs->rate_count - 1].time, &last_ns) || last_ns <= axis.begin_ns)
        return;
    axis.span_ms = (double)(last_ns - axis.begin_ns) / 1e6 + (double)logs->rate_interval_s * 1000;
    note_changes(page, &axis);
    for (size_t i = first; i < logs->rate_count; i++) {
        most = logs->rate[i].queries > most ? logs->rate[i].queries : most;
        queries += logs->rate[i].queries;
        failed += logs->rate[i].failed;
    }
    html(h, "<h3>By CoreDNS's log</h3><div class=\"row\"><div class=\"who\">Queries<small>");
    html_textf(h, "each %" PRIu64 " s", logs->rate_interval_s);
    html(h, "</small></div><div class=\"plot\">");
    svg_begin(h, "x", height, "Queries and failures by CoreDNS's log",
              arena_printf(page->arena,
                           "%" PRIu64 " queries, %" PRIu64 " failed; at most %" PRIu64 " in %" PRIu64 " s",
                           queries, failed, most, logs->rate_interval_s));
    svg_rect(h, "s-bg", 0, 2, 100, height - 4);
    for (size_t i = first; i < logs->rate_count; i++) {
        const struct log_rate_facts *rate = &logs->rate[i];
        double x, all = (double)rate->queries / (double)most * (height - 6);
        double bad = (double)(rate->failed < rate->queries ? rate->failed : rate->queries) / (double)most *
                     (height - 6);
        uint64_t at_ns;

        if (!clock_parse(rate->time, &at_ns) || at_ns < axis.begin_ns)
            continue;
        x = (double)(at_ns - axis.begin_ns) / 1e6 / axis.span_ms * 100;
        svg_rect(h, "s-bar", x, height - 2 - all, (double)logs->rate_interval_s * 1000 / axis.span_ms * 94,
                 all);
        if (rate->failed)
            svg_rect(h, "s-fail", x, height - 2 - bad,
                     (double)logs->rate_interval_s * 1000 / axis.span_ms * 94, bad > 2 ? bad : 2);
    }
    time_axis_marks(h, &axis, height);
    svg_end(h);
    html(h, "</div><div class=\"val\">");
    html_textf(h, "%" PRIu64 " of %" PRIu64 " failed", failed, queries);
    html(h, "</div></div>");
    print_axis(page, &axis);
}

/* ---- what changed ---- */

static void print_age(const struct page *page, double age_s)
{
    page_cell(page, "", "Age",
              age_s >= 0 && age_s < 1e9 ? age_s < 120    ? arena_printf(page->arena, "%.0f s", age_s)
                                          : age_s < 7200 ? arena_printf(page->arena, "%.0f min", age_s / 60)
                                          : age_s < 172800
                                              ? arena_printf(page->arena, "%.0f h", age_s / 3600)
                                              : arena_printf(page->arena, "%.0f days", age_s / 86400)
                                        : "not known");
}

static void print_change(const struct page *page, const char *time, const char *what, const char *how,
                         double age_s)
{
    struct html *h = page->html;

    html(h, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
    html_time(h, time);
    html(h, "</th>");
    page_cell(page, "", "What", what);
    page_cell(page, "", "How", how);
    print_age(page, age_s);
    html(h, "</tr>");
}

static void print_changes(const struct page *page)
{
    const struct kube_facts *kube = page->facts->kube;
    struct html *h = page->html;

    if (!kube) {
        page_gap(
            page, "restarts and changes of CoreDNS", "Kubernetes was not asked",
            "kubectl get services,endpointslices,pods,deployments,configmaps,events -n kube-system -o json | k8sdns report "
            "--endpoints - -o report.html");
        return;
    }
    if (!kube->changes_count && !kube->events_count)
        return;
    html(
        h,
        "<h3>What changed before</h3><table role=\"table\" class=\"table blocks\"><caption>Restarts, changes and warnings of "
        "CoreDNS that Kubernetes tells, the latest first</caption><thead><tr role=\"row\"><th role=\"columnheader\" "
        "scope=\"col\">When</th><th role=\"columnheader\" scope=\"col\">What</th><th role=\"columnheader\" "
        "scope=\"col\">How</th><th role=\"columnheader\" scope=\"col\">Age</th></tr></thead><tbody>");
    for (size_t i = 0; i < kube->changes_count && i < CHANGES_SHOWN; i++)
        print_change(page, kube->changes[i].time, kube->changes[i].what,
                     kube->changes[i].how >= 0 ? kube_change_names[kube->changes[i].how] : "",
                     kube->changes[i].age_s);
    for (size_t i = 0; i < kube->events_count && i < CHANGES_SHOWN; i++)
        print_change(
            page, kube->events[i].time, kube->events[i].object,
            arena_printf(page->arena, "%s: %s (%s)", text_or(kube->events[i].reason, "warning"),
                         text_or(kube->events[i].message, ""),
                         times_format((char[TIMES_TEXT]){0},
                                      kube->events[i].count == SHAPE_UNSET ? 1 : kube->events[i].count)),
            kube->events[i].age_s);
    html(h, "</tbody></table>");
}

/* ---- what a recording says ---- */

/* The newest, those that are worth a word first. */
static void print_episodes(const struct page *page)
{
    const struct timeline_facts *timeline = page->report->timeline;
    struct html *h = page->html;
    size_t shown = 0, told = 0;

    for (size_t i = 0; timeline && i < timeline->episodes_count; i++)
        told += timeline->episodes[i].severity < SEVERITY_INFO;
    if (!timeline)
        return;
    html(h, "<h3>What began and ended</h3><p>");
    html_textf(h, "Recorded in %" PRIu64 " intervals from %s to %s", timeline->intervals,
               text_or(timeline->from, "?"), text_or(timeline->to, "?"));
    html(h, ".</p>");
    if (!told)
        return;
    html(
        h,
        "<table role=\"table\" class=\"table blocks\"><caption>What failed in the recording, the latest "
        "first</caption><thead><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Began</th><th "
        "role=\"columnheader\" scope=\"col\">Ended</th><th role=\"columnheader\" scope=\"col\">What</th></tr></thead><tbody>");
    for (size_t i = timeline->episodes_count; i-- > 0 && shown < EPISODES_SHOWN;) {
        const struct timeline_episode *e = &timeline->episodes[i];

        if (e->severity >= SEVERITY_INFO)
            continue;
        html(h, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
        html_time(h, e->began);
        html(h, "</th>");
        page_cell(page, "", "Ended", text_or(e->ended, "it still stood at the end"));
        page_cell(page, "", "What", timeline_episode_text(e, page->arena));
        html(h, "</tr>");
        shown++;
    }
    html(h, "</tbody></table>");
    if (shown < told) {
        html(h, "<p>");
        html_textf(h, "%zu earlier ones are left out.", told - shown);
        html(h, "</p>");
    }
}

void section_timeline(const struct page *page)
{
    section_begin(page, "timeline", "When it fails");
    print_queries(page);
    print_episodes(page);
    print_log(page);
    print_changes(page);
    section_end(page);
}
