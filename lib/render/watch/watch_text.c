/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/table.h>
#include <k8sdns/render/watch_text.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Cells of a histogram's bar. */
#define BAR 24
/* Lines of a live report besides its rows: the heading of the table, the sentence in two lines, a blank. */
#define LIVE_LINES 5

static const char *time_text(char *buf, uint64_t us)
{
    if (us == SHAPE_UNSET)
        return "-";
    return duration_format_us(buf, DURATION_TEXT, us);
}

static void loss_cell(struct table *table, const struct watch_target_facts *t)
{
    if (isnan(t->loss_ratio))
        table_cell(table, PAINT_FAINT, "-");
    else if (t->lost)
        table_cellf(table, PAINT_BAD, "%.*f %%", t->loss_ratio < 0.1 ? 2 : 0, t->loss_ratio * 100);
    else
        table_cell(table, PAINT_GOOD, "0 %");
}

static void print_rows(const struct watch_facts *facts, size_t rows, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "SERVER"},
        {.heading = "SENT", .right = true},
        {.heading = "LOST", .right = true},
        {.heading = "LOSS", .right = true},
        {.heading = "BAD", .right = true},
        {.heading = "P50", .right = true},
        {.heading = "P99", .right = true},
        {.heading = "MAX", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < rows; i++) {
        const struct watch_target_facts *t = &facts->targets[i];
        char buf[DURATION_TEXT];

        table_row(table);
        table_cellf(table, PAINT_PLAIN, "%s %s", t->id, target_role_words[t->role]);
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, t->sent);
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, t->lost);
        loss_cell(table, t);
        table_cellf(table, t->bad ? PAINT_BAD : PAINT_PLAIN, "%" PRIu64, t->bad);
        table_cell(table, PAINT_PLAIN, time_text(buf, t->p50_us));
        table_cell(table, PAINT_PLAIN, time_text(buf, t->p99_us));
        table_cell(table, PAINT_PLAIN, time_text(buf, t->max_us));
    }
    table_print(table, page, 0);
}

static enum paint frequency_paint(int frequency)
{
    return frequency == FREQUENCY_NEVER ? PAINT_GOOD : frequency == FREQUENCY_ALWAYS ? PAINT_BAD : PAINT_ODD;
}

static void print_frequency(const struct watch_facts *facts, struct page *page)
{
    static const char *const words[] = {"healthy", "always", "at peak", "from time to time"};

    page_paint(page, frequency_paint(facts->frequency), words[facts->frequency]);
    page_addf(page, "\n");
    page_paragraph(page, "  ", "%s", facts->frequency_text);
}

static void print_tallies(struct page *page, const struct shape_tally *tallies, size_t count)
{
    for (size_t i = 0; i < count; i++)
        page_addf(page, "%s%s %" PRIu64, i ? ", " : "", tallies[i].name, tallies[i].count);
}

/* What failed at one target. */
static void print_failures(const struct watch_target_facts *t, struct page *page)
{
    const struct watch_failure_facts *ends[] = {t->first_failure, t->last_failure};

    if (!t->bad && !t->mismatches && !t->duplicates)
        return;
    page_addf(page, "\n%s: ", t->id);
    print_tallies(page, t->outcomes, t->outcomes_count);
    page_addf(page, "\n");
    if (t->late)
        page_addf(page, "  %" PRIu64 " of the lost were answered after the timeout\n", t->late);
    if (t->mismatches || t->duplicates)
        page_addf(page, "  %" PRIu64 " mismatched and %" PRIu64 " doubled answers\n", t->mismatches,
                  t->duplicates);
    for (size_t i = 0; i < t->types_count && t->lost; i++)
        page_addf(page, "%s%s %" PRIu64 " of %" PRIu64 "%s", i ? ", " : "  lost by type: ", t->types[i].type,
                  t->types[i].lost, t->types[i].sent, i + 1 == t->types_count ? "\n" : "");
    if (t->longest_bad_streak > 1)
        page_addf(page, "  %" PRIu64 " in a row at worst\n", t->longest_bad_streak);
    for (size_t i = 0; i < 2 && t->bad; i++) {
        char port[40] = "";

        if (ends[i]->source_port != SHAPE_UNSET)
            snprintf(port, sizeof(port), " from port %" PRIu64, ends[i]->source_port);
        page_paragraph(page, i ? "  last  " : "  first ", "%s %s %s%s: %s%s%s", ends[i]->time, ends[i]->name,
                       ends[i]->type, port, probe_status_words[ends[i]->status], ends[i]->detail ? ", " : "",
                       ends[i]->detail ? ends[i]->detail : "");
        if (t->bad == 1)
            break;
    }
}

/* One row for each octave of latency, as long as its share. */
static void print_histogram(const struct watch_target_facts *t, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {{.right = true}, {.right = true}, {0}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < t->latency_count; i++) {
        uint64_t count = t->latency[i].count, cells = (count * BAR + t->answered - 1) / t->answered;
        char bar[BAR * 3 + 1] = "", buf[DURATION_TEXT];

        for (uint64_t k = 0; k < cells; k++)
            strcat(bar, page->utf8 ? "\u2588" : "#");
        table_row(table);
        table_cellf(table, PAINT_FAINT, "under %s",
                    duration_format_us(buf, sizeof(buf), t->latency[i].below_us));
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, count);
        table_cell(table, PAINT_PLAIN, bar);
    }
    page_addf(page, "\nlatency of %s\n", t->id);
    table_print(table, page, 2);
}

void watch_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct watch_facts *facts = data;
    char span[DURATION_TEXT];

    print_frequency(facts, page);
    if (page->verbosity < 0)
        return;
    duration_format_us(span, sizeof(span), (uint64_t)(facts->span_ms * 1000));
    page_paragraph(page, "  ", "%" PRIu64 " questions in %s, %s", facts->sent, span,
                   facts->ports == PORTS_KEEP ? "one source port for each server"
                                              : "each name from a fresh source port");
    page_addf(page, "\n");
    print_rows(facts, facts->targets_count, page, arena);
    for (size_t i = 0; i < facts->targets_count; i++)
        print_failures(&facts->targets[i], page);
    /* One is enough for a glance; all of them are long. */
    for (size_t i = 0; i < facts->targets_count && (i == 0 || page->verbosity > 0); i++)
        if (facts->targets[i].answered)
            print_histogram(&facts->targets[i], page, arena);
    if (facts->skipped)
        page_paragraph(page, "\n* ",
                       "%" PRIu64
                       " questions were not asked when their time came: this program was held up, or "
                       "too many were still waited for",
                       facts->skipped);
}

/* Without a screen: one line, with those that failed by name. */
static void print_line(const struct watch_facts *facts, struct page *page)
{
    uint64_t lost = 0, bad = 0, p99 = 0;
    char buf[DURATION_TEXT];

    for (size_t i = 0; i < facts->targets_count; i++) {
        const struct watch_target_facts *t = &facts->targets[i];

        lost += t->lost;
        bad += t->bad;
        if (t->p99_us != SHAPE_UNSET && t->p99_us > p99)
            p99 = t->p99_us;
    }
    page_addf(page, "%" PRIu64 ": %" PRIu64 " sent, %" PRIu64 " lost, %" PRIu64 " bad, p99 %s",
              facts->interval, facts->sent, lost, bad, time_text(buf, p99 ? p99 : SHAPE_UNSET));
    for (size_t i = 0; i < facts->targets_count; i++) {
        const struct watch_target_facts *t = &facts->targets[i];

        if (t->bad) {
            page_addf(page, "; %s ", t->id);
            print_tallies(page, t->outcomes, t->outcomes_count);
        }
    }
    page_addf(page, "\n");
}

void watch_text_render_part(const void *data, struct page *page, struct arena *arena)
{
    const struct watch_facts *facts = data;
    size_t rows = facts->targets_count;

    if (!page->height) {
        print_line(facts, page);
        return;
    }
    if (rows + LIVE_LINES > page->height)
        rows = page->height > LIVE_LINES + 1 ? page->height - LIVE_LINES - 1 : 1;
    print_rows(facts, rows, page, arena);
    if (rows < facts->targets_count)
        page_addf(page, "and %zu more\n", facts->targets_count - rows);
    print_frequency(facts, page);
}
