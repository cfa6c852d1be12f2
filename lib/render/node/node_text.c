/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/render/node/node_text.h>
#include <k8sdns/render/page/table.h>
#include <math.h>
#include <string.h>

#define NEAR_RATIO 0.75

/* It is used up, nearly so, or has been since the start. */
static bool stands_out(const struct limit_facts *limit)
{
    if (!isnan(limit->events_per_second))
        return limit->events_per_second > 0 || limit->ratio >= NEAR_RATIO;
    return limit->ratio >= NEAR_RATIO || (limit->events != SHAPE_UNSET && limit->events > 0);
}

static void amount(struct table *table, double value, const char *unit)
{
    if (isnan(value))
        table_cell(table, STYLE_FAINT, "-");
    else if (strcmp(unit, "bytes") == 0 && value >= 1024 * 1024)
        table_cellf(table, STYLE_PLAIN, "%.1f MB", value / 1024 / 1024);
    else if (strncmp(unit, "percent", 7) == 0)
        table_cellf(table, STYLE_PLAIN, "%.1f %%", value);
    else
        table_cellf(table, STYLE_PLAIN, "%.0f", value);
}

static void print_rows(const struct node_facts *facts, size_t most, struct printer *printer,
                       struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "LIMIT"},
        {.heading = "USED", .right = true},
        {.heading = "OF", .right = true},
        {.heading = "RATIO", .right = true},
        {.heading = "RAN OUT", .right = true},
        {.heading = "PER SECOND", .right = true},
    };
    bool rates = false;
    struct table *table;

    for (size_t i = 0; i < facts->limits_count; i++)
        rates = rates || !isnan(facts->limits[i].events_per_second);
    table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]) - !rates);
    for (size_t i = 0; i < facts->limits_count && i < most; i++) {
        const struct limit_facts *limit = &facts->limits[i];
        enum style style = stands_out(limit) ? STYLE_ODD : STYLE_PLAIN;

        table_row(table);
        table_cell(table, style, limit->label);
        amount(table, limit->use, limit->unit);
        amount(table, limit->limit, limit->unit);
        if (isnan(limit->ratio))
            table_cell(table, STYLE_FAINT, "-");
        else
            table_cellf(table, style, "%.1f %%", limit->ratio * 100);
        if (limit->events == SHAPE_UNSET)
            table_cell(table, STYLE_FAINT, "-");
        else
            table_cellf(table, style, "%" PRIu64, limit->events);
        if (!isnan(limit->events_per_second))
            table_cellf(table, style, "%+.1f", limit->events_per_second);
    }
    table_print(table, printer, 0);
}

void node_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct node_facts *facts = data;
    bool any = false;

    if (printer->verbosity >= 0) {
        print_rows(facts, facts->limits_count, printer, arena);
        printer_addf(printer, "\n");
    }
    for (size_t i = 0; i < facts->limits_count; i++) {
        if (!stands_out(&facts->limits[i]))
            continue;
        any = true;
        printer_paragraph(printer, "* ", "%s: %s", facts->limits[i].label, facts->limits[i].affects);
    }
    if (!any)
        printer_addf(printer, "none of the %zu limits seen is near or was overrun\n", facts->limits_count);
    if (facts->unseen_count)
        printer_paragraph(printer, "not checked here: ", "%s",
                          arena_join(arena, facts->unseen, facts->unseen_count, ", "));
}

void node_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct node_facts *facts = data;
    size_t marked = 0;

    if (printer->height) {
        print_rows(facts, printer->height > 3 ? printer->height - 3 : 1, printer, arena);
        return;
    }
    for (size_t i = 0; i < facts->limits_count; i++)
        if (stands_out(&facts->limits[i]))
            printer_addf(printer, "%s%s", marked++ ? "; " : "", facts->limits[i].label);
    printer_addf(printer, "%s\n", marked ? "" : "nothing new");
}
