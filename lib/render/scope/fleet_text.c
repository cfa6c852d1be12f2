/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/scope/fleet_text.h>
#include <math.h>
#include <string.h>

/* Rows of a kind shown without -v, and where all is too long for the first screen. */
enum {
    PLACES_SHOWN = 10,
    PLACES_FEW = 3,
};

static const char *share(struct arena *arena, double ratio)
{
    return isnan(ratio)
               ? "-"
               : arena_printf(arena, ratio > 0 && ratio < 0.0001 ? "%.3f %%" : "%.2f %%", ratio * 100);
}

static void print_places(const struct fleet_facts *fleet, enum fleet_place kind, bool condensed,
                         struct printer *printer, struct arena *arena)
{
    static const char *const headings[] = {"NODE", "ZONE", "SERVER", "NAMESPACE", "PODS OF"};
    const struct table_column columns[] = {
        {.heading = headings[kind]},
        {.heading = "FAIL", .right = true},
        {.heading = kind == FLEET_PLACE_SERVER ? "OF QUERIES" : "OF", .right = true},
        {.heading = kind == FLEET_PLACE_NODE ? "DAY BEFORE" : "", .right = true},
        {.heading = "", .elastic = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown = 0, all = 0, most = condensed ? PLACES_FEW : PLACES_SHOWN;

    for (size_t i = 0; i < fleet->places_count; i++) {
        const struct fleet_place_facts *place = &fleet->places[i];

        if (place->place != (int)kind || (condensed && !place->fails) ||
            (all++ >= most && printer->verbosity <= 0))
            continue;
        shown++;
        table_row(table);
        table_cellf(table, STYLE_PLAIN, "%s%s%s", place->name, place->node ? " on " : "",
                    place->node ? place->node : "");
        table_cell(table, place->fails ? STYLE_ODD : STYLE_PLAIN, share(arena, place->failed_ratio));
        table_cellf(table, STYLE_PLAIN, "%.0f", place->asked);
        table_cell(table, STYLE_PLAIN, kind == FLEET_PLACE_NODE ? share(arena, place->before_ratio) : "");
        table_cell(table, STYLE_PLAIN, place->fails ? "fails" : "");
    }
    if (!shown)
        return;
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (all > shown)
        printer_addf(printer, "and %zu more (-v)\n", all - shown);
}

static void print_moments(const struct fleet_facts *fleet, struct printer *printer, struct arena *arena)
{
    const struct table_column columns[] = {
        {.heading = "FROM"},
        {.heading = "QUERIES FAIL", .right = true},
        {.heading = "LOOKUPS FAIL", .right = true},
        {.heading = "LOOKUPS/S", .right = true},
        {.heading = "COREDNS/S", .right = true},
        {.heading = ""},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < fleet->moments_count; i++) {
        const struct fleet_moment_facts *moment = &fleet->moments[i];

        table_row(table);
        table_cell(table, STYLE_PLAIN, moment->time);
        table_cell(
            table, moment->fails ? STYLE_ODD : STYLE_PLAIN,
            share(arena, moment->queries > 0 ? moment->queries_failed / moment->queries : (double)NAN));
        table_cell(
            table, STYLE_PLAIN,
            share(arena, moment->lookups > 0 ? moment->lookups_failed / moment->lookups : (double)NAN));
        table_cell(table, STYLE_PLAIN,
                   isnan(moment->lookups_rate) ? "-" : arena_printf(arena, "%.1f", moment->lookups_rate));
        table_cell(table, STYLE_PLAIN,
                   isnan(moment->coredns_rate) ? "-" : arena_printf(arena, "%.1f", moment->coredns_rate));
        table_cell(table, STYLE_PLAIN, moment->fails ? "fails" : "");
    }
    if (fleet->moments_count) {
        printer_addf(printer, "\n");
        table_print(table, printer, 0);
    }
}

static void print_counts(const struct fleet_facts *fleet, struct printer *printer)
{
    for (size_t i = 0; i < fleet->counts_count; i++) {
        const struct fleet_count_facts *count = &fleet->counts[i];
        const char *first = i ? "            " : "Counted     ";

        if (strcmp(count->kind, "limit") == 0)
            printer_paragraph(printer, first, "limit %s: %.0f %% used at the most", count->name,
                              count->value * 100);
        else
            printer_paragraph(printer, first, "%s, %s: %.0f", count->kind, count->name, count->value);
    }
}

void fleet_text_render(const struct fleet_facts *fleet, bool condensed, struct printer *printer,
                       struct arena *arena)
{
    for (int kind = 0; kind < FLEET_PLACES; kind++)
        print_places(fleet, (enum fleet_place)kind, condensed, printer, arena);
    if (!condensed) {
        print_moments(fleet, printer, arena);
        if (fleet->counts_count)
            printer_addf(printer, "\n");
        print_counts(fleet, printer);
    }
}
