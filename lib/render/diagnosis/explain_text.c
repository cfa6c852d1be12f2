/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "blanks_text.h"
#include <inttypes.h>
#include <k8sdns/model/diagnosis/finding_headline.h>
#include <k8sdns/render/diagnosis/explain_text.h>
#include <k8sdns/render/diagnosis/finding_text.h>
#include <k8sdns/render/page/table.h>

/* What to put in for the words in capitals of these commands. */
static void print_blanks(const char *first, const char *const *commands, size_t count, unsigned found,
                         struct printer *printer, struct arena *arena)
{
    const char *blanks;

    for (size_t i = 0; i < count; i++)
        found |= blanks_of(commands[i]);
    blanks = blanks_text(arena, found);
    if (blanks)
        printer_paragraph(printer, first, "%s", blanks);
}

/* Return the words that are to be filled in. */
static unsigned print_step(const struct step *step, size_t i, struct printer *printer, struct arena *arena)
{
    step_print(step, arena_printf(arena, "  %zu. ", i + 1), printer);
    if (step->undo)
        printer_addf(printer, "     undo: %s\n", step->undo);
    return blanks_of(step->command) | blanks_of(step->undo);
}

/* Without the steps where a capture's own are told. */
static void print_finding(const struct finding_words *finding, bool with_steps, struct printer *printer,
                          struct arena *arena)
{
    unsigned found = 0;

    printer_style(printer, STYLE_STRONG, finding->id);
    printer_addf(printer, ": %s (usually %s)\n", finding->title, severity_names[finding->severity]);
    printer_paragraph(printer, "  why: ", "%s", finding->cause);
    for (size_t i = 0; with_steps && i < finding->steps_count; i++)
        found |= print_step(&finding->steps[i], i, printer, arena);
    if (finding->checks_count)
        printer_addf(printer, "  to know more\n");
    for (size_t i = 0; i < finding->checks_count; i++)
        printer_addf(printer, "       %s\n", finding->checks[i]);
    print_blanks("  fill in: ", finding->checks, finding->checks_count, found, printer, arena);
}

static void print_symptom(const struct symptom_words *symptom, bool several, struct printer *printer,
                          struct arena *arena)
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
    print_blanks("  fill in: ", symptom->checks, symptom->checks_count, 0, printer, arena);
}

static void print_symptoms(const struct explain_facts *facts, struct printer *printer, struct arena *arena)
{
    bool several = facts->symptoms_count > 1;

    for (size_t i = 0; i < facts->symptoms_count; i++) {
        if (i)
            printer_addf(printer, "\n");
        print_symptom(&facts->symptoms[i], several, printer, arena);
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
    unsigned blanks = 0;

    if (facts->with_seen && !facts->seen_count)
        printer_addf(printer, "\nnot found in this capture\n");
    for (size_t i = 0; i < facts->seen_count; i++) {
        const struct finding *finding = &facts->seen[i];

        printer_addf(printer, "\n");
        printer_paragraph(printer, "", "here: %s [%s]",
                          finding_headline(arena, finding->title, finding->subject),
                          confidence_names[finding->confidence]);
        for (size_t k = 0; k < finding->evidence_count; k++)
            printer_paragraph(printer, "  - ", "%s", finding->evidence[k]);
        if (finding->consequence)
            printer_paragraph(printer, "  ", "a consequence of %s", finding->consequence);
        for (size_t k = 0; k < finding->steps_count; k++)
            blanks |= print_step(&finding->steps[k], k, printer, arena);
    }
    print_blanks("  fill in: ", NULL, 0, blanks, printer, arena);
}

void explain_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct explain_facts *facts = data;

    if (!facts->asked)
        print_list(facts, printer, arena);
    else if (facts->symptoms_count)
        print_symptoms(facts, printer, arena);
    else
        print_finding(&facts->findings[0], !facts->seen_count, printer, arena);
    print_seen(facts, printer, arena);
}
