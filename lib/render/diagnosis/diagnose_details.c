/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diagnose_details.h"
#include "blanks_text.h"
#include <k8sdns/model/diagnosis/finding_headline.h>
#include <k8sdns/render/diagnosis/finding_text.h>
#include <k8sdns/render/page/advice_text.h>
#include <string.h>

bool finding_leads(const struct finding *finding)
{
    return !finding->consequence && finding->severity != SEVERITY_INFO;
}

const char *finding_line(struct arena *arena, const struct finding *finding)
{
    return finding_headline(arena, finding->title, finding->subject);
}

static void print_consequences(const struct diagnose_facts *facts, const char *id, struct printer *printer,
                               struct arena *arena)
{
    for (size_t i = 0; i < facts->findings_count; i++) {
        const struct finding *finding = &facts->findings[i];

        if (finding->consequence && strcmp(finding->consequence, id) == 0)
            printer_paragraph(printer, "  consequence: ", "%s (%s)", finding_line(arena, finding),
                              finding->id);
    }
}

static void print_finding(const struct diagnose_facts *facts, const struct finding *finding,
                          struct printer *printer, struct arena *arena)
{
    printer_addf(printer, "\n");
    printer_paragraph(printer, "", "%s: %s [%s]", severity_names[finding->severity],
                      finding_line(arena, finding), confidence_names[finding->confidence]);
    for (size_t i = 0; i < finding->evidence_count; i++)
        printer_paragraph(printer, "  - ", "%s", finding->evidence[i]);
    print_consequences(facts, finding->id, printer, arena);
    if (finding->cause)
        printer_paragraph(printer, "  why: ", "%s", finding->cause);
    for (size_t i = 0; i < finding->steps_count; i++) {
        const struct step *step = &finding->steps[i];

        step_print(step, arena_printf(arena, "  %zu. ", i + 1), printer);
        if (step->undo)
            printer_addf(printer, "     undo: %s\n", step->undo);
    }
    printer_addf(printer, "  details: k8sdns explain %s\n", finding->id);
}

static void print_blanks(const struct diagnose_facts *facts, struct printer *printer, struct arena *arena)
{
    unsigned found = 0;
    const char *text;

    for (size_t i = 0; i < facts->findings_count; i++)
        for (size_t k = 0; k < facts->findings[i].steps_count && !facts->findings[i].consequence; k++)
            found |= blanks_of(facts->findings[i].steps[k].command);
    text = blanks_text(arena, found);
    if (!text)
        return;
    printer_addf(printer, "\n");
    printer_paragraph(printer, "Fill in   ", "%s", text);
}

/* Checks that lack the same stand together. */
static void print_unknown(const struct diagnose_facts *facts, struct printer *printer, struct arena *arena)
{
    for (size_t i = 0; i < facts->checks_count; i++) {
        const struct check_facts *check = &facts->checks[i];
        const char **ids = NULL;
        size_t count = 0;
        bool said = false;

        for (size_t k = 0; k < facts->checks_count; k++) {
            const struct check_facts *other = &facts->checks[k];

            if (check->state != FINDING_UNKNOWN || other->state != FINDING_UNKNOWN || !check->detail ||
                !other->detail || strcmp(check->detail, other->detail) != 0)
                continue;
            said = said || k < i;
            *ARENA_PUSH(arena, ids, count) = other->id;
        }
        if (count && !said)
            advice_print(printer, "  - ", check->detail,
                         arena_printf(arena, "(would check: %s)", arena_join(arena, ids, count, ", ")));
    }
}

/* Gaps that the same would close stand together: the first in full, the others by name. */
static void print_unobserved(const struct diagnose_facts *facts, struct printer *printer, struct arena *arena)
{
    for (size_t i = 0; i < facts->unobserved_count; i++) {
        const struct unobserved *gap = &facts->unobserved[i];
        const char **others = NULL;
        size_t count = 0;
        bool said = false;

        for (size_t k = 0; k < facts->unobserved_count; k++) {
            if (k == i || strcmp(facts->unobserved[k].how, gap->how) != 0)
                continue;
            said = said || k < i;
            *ARENA_PUSH(arena, others, count) = facts->unobserved[k].what;
        }
        if (!said)
            advice_print(printer, "  - ",
                         arena_printf(arena, "%s: %s%s%s; %s", gap->what, gap->why, count ? "; also " : "",
                                      count ? arena_join(arena, others, count, ", ") : "", gap->how),
                         "");
    }
}

static void print_gaps(const struct diagnose_facts *facts, struct printer *printer, struct arena *arena)
{
    size_t unknown = 0;

    for (size_t i = 0; i < facts->checks_count; i++)
        unknown += facts->checks[i].state == FINDING_UNKNOWN;
    if (!facts->unobserved_count && !unknown)
        return;
    printer_addf(printer, "\nNot checked (needs more access)\n");
    print_unobserved(facts, printer, arena);
    print_unknown(facts, printer, arena);
}

void diagnose_for_admin(const struct diagnose_facts *facts, struct printer *printer)
{
    if (!facts->for_admin)
        return;
    printer_addf(printer, "\n");
    step_print(facts->for_admin, "Admin     ", printer);
}

void diagnose_details(const struct diagnose_facts *facts, struct printer *printer, struct arena *arena)
{
    if (facts->frequency >= 0 && facts->frequency_text)
        printer_paragraph(printer, "Rate      ", "%s", facts->frequency_text);
    if (facts->scope)
        printer_paragraph(printer, "Affected  ", "%s", facts->scope);
    for (size_t i = 0; i < facts->findings_count; i++)
        if (!facts->findings[i].consequence)
            print_finding(facts, &facts->findings[i], printer, arena);
    print_blanks(facts, printer, arena);
    if (facts->healthy_count)
        printer_addf(printer, "\nOK (%zu checks)\n", facts->healthy_count);
    for (size_t i = 0; i < facts->healthy_count; i++)
        printer_paragraph(printer, "  - ", "%s", facts->healthy[i]);
    print_gaps(facts, printer, arena);
    diagnose_for_admin(facts, printer);
    if (facts->next_count)
        printer_addf(printer, "\nNext commands\n");
    for (size_t i = 0; i < facts->next_count; i++)
        printer_addf(printer, "  %s\n", facts->next[i]);
}
