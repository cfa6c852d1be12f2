/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast each server answers: a histogram each on one scale, lost queries beside it, and percentiles. */
#include "../svg.h"
#include "section.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The axis: octaves from 32 us to 2 s, and right of a gap what brought no answer. */
enum {
    FIRST_OCTAVE = 5,
    OCTAVES = 16,
    HEIGHT = 52,
    SHOWN = 8,
};
#define LOST_AT    90.0
#define LOST_WIDTH 10.0
#define AXIS_END   85.0

static unsigned octave_of(uint64_t below_us)
{
    unsigned octave = 0;

    while (below_us >> octave > 1)
        octave++;
    octave = octave > FIRST_OCTAVE ? octave - FIRST_OCTAVE - 1 : 0;
    return octave < OCTAVES ? octave : OCTAVES - 1;
}

static double place_of(uint64_t us)
{
    return AXIS_END / 100 *
           svg_log_place((double)us, (double)(1U << FIRST_OCTAVE), (double)(1U << (FIRST_OCTAVE + OCTAVES)));
}

static void print_pointer(struct html *h, const char *class, uint64_t us)
{
    if (us != SHAPE_UNSET)
        svg_pointer(h, class, place_of(us), 10);
}

static const char *numbers(const struct page *page, const struct watch_target_facts *t)
{
    char p50[DURATION_TEXT], p90[DURATION_TEXT], p99[DURATION_TEXT], most[DURATION_TEXT];

    if (t->p50_us == SHAPE_UNSET)
        return arena_printf(page->arena, "no answer to %" PRIu64 " queries", t->sent);
    return arena_printf(
        page->arena, "p50 %s, p90 %s, p99 %s, slowest %s; %" PRIu64 " of %" PRIu64 " without an answer",
        duration_format_us(p50, sizeof(p50), t->p50_us), duration_format_us(p90, sizeof(p90), t->p90_us),
        duration_format_us(p99, sizeof(p99), t->p99_us), duration_format_us(most, sizeof(most), t->max_us),
        t->lost, t->sent);
}

static void print_plot(const struct page *page, const struct watch_target_facts *t, double tallest)
{
    uint64_t counts[OCTAVES] = {0};
    struct html *h = page->html;
    double width = AXIS_END / (double)OCTAVES;

    for (size_t i = 0; i < t->latency_count; i++)
        counts[octave_of(t->latency[i].below_us)] += t->latency[i].count;
    svg_begin(
        h, "x", HEIGHT,
        arena_printf(page->arena, "Latency of %s", page_server_text(page, t->id, target_role_names[t->role])),
        numbers(page, t));
    svg_line(h, "s-axis", 0, HEIGHT - 1, AXIS_END, HEIGHT - 1);
    svg_line(h, "s-axis", LOST_AT, HEIGHT - 1, LOST_AT + LOST_WIDTH, HEIGHT - 1);
    for (int i = 0; i < OCTAVES; i++) {
        double height = sqrt((double)counts[i]) / tallest * (HEIGHT - 14);

        if (counts[i])
            svg_rect(h, "s-bar", width * i + width * 0.06, HEIGHT - 1 - (height > 2 ? height : 2),
                     width * 0.88, height > 2 ? height : 2);
    }
    if (t->lost) {
        double height = sqrt((double)t->lost) / tallest * (HEIGHT - 14);

        height = height > 2 ? height : 2;
        svg_rect(h, "s-fail", LOST_AT, HEIGHT - 1 - height, LOST_WIDTH, height);
        svg_text(h, "fail halo", LOST_AT + LOST_WIDTH / 2,
                 HEIGHT - 5 - height > 12 ? HEIGHT - 5 - height : 12, SVG_MIDDLE,
                 arena_printf(page->arena, "%" PRIu64, t->lost));
    }
    print_pointer(h, "s-p50", t->p50_us);
    print_pointer(h, "s-p90", t->p90_us);
    print_pointer(h, "s-p99", t->p99_us);
    svg_end(h);
}

static void print_number(const struct page *page, const char *what, uint64_t us)
{
    struct html *h = page->html;

    html(h, "<span><b>");
    if (us == SHAPE_UNSET)
        html(h, "\xe2\x80\x93");
    else
        html_duration_us(h, us);
    html(h, "</b>");
    html_text(h, what);
    html(h, "</span>");
}

static void print_target(const struct page *page, const struct watch_target_facts *t, double tallest)
{
    struct html *h = page->html;

    html(h, "<div class=\"row\"><div class=\"who\">");
    page_server(page, t->id, target_role_names[t->role]);
    html(h, "</div><div class=\"plot\">");
    print_plot(page, t, tallest);
    html(h, "</div><div class=\"nums\">");
    if (t->p50_us == SHAPE_UNSET) {
        html(h, "<span class=\"bad\">\xe2\x9c\x95 no answer</span>");
    } else {
        print_number(page, "p50", t->p50_us);
        print_number(page, "p90", t->p90_us);
        print_number(page, "p99", t->p99_us);
        print_number(page, "slowest", t->max_us);
    }
    html(h, "</div></div>");
}

static void print_axis(const struct page *page)
{
    static const struct {
        uint64_t us;
        const char *text;
    } ticks[] = {{100, "0.1 ms"}, {1000, "1 ms"}, {10000, "10 ms"}, {100000, "100 ms"}, {1000000, "1 s"}};
    struct html *h = page->html;

    html(h, "<div class=\"row axis\"><div class=\"who\"></div><div class=\"plot\">");
    svg_begin(h, "x", 18, "Axis of latency",
              "from 32 us to 2 s, each step twice the one before; lost queries beside it");
    for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++)
        svg_text(h, "", place_of(ticks[i].us), 13, SVG_MIDDLE, ticks[i].text);
    svg_text(h, "", LOST_AT + LOST_WIDTH / 2, 13, SVG_MIDDLE, "lost");
    svg_end(h);
    html(h, "</div></div>");
}

static void print_table(const struct page *page, const struct watch_facts *sampling)
{
    static const char *const heads[] = {"Sent", "Lost", "p50", "p90", "p99", "Slowest"};
    struct html *h = page->html;

    html(
        h,
        "<details><summary>Numbers of this figure</summary><table role=\"table\" class=\"table "
        "blocks\"><caption>Latency of the answers to one query, asked again and again</caption><thead><tr role=\"row\"><th "
        "role=\"columnheader\" scope=\"col\">Server</th>");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        html(h, "<th role=\"columnheader\" scope=\"col\">");
        html_text(h, heads[i]);
        html(h, "</th>");
    }
    html(h, "</tr></thead><tbody>");
    for (size_t i = 0; i < sampling->targets_count && !page_is_full(page); i++) {
        const struct watch_target_facts *t = &sampling->targets[i];
        const uint64_t us[] = {t->p50_us, t->p90_us, t->p99_us, t->max_us};

        html(h, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
        html_name(h, t->id);
        html(h, "</th>");
        page_cell(page, "", heads[0], arena_printf(page->arena, "%" PRIu64, t->sent));
        page_cell(page, t->lost ? "odd" : "", heads[1], arena_printf(page->arena, "%" PRIu64, t->lost));
        for (size_t k = 0; k < 4; k++) {
            char text[DURATION_TEXT];

            page_cell(page, "", heads[2 + k],
                      us[k] == SHAPE_UNSET ? "no answer" : duration_format_us(text, sizeof(text), us[k]));
        }
        html(h, "</tr>");
    }
    html(h, "</tbody></table></details>");
}

/* Those that lose, then the slowest. */
static int by_trouble(const void *a, const void *b)
{
    const struct watch_target_facts *const *l = a, *const *r = b;
    uint64_t left = (*l)->p99_us == SHAPE_UNSET ? 0 : (*l)->p99_us,
             right = (*r)->p99_us == SHAPE_UNSET ? 0 : (*r)->p99_us;

    if ((*l)->lost != (*r)->lost)
        return (*l)->lost < (*r)->lost ? 1 : -1;
    return left < right ? 1 : left > right ? -1 : *l < *r ? -1 : *l > *r;
}

static double tallest_of(const struct watch_facts *sampling)
{
    uint64_t most = 1;

    for (size_t i = 0; i < sampling->targets_count; i++) {
        uint64_t counts[OCTAVES] = {0};
        const struct watch_target_facts *t = &sampling->targets[i];

        for (size_t k = 0; k < t->latency_count; k++)
            counts[octave_of(t->latency[k].below_us)] += t->latency[k].count;
        for (int k = 0; k < OCTAVES; k++)
            most = counts[k] > most ? counts[k] : most;
        most = t->lost > most ? t->lost : most;
    }
    return sqrt((double)most);
}

void section_latency(const struct page *page)
{
    const struct watch_facts *sampling = page->facts->sampling;
    struct html *h = page->html;

    section_begin(page, "latency", "How fast each server answers");
    if (!sampling || !sampling->targets_count) {
        page_gap(page, "latency by server", "no query was asked again and again",
                 "k8sdns watch NAME --duration 1m");
        section_end(page);
        return;
    }
    html(h, "<p class=\"lead\">");
    html_textf(h,
               "%" PRIu64 " queries in %.1f s. The height of a bar is the square root of its count; each bar "
               "is of twice the latency of the one before. The triangles are p50, p90 and p99.",
               sampling->sent == SHAPE_UNSET ? 0 : sampling->sent, sampling->span_ms / 1000);
    html(h, "</p><div class=\"lat\">");
    {
        const struct watch_target_facts **sorted =
            arena_array(page->arena, sampling->targets_count, sizeof(const struct watch_target_facts *));
        size_t shown = sampling->targets_count < SHOWN ? sampling->targets_count : SHOWN;
        double tallest = tallest_of(sampling);

        for (size_t i = 0; i < sampling->targets_count; i++)
            sorted[i] = &sampling->targets[i];
        if (shown < sampling->targets_count)
            qsort(sorted, sampling->targets_count, sizeof(const struct watch_target_facts *), by_trouble);
        for (size_t i = 0; i < shown; i++)
            print_target(page, sorted[i], tallest);
        print_axis(page);
        if (shown < sampling->targets_count)
            html_textf(h, "%zu servers with fewer losses and faster answers stand in the table.",
                       sampling->targets_count - shown);
    }
    html(h, "</div>");
    print_table(page, sampling);
    section_end(page);
}
