/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stays in the terminal when top has gone. */
#include "top_panel.h"
#include <inttypes.h>
#include <k8sdns/model/diagnosis/finding_headline.h>
#include <k8sdns/render/page/table.h>
#include <math.h>

static void print_active_findings(const struct top_facts *facts, struct printer *printer, struct arena *arena)
{
    for (size_t i = 0; i < facts->active_findings_count; i++) {
        const struct active_finding_facts *f = &facts->active_findings[i];
        bool over = !isnan(f->over_s);

        printer_paragraph(printer, "  ", "%s: %s%s%s", severity_names[f->severity],
                          finding_headline(arena, f->title, f->subject),
                          !facts->live ? ""
                          : over       ? ", stood "
                                       : ", for ",
                          facts->live ? top_span(arena, f->stood_s) : "");
        for (size_t k = 0; k < f->evidence_count && f->severity < SEVERITY_INFO; k++)
            printer_paragraph(printer, "    - ", "%s", f->evidence[k]);
    }
}

static void print_servers(const struct top_facts *facts, struct printer *printer, struct arena *arena)
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
        table_cellf(table, STYLE_PLAIN, "%s %s", s->target, target_role_names[s->role]);
        table_cell(table, STYLE_PLAIN, s->type);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, s->sent);
        if (isnan(s->loss_ratio))
            table_cell(table, STYLE_FAINT, "-");
        else
            table_cellf(table, s->lost ? STYLE_BAD : STYLE_GOOD, "%.1f %%", s->loss_ratio * 100);
        table_cellf(table, STYLE_PLAIN, "%s ms", top_ms(text, s->p50_us));
        table_cellf(table, STYLE_PLAIN, "%s ms", top_ms(text, s->p99_us));
        table_cell(table, STYLE_PLAIN, s->last_status < 0 ? "-" : probe_status_names[s->last_status]);
    }
    table_print(table, printer, 2);
}

void top_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct top_facts *facts = data;
    struct top_view view = {
        .width = printer->width, .height = facts->rows, .all_rows = !facts->rows, .utf8 = printer->utf8};

    if (facts->screen > 1)
        printer_addf(printer, "\n");
    grid_print(top_screen_draw(facts, &view, arena), printer, arena);
}

void top_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct top_facts *facts = data;

    if (facts->printed)
        return;
    if (!facts->verdict) {
        printer_addf(printer, "nothing was seen yet\n");
        return;
    }
    printer_paragraph(printer, "", "%s", facts->verdict);
    if (facts->frequency >= 0 && facts->frequency_text)
        printer_paragraph(printer, "how often: ", "%s", facts->frequency_text);
    print_active_findings(facts, printer, arena);
    if (facts->history && facts->history->series_count) {
        printer_addf(printer, "the last %.0f s\n", facts->history->window_ms / 1000);
        print_servers(facts, printer, arena);
    }
}
