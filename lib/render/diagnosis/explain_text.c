/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/render/explain_text.h>
#include <k8sdns/render/table.h>

static void print_finding(const struct finding_words *finding, struct page *page)
{
    page_paint(page, PAINT_STRONG, finding->id);
    page_addf(page, ": %s (usually %s)\n", finding->title, severity_words[finding->severity]);
    page_paragraph(page, "  why: ", "%s", finding->cause);
    for (size_t i = 0; i < finding->remedies_count; i++)
        page_paragraph(page, i ? "       " : "  do:  ", "%zu. %s", i + 1, finding->remedies[i]);
    for (size_t i = 0; i < finding->checks_count; i++)
        page_addf(page, "%s%s\n", i ? "       " : "  see: ", finding->checks[i]);
}

static void print_symptom(const struct explain_facts *facts, const struct symptom_words *symptom,
                          struct page *page)
{
    page_paint(page, PAINT_STRONG, symptom->title);
    page_addf(page, "\n");
    page_paragraph(page, "  means:   ", "%s", symptom->meaning);
    page_paragraph(page, "  said by: ", "%s", symptom->said_by);
    for (size_t i = 0; i < symptom->checks_count; i++)
        page_addf(page, "%s%s\n", i ? "           " : "  run:     ", symptom->checks[i]);
    page_addf(page, "\nwhat may be behind it, the likeliest first\n");
    for (size_t i = 0; i < facts->findings_count; i++)
        page_paragraph(page, "  ", "%s: %s", facts->findings[i].id, facts->findings[i].title);
}

static void print_list(const struct explain_facts *facts, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "FINDING"}, {.heading = "USUALLY"}, {.heading = "MEANS", .elastic = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < facts->findings_count; i++) {
        table_row(table);
        table_cell(table, PAINT_STRONG, facts->findings[i].id);
        table_cell(table, PAINT_PLAIN, severity_words[facts->findings[i].severity]);
        table_cell(table, PAINT_PLAIN, facts->findings[i].title);
    }
    table_print(table, page, 0);
    page_paragraph(page, "\n",
                   "k8sdns explain ID tells more of one, k8sdns explain \"MESSAGE\" what an application's "
                   "message means.");
}

void explain_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct explain_facts *facts = data;

    if (!facts->asked)
        print_list(facts, page, arena);
    else if (facts->symptoms_count)
        print_symptom(facts, &facts->symptoms[0], page);
    else
        print_finding(&facts->findings[0], page);
}
