/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stays in the terminal when top has gone. */
#include "top_panel.h"
#include <inttypes.h>
#include <k8sdns/render/table.h>
#include <math.h>

static void print_standing(const struct top_facts *facts, struct page *page, struct arena *arena)
{
    for (size_t i = 0; i < facts->standing_count; i++) {
        const struct standing_facts *f = &facts->standing[i];
        bool over = !isnan(f->over_s);

        page_paragraph(page, "  ", "%s: %s%s%s%s%s", severity_words[f->severity], f->title,
                       f->subject ? ", " : "", f->subject ? f->subject : "",
                       !facts->live ? ""
                       : over       ? ", stood "
                                    : ", for ",
                       facts->live ? top_span(arena, f->stood_s) : "");
        for (size_t k = 0; k < f->evidence_count && f->severity < SEVERITY_INFO; k++)
            page_paragraph(page, "    - ", "%s", f->evidence[k]);
    }
}

static void print_servers(const struct top_facts *facts, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "SERVER"},
        {.heading = "TYPE"},
        {.heading = "ASKED", .right = true},
        {.heading = "LOSS", .right = true},
        {.heading = "P50", .right = true},
        {.heading = "P99", .right = true},
        {.heading = "LAST"},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    char text[TOP_MS];

    for (size_t i = 0; i < facts->history->series_count; i++) {
        const struct history_series_facts *s = &facts->history->series[i];

        table_row(table);
        table_cellf(table, PAINT_PLAIN, "%s %s", s->target, target_role_words[s->role]);
        table_cell(table, PAINT_PLAIN, s->type);
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, s->sent);
        if (isnan(s->loss_ratio))
            table_cell(table, PAINT_FAINT, "-");
        else
            table_cellf(table, s->lost ? PAINT_BAD : PAINT_GOOD, "%.1f %%", s->loss_ratio * 100);
        table_cellf(table, PAINT_PLAIN, "%s ms", top_ms(text, s->p50_us));
        table_cellf(table, PAINT_PLAIN, "%s ms", top_ms(text, s->p99_us));
        table_cell(table, PAINT_PLAIN, s->last_status < 0 ? "-" : probe_status_words[s->last_status]);
    }
    table_print(table, page, 2);
}

void top_text_render_part(const void *data, struct page *page, struct arena *arena)
{
    const struct top_facts *facts = data;
    struct top_view view = {
        .width = page->width, .height = facts->rows, .all_rows = !facts->rows, .utf8 = page->utf8};

    if (facts->screen > 1)
        page_addf(page, "\n");
    grid_print(top_screen_draw(facts, &view, arena), page, arena);
}

void top_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct top_facts *facts = data;

    if (facts->printed)
        return;
    if (!facts->verdict) {
        page_addf(page, "nothing was seen yet\n");
        return;
    }
    page_paragraph(page, "", "%s", facts->verdict);
    if (facts->frequency >= 0 && facts->frequency_text)
        page_paragraph(page, "how often: ", "%s", facts->frequency_text);
    print_standing(facts, page, arena);
    if (facts->history && facts->history->series_count) {
        page_addf(page, "the last %.0f s\n", facts->history->window_ms / 1000);
        print_servers(facts, page, arena);
    }
}
