/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/render/diagnosis/explain_text.h>
#include <k8sdns/render/diagnosis/finding_text.h>
#include <k8sdns/render/page/table.h>

static void print_finding(const struct finding_words *finding, struct printer *printer)
{
    printer_style(printer, STYLE_STRONG, finding->id);
    printer_addf(printer, ": %s (usually %s)\n", finding->title, severity_names[finding->severity]);
    printer_paragraph(printer, "  why: ", "%s", finding->cause);
    for (size_t i = 0; i < finding->remedies_count; i++)
        printer_paragraph(printer, i ? "       " : "  do:  ", "%zu. %s", i + 1, finding->remedies[i]);
    for (size_t i = 0; i < finding->checks_count; i++)
        printer_addf(printer, "%s%s\n", i ? "       " : "  see: ", finding->checks[i]);
}

static void print_symptom(const struct symptom_words *symptom, bool several, struct printer *printer)
{
    printer_style(printer, STYLE_STRONG, symptom->title);
    printer_addf(printer, "\n");
    if (several && symptom->count > 1)
        printer_paragraph(printer, "  line:    ", "%" PRIu64 " (and %" PRIu64 " more like it): %s",
                          symptom->line, symptom->count - 1, symptom->text);
    else if (several)
        printer_paragraph(printer, "  line:    ", "%" PRIu64 ": %s", symptom->line, symptom->text);
    printer_paragraph(printer, "  means:   ", "%s", symptom->meaning);
    printer_paragraph(printer, "  said by: ", "%s", symptom->said_by);
    for (size_t i = 0; i < symptom->checks_count; i++)
        printer_addf(printer, "%s%s\n", i ? "           " : "  run:     ", symptom->checks[i]);
}

static void print_symptoms(const struct explain_facts *facts, struct printer *printer)
{
    bool several = facts->symptoms_count > 1;

    for (size_t i = 0; i < facts->symptoms_count; i++) {
        if (i)
            printer_addf(printer, "\n");
        print_symptom(&facts->symptoms[i], several, printer);
    }
    if (facts->findings_count)
        printer_addf(printer, "\nPossible causes, the likeliest first:\n");
    for (size_t i = 0; i < facts->findings_count; i++)
        printer_paragraph(printer, "  ", "%s: %s", facts->findings[i].id, facts->findings[i].title);
}

static void print_list(const struct explain_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "FINDING"}, {.heading = "USUALLY"}, {.heading = "MEANS", .elastic = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < facts->findings_count; i++) {
        table_row(table);
        table_cell(table, STYLE_STRONG, facts->findings[i].id);
        table_cell(table, STYLE_PLAIN, severity_names[facts->findings[i].severity]);
        table_cell(table, STYLE_PLAIN, facts->findings[i].title);
    }
    table_print(table, printer, 0);
    printer_paragraph(printer, "\n",
                      "k8sdns explain ID tells more of one, k8sdns explain \"MESSAGE\" what an application's "
                      "message means.");
}

/* What of it a capture shows: the numbers, and what to do with the names of that cluster. */
static void print_seen(const struct explain_facts *facts, struct printer *printer, struct arena *arena)
{
    if (facts->with_seen && !facts->seen_count)
        printer_addf(printer, "\nnot found in this capture\n");
    for (size_t i = 0; i < facts->seen_count; i++) {
        const struct finding *finding = &facts->seen[i];

        printer_addf(printer, "\n");
        printer_paragraph(printer, "", "here: %s%s%s [%s]", finding->title, finding->subject ? ": " : "",
                          finding->subject ? finding->subject : "", confidence_names[finding->confidence]);
        for (size_t k = 0; k < finding->evidence_count; k++)
            printer_paragraph(printer, "  - ", "%s", finding->evidence[k]);
        if (finding->consequence)
            printer_paragraph(printer, "  ", "a consequence of %s", finding->consequence);
        for (size_t k = 0; k < finding->steps_count; k++)
            step_print(&finding->steps[k], arena_printf(arena, "  %zu. ", k + 1), printer);
    }
}

void explain_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct explain_facts *facts = data;

    if (!facts->asked)
        print_list(facts, printer, arena);
    else if (facts->symptoms_count)
        print_symptoms(facts, printer);
    else
        print_finding(&facts->findings[0], printer);
    print_seen(facts, printer, arena);
}
