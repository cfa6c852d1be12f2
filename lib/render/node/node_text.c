/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/render/node_text.h>
#include <k8sdns/render/table.h>
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
        table_cell(table, PAINT_FAINT, "-");
    else if (strcmp(unit, "bytes") == 0 && value >= 1024 * 1024)
        table_cellf(table, PAINT_PLAIN, "%.1f MB", value / 1024 / 1024);
    else if (strncmp(unit, "percent", 7) == 0)
        table_cellf(table, PAINT_PLAIN, "%.1f %%", value);
    else
        table_cellf(table, PAINT_PLAIN, "%.0f", value);
}

static void print_rows(const struct node_facts *facts, size_t most, struct page *page, struct arena *arena)
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
        enum paint paint = stands_out(limit) ? PAINT_ODD : PAINT_PLAIN;

        table_row(table);
        table_cell(table, paint, limit->label);
        amount(table, limit->use, limit->unit);
        amount(table, limit->limit, limit->unit);
        if (isnan(limit->ratio))
            table_cell(table, PAINT_FAINT, "-");
        else
            table_cellf(table, paint, "%.1f %%", limit->ratio * 100);
        if (limit->events == SHAPE_UNSET)
            table_cell(table, PAINT_FAINT, "-");
        else
            table_cellf(table, paint, "%" PRIu64, limit->events);
        if (!isnan(limit->events_per_second))
            table_cellf(table, paint, "%+.1f", limit->events_per_second);
    }
    table_print(table, page, 0);
}

void node_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct node_facts *facts = data;
    bool any = false;

    if (page->verbosity >= 0) {
        print_rows(facts, facts->limits_count, page, arena);
        page_addf(page, "\n");
    }
    for (size_t i = 0; i < facts->limits_count; i++) {
        if (!stands_out(&facts->limits[i]))
            continue;
        any = true;
        page_paragraph(page, "* ", "%s: %s", facts->limits[i].label, facts->limits[i].affects);
    }
    if (!any)
        page_addf(page, "none of the %zu limits seen is near or was overrun\n", facts->limits_count);
    if (facts->unseen_count)
        page_paragraph(page, "not to be seen here: ", "%s",
                       arena_join(arena, facts->unseen, facts->unseen_count, ", "));
}

void node_text_render_part(const void *data, struct page *page, struct arena *arena)
{
    const struct node_facts *facts = data;
    size_t marked = 0;

    if (page->height) {
        print_rows(facts, page->height > 3 ? page->height - 3 : 1, page, arena);
        return;
    }
    for (size_t i = 0; i < facts->limits_count; i++)
        if (stands_out(&facts->limits[i]))
            page_addf(page, "%s%s", marked++ ? "; " : "", facts->limits[i].label);
    page_addf(page, "%s\n", marked ? "" : "nothing new");
}
