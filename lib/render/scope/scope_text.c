/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/render/scope_text.h>
#include <k8sdns/render/table.h>

/* Rows of a kind shown without -v. */
#define SHOWN 20

static const char *const how_wide[] = {"nothing fails", "the whole cluster fails", "Pods on some nodes fail",
                                       "fixed Pods fail", "random Pods fail"};
static const char *const how_often[] = {"never", "always", "at peak", "from time to time"};

enum row_kind {
    ROW_NODE,
    ROW_POD,
    ROW_TIME,
    ROW_KINDS,
};

static enum row_kind kind_of(const struct scope_row *row)
{
    return row->time ? ROW_TIME : row->pod ? ROW_POD : ROW_NODE;
}

static void print_rows(const struct scope_facts *facts, enum row_kind kind, struct page *page,
                       struct arena *arena)
{
    static const char *const headings[] = {"NODE", "FAILING POD", "TIME"};
    const struct table_column columns[] = {
        {.heading = headings[kind]},
        {.heading = "FAILING", .right = true},
        {.heading = "REPORTS", .right = true},
        {.heading = kind == ROW_NODE ? "FAILING PODS" : "", .right = true},
        {.heading = kind == ROW_TIME ? "" : "FINDINGS", .elastic = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown = 0, all = 0;

    for (size_t i = 0; i < facts->rows_count; i++) {
        const struct scope_row *row = &facts->rows[i];

        if (kind_of(row) != kind || all++ >= SHOWN)
            if (kind_of(row) != kind || page->verbosity <= 0)
                continue;
        shown++;
        table_row(table);
        if (kind == ROW_POD)
            table_cellf(table, PAINT_PLAIN, "%s on %s", row->pod, *row->node ? row->node : "?");
        else
            table_cell(table, PAINT_PLAIN, kind == ROW_TIME ? row->time : *row->node ? row->node : "?");
        table_cellf(table, row->failing ? PAINT_ODD : PAINT_PLAIN, "%" PRIu64, row->failing);
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, row->reports);
        if (kind == ROW_NODE)
            table_cellf(table, PAINT_PLAIN, "%" PRIu64 " of %" PRIu64, row->failing_pods, row->pods);
        else
            table_cell(table, PAINT_PLAIN, "");
        table_cell(table, PAINT_PLAIN, row->findings ? row->findings : "");
    }
    if (!shown)
        return;
    page_addf(page, "\n");
    table_print(table, page, 0);
    if (all > shown)
        page_addf(page, "and %zu more (-v)\n", all - shown);
}

static void print_causes(const struct scope_facts *facts, struct page *page)
{
    if (!facts->causes_count)
        return;
    page_addf(page, "\ncauses\n");
    for (size_t i = 0; i < facts->causes_count; i++) {
        const struct scope_cause *cause = &facts->causes[i];

        if (cause->reports)
            page_paragraph(page, "  - ", "%s: %s; named by %" PRIu64 " reports%s", cause->id, cause->title,
                           cause->reports, cause->pattern ? ", and the pattern points to it" : "");
        else
            page_paragraph(page, "  - ", "%s: %s; the pattern points to it", cause->id, cause->title);
    }
}

void scope_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct scope_facts *facts = data;

    page_paint(page, facts->scope == SCOPE_NONE ? PAINT_GOOD : PAINT_BAD, how_wide[facts->scope]);
    if (facts->scope != SCOPE_NONE && facts->frequency >= 0)
        page_addf(page, ", %s", how_often[facts->frequency]);
    page_addf(page, "\n");
    if (page->verbosity < 0)
        return;
    page_paragraph(page, "how wide:  ", "%s", facts->scope_text);
    page_paragraph(page, "how often: ", "%s", facts->frequency_text);
    page_paragraph(page, "how sure:  ", "%s: %s", facts->confidence, facts->confidence_text);
    if (facts->unread)
        page_paragraph(page, "* ", "%" PRIu64 " documents are no report of k8sdns", facts->unread);
    for (int kind = 0; kind < ROW_KINDS; kind++)
        print_rows(facts, (enum row_kind)kind, page, arena);
    print_causes(facts, page);
    for (size_t i = 0; i < facts->next_count; i++)
        page_paragraph(page, i ? "      " : "\nnext: ", "%s", facts->next[i]);
}
