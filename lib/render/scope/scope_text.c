/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../diagnosis/blanks_text.h"
#include <inttypes.h>
#include <k8sdns/render/diagnosis/finding_text.h>
#include <k8sdns/render/page/first_screen.h>
#include <k8sdns/render/page/status_line.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/scope/fleet_text.h>
#include <k8sdns/render/scope/scope_text.h>

/* Rows of a kind shown without -v, and where all is too long for the first screen. */
enum {
    SHOWN = 20,
    SHOWN_FEW = 3,
    CAUSES_FEW = 1,
    STEPS_FEW = 2,
};

static const char *const how_wide[] = {"nothing fails", "the whole cluster fails", "Pods on some nodes fail",
                                       "fixed Pods fail", "random Pods fail"};
/* The same of a fleet of agents, whose units are nodes. */
static const char *const how_wide_nodes[] = {"nothing fails more than usual", "the whole cluster fails",
                                             "some nodes fail", "fixed Pods fail", "random nodes fail"};
static const char *const how_often[] = {"", ", always", ", at peak", ", from time to time"};

/* `failing`: those alone of which some report fails. */
static void print_rows(const struct scope_facts *facts, int kind, bool failing, size_t most,
                       struct printer *printer, struct arena *arena)
{
    static const char *const headings[] = {"NODE", "FAILING POD", "TIME"};
    const struct table_column columns[] = {
        {.heading = headings[kind]},
        {.heading = "FAILING", .right = true},
        {.heading = "REPORTS", .right = true},
        {.heading = kind == SCOPE_ROW_NODE ? "FAILING PODS" : "", .right = true},
        {.heading = kind == SCOPE_ROW_TIME ? "" : "FINDINGS", .elastic = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown = 0, all = 0;

    for (size_t i = 0; i < facts->rows_count; i++) {
        const struct scope_row *row = &facts->rows[i];

        if (row->kind != kind || (failing && !row->failing) || (all++ >= most && printer->verbosity <= 0))
            continue;
        shown++;
        table_row(table);
        if (kind == SCOPE_ROW_POD)
            table_cellf(table, STYLE_PLAIN, "%s on %s", row->pod ? row->pod : "?",
                        row->node ? row->node : "?");
        else
            table_cell(table, STYLE_PLAIN, kind == SCOPE_ROW_TIME ? row->time : row->node ? row->node : "?");
        table_cellf(table, row->failing ? STYLE_ODD : STYLE_PLAIN, "%" PRIu64, row->failing);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, row->reports);
        if (kind == SCOPE_ROW_NODE)
            table_cellf(table, STYLE_PLAIN, "%" PRIu64 " of %" PRIu64, row->failing_pods, row->pods);
        else
            table_cell(table, STYLE_PLAIN, "");
        table_cell(table, STYLE_PLAIN, row->findings ? row->findings : "");
    }
    if (!shown)
        return;
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (all > shown)
        printer_addf(printer, "and %zu more (-v)\n", all - shown);
}

static void print_causes(const struct scope_facts *facts, size_t most, struct printer *printer)
{
    for (size_t i = 0; i < facts->causes_count && i < most; i++) {
        const struct scope_cause *cause = &facts->causes[i];
        const char *first = i ? "            " : "Causes      ";

        if (cause->reports)
            printer_paragraph(printer, first, "%s (%s): named by %" PRIu64 " %s%s%s", cause->title, cause->id,
                              cause->reports, facts->fleet ? "node" : "report",
                              cause->reports == 1 ? "" : "s",
                              cause->pattern ? ", and the pattern points to it" : "");
        else
            printer_paragraph(printer, first, "%s (%s): the pattern points to it", cause->title, cause->id);
    }
    if (facts->causes_count > most)
        printer_addf(printer, "            and %zu more: -v\n", facts->causes_count - most);
}

static void print_status(const struct scope_facts *facts, struct printer *printer)
{
    const char *wide = facts->fleet ? how_wide_nodes[facts->scope] : how_wide[facts->scope];

    /* Of one node the cluster is not known. */
    if (facts->scope == SCOPE_WHOLE_CLUSTER && facts->nodes == 1)
        wide = facts->fleet       ? "the one node that reports fails"
               : facts->pods == 1 ? "the one Pod that reported fails"
                                  : "all Pods of the one node that reported fail";
    if (facts->status == HEALTH_UNKNOWN && facts->scope == SCOPE_NONE)
        wide = "no failure found, but too much is not known to call it healthy";
    status_line(printer, facts->status, "%s%s", wide,
                facts->scope != SCOPE_NONE && facts->frequency >= 0 ? how_often[facts->frequency] : "");
}

/* What else would look the same, of either answer. */
static void print_else(const struct scope_facts *facts, struct printer *printer, struct arena *arena)
{
    if (facts->scope_else_count)
        printer_paragraph(printer, "Or          ", "%s",
                          arena_join(arena, facts->scope_else, facts->scope_else_count, "; or "));
    if (facts->frequency_else_count)
        printer_paragraph(printer, "Or, in time ", "%s",
                          arena_join(arena, facts->frequency_else, facts->frequency_else_count, "; or "));
}

static void print_steps(const struct scope_facts *facts, size_t most, struct printer *printer,
                        struct arena *arena)
{
    unsigned found = 0;
    const char *blanks;

    for (size_t i = 0; i < facts->steps_count && i < most; i++)
        found |= blanks_of(facts->steps[i].command);
    blanks = blanks_text(arena, found);
    if (facts->steps_count)
        printer_addf(printer, "\n");
    if (blanks)
        printer_paragraph(printer, "Do now      ", "(%s)", blanks);
    else if (facts->steps_count)
        printer_addf(printer, "Do now\n");
    for (size_t i = 0; i < facts->steps_count && i < most; i++)
        step_print(&facts->steps[i], arena_printf(arena, "  %zu. ", i + 1), printer);
}

static void print_all(const void *data, bool condensed, struct printer *printer, struct arena *arena)
{
    const struct scope_facts *facts = data;
    bool whole = printer->verbosity > 0;

    print_status(facts, printer);
    printer_paragraph(printer, "Affected    ", "%s", facts->scope_text);
    printer_paragraph(printer, "How often   ", "%s", facts->frequency_text);
    printer_paragraph(printer, "Confidence  ", "%s: %s", facts->confidence, facts->confidence_text);
    print_else(facts, printer, arena);
    if (facts->fleet)
        printer_paragraph(printer, "Source      ", "%s, %s to %s; agents of %" PRIu64 " nodes",
                          facts->fleet->source, facts->fleet->from, facts->fleet->to, facts->fleet->nodes);
    if (facts->unread && facts->unread != SHAPE_UNSET)
        printer_paragraph(printer, "Not read    ", "%" PRIu64 " documents that are no report of k8sdns",
                          facts->unread);
    print_causes(facts, whole ? SIZE_MAX : condensed ? CAUSES_FEW : SHOWN, printer);
    print_steps(facts, condensed ? STEPS_FEW : SIZE_MAX, printer, arena);
    if (facts->fleet)
        fleet_text_render(facts->fleet, condensed, printer, arena);
    for (int kind = 0; kind < SCOPE_ROW_KINDS; kind++)
        if (!condensed || kind == (facts->scope == SCOPE_FIXED_PODS ? SCOPE_ROW_POD : SCOPE_ROW_NODE))
            print_rows(facts, kind, condensed, condensed ? SHOWN_FEW : SHOWN, printer, arena);
    if (condensed)
        printer_addf(printer, "\nEvery node, Pod and time: -v\n");
}

void scope_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    if (printer->verbosity < 0)
        print_status(data, printer);
    else
        first_screen(printer, print_all, data, arena);
}
