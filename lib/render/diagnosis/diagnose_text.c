/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first screen of diagnose: status and cause, what programs see, what to do now, what else was found, and
 * how many checks were made; at most 24 lines of 80 columns for one or two faults. The rest, all of it, comes
 * with -v (diagnose_details.c).
 */
#include "blanks_text.h"
#include "diagnose_details.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/render/diagnosis/diagnose_text.h>
#include <k8sdns/render/diagnosis/finding_text.h>
#include <k8sdns/render/page/first_screen.h>
#include <k8sdns/render/page/status_line.h>
#include <k8sdns/render/resolver/name_view_text.h>
#include <math.h>
#include <string.h>

/* What is shown of each; less of it where that is too long for the first screen. */
struct amount {
    size_t evidence, steps; /* of one finding that leads alone; each of several has one */
    size_t leading, lookups, others;
};
static const struct amount amounts[] = {
    {.evidence = 3, .steps = 3, .leading = 3, .lookups = 3, .others = 4},
    {.evidence = 2, .steps = 3, .leading = 3, .lookups = 2, .others = 2},
    {.evidence = 2, .steps = 2, .leading = 2, .lookups = 2, .others = 1},
    {.evidence = 3, .steps = 2, .leading = 2, .lookups = 1, .others = 0},
    {.evidence = 2, .steps = 2, .leading = 2, .lookups = 1, .others = 0},
    {.evidence = 1, .steps = 2, .leading = 2, .lookups = 1, .others = 0},
};

static const enum style styles[] = {
    [SEVERITY_CRITICAL] = STYLE_BAD, [SEVERITY_WARNING] = STYLE_ODD, [SEVERITY_INFO] = STYLE_PLAIN};

static void print_head(const struct diagnose_facts *facts, const struct finding *lead,
                       struct printer *printer, struct arena *arena)
{
    const char *sure = lead ? arena_printf(arena, " [%s]", confidence_names[lead->confidence]) : "";

    printer_line(printer, status_style(facts->status), arena_printf(arena, "DNS %s%s", facts->verdict, sure));
}

static void print_failures(const struct diagnose_facts *facts, struct printer *printer)
{
    if (!facts->failed || !facts->asked)
        return;
    printer_paragraph(printer, "Failed    ", "%" PRIu64 " of %" PRIu64 " test queries (%.0f %%)",
                      facts->failed, facts->asked, 100.0 * (double)facts->failed / (double)facts->asked);
}

static void print_latency(const struct diagnose_facts *facts, struct printer *printer)
{
    const struct server_latency *slowest = NULL;

    for (size_t i = 0; i < facts->latency_count; i++)
        if (!isnan(facts->latency[i].p99_ms) && (!slowest || facts->latency[i].p99_ms > slowest->p99_ms))
            slowest = &facts->latency[i];
    if (slowest)
        printer_paragraph(printer, "Latency   ", "p50 %.1f ms, p99 %.1f ms (slowest server: %s)",
                          slowest->p50_ms, slowest->p99_ms, slowest->server);
}

/* What an application sees, those that fail first. */
static void print_lookups(const struct diagnose_facts *facts, size_t most, struct printer *printer,
                          struct arena *arena)
{
    size_t shown = 0;

    for (int found = 0; found < 2; found++)
        for (size_t i = 0; i < facts->lookups_count && shown < most; i++) {
            const struct seen_lookup *lookup = &facts->lookups[i];
            char time[DURATION_TEXT];

            if (lookup->found != (found == 1))
                continue;
            duration_format_us(time, sizeof(time), number_whole(lookup->total_ms * 1000));
            printer_paragraph(printer, shown++ ? "          " : "Programs  ",
                              found ? "%s: found in %s" : "%s: FAILS after %s: %s",
                              name_without_dot(arena, lookup->name), time,
                              lookup->error ? lookup->error : "no address");
        }
}

static void print_steps(const struct finding *lead, size_t most, struct printer *printer, struct arena *arena)
{
    const char *blanks;
    unsigned found = 0;

    for (size_t i = 0; i < lead->steps_count && i < most; i++)
        found |= blanks_of(lead->steps[i].command);
    blanks = blanks_text(arena, found);
    /* On the same line, since the page is to fit a screen. */
    if (lead->steps_count)
        printer_addf(printer, "\n");
    if (blanks)
        printer_paragraph(printer, "Do now    ", "(%s)", blanks);
    else if (lead->steps_count)
        printer_addf(printer, "Do now\n");
    for (size_t i = 0; i < lead->steps_count && i < most; i++)
        step_print(&lead->steps[i], arena_printf(arena, "  %zu. ", i + 1), printer);
}

static void print_one(const struct diagnose_facts *facts, const struct finding *lead,
                      const struct amount *amount, struct printer *printer, struct arena *arena)
{
    for (size_t i = 0; i < lead->evidence_count && i < amount->evidence; i++)
        printer_paragraph(printer, i ? "          " : "Evidence  ", "%s", lead->evidence[i]);
    print_failures(facts, printer);
    print_lookups(facts, amount->lookups, printer, arena);
    print_steps(lead, amount->steps, printer, arena);
}

static void print_numbered(const struct finding *finding, size_t number, struct printer *printer,
                           struct arena *arena)
{
    const char *mark = arena_printf(arena, "%zu  ", number);
    const char *text = arena_printf(arena, "%s: %s [%s]", severity_names[finding->severity],
                                    finding_line(arena, finding), confidence_names[finding->confidence]);
    const char *line = arena_printf(arena, "%s%s", mark, text);

    if (printer_columns(line) > printer->width)
        printer_paragraph(printer, mark, "%s", text);
    else
        printer_line(printer, styles[finding->severity], line);
}

static void print_several(const struct diagnose_facts *facts, size_t count, const struct amount *amount,
                          struct printer *printer, struct arena *arena)
{
    size_t number = 0;
    const char *blanks;
    unsigned found = 0;

    for (size_t i = 0; i < facts->findings_count && number < amount->leading; i++) {
        const struct finding *finding = &facts->findings[i];

        if (!finding_leads(finding))
            continue;
        printer_addf(printer, "\n");
        print_numbered(finding, ++number, printer, arena);
        if (finding->evidence_count)
            printer_paragraph(printer, "   ", "%s", finding->evidence[0]);
        if (finding->steps_count) {
            step_print(&finding->steps[0], "   do: ", printer);
            found |= blanks_of(finding->steps[0].command);
        }
    }
    blanks = blanks_text(arena, found);
    if (blanks)
        printer_paragraph(printer, "   ", "(%s)", blanks);
    if (count > number)
        printer_addf(printer, "\nand %zu more: k8sdns -v\n", count - number);
    printer_addf(printer, "\n");
    print_failures(facts, printer);
    print_lookups(facts, amount->lookups, printer, arena);
}

/* Further findings, a line each: consequences and remarks. */
static void print_others(const struct diagnose_facts *facts, size_t most, struct printer *printer,
                         struct arena *arena)
{
    size_t shown = 0, left = 0;

    for (size_t i = 0; i < facts->findings_count; i++) {
        const struct finding *finding = &facts->findings[i];

        if (finding_leads(finding))
            continue;
        if (shown == most) {
            left++;
            continue;
        }
        if (!shown)
            printer_addf(printer, "\n");
        printer_paragraph(printer, shown++ ? "          " : "Also      ", "%s: %s%s%s%s",
                          severity_names[finding->severity], finding_line(arena, finding),
                          finding->consequence ? " (consequence of " : "",
                          finding->consequence ? finding->consequence : "", finding->consequence ? ")" : "");
    }
    if (left && shown)
        printer_addf(printer, "          and %zu more\n", left);
    else if (left)
        printer_addf(printer, "\nAlso      %zu finding%s of less weight\n", left, left == 1 ? "" : "s");
}

static void print_counts(const struct diagnose_facts *facts, const struct finding *lead,
                         struct printer *printer)
{
    size_t unknown = 0;

    for (size_t i = 0; i < facts->checks_count; i++)
        unknown += facts->checks[i].state == FINDING_UNKNOWN;
    printer_addf(printer, "\nChecks    %zu OK, %zu not checked\n", facts->healthy_count, unknown);
    if (lead)
        printer_addf(printer, "Details   k8sdns explain %s\n", lead->id);
    printer_addf(printer, "All of it k8sdns -v\n");
}

static void print_page(const struct diagnose_facts *facts, const struct amount *amount,
                       struct printer *printer, struct arena *arena)
{
    const struct finding *lead = NULL;
    size_t leading = 0;

    for (size_t i = 0; i < facts->findings_count; i++)
        if (finding_leads(&facts->findings[i]) && !leading++)
            lead = &facts->findings[i];
    print_head(facts, leading == 1 ? lead : NULL, printer, arena);
    if (printer->verbosity < 0)
        return;
    name_view_print(facts->names_as, "View      ", printer, arena);
    if (printer->verbosity > 0) {
        print_failures(facts, printer);
        print_latency(facts, printer);
        print_lookups(facts, amount->lookups, printer, arena);
        diagnose_details(facts, printer, arena);
        return;
    }
    if (leading == 1) {
        print_one(facts, lead, amount, printer, arena);
    } else if (leading) {
        print_several(facts, leading, amount, printer, arena);
    } else {
        print_latency(facts, printer);
        print_lookups(facts, amount->lookups, printer, arena);
    }
    diagnose_for_admin(facts, printer);
    print_others(facts, amount->others, printer, arena);
    print_counts(facts, lead, printer);
}

/* On a screen, where a command that is longer than a row goes on in the next. */
static size_t rows_of(const char *page, unsigned width)
{
    size_t rows = 0;

    while (*page) {
        size_t len = strcspn(page, "\n");

        rows += width && len > width ? (len + width - 1) / width : 1;
        page += len + (page[len] == '\n');
    }
    return rows;
}

void diagnose_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    size_t last = sizeof(amounts) / sizeof(amounts[0]) - 1;

    /* As much as fits the first screen. */
    for (size_t i = 0; i <= last; i++) {
        struct text page = {0};
        struct printer trial = *printer;
        size_t rows;

        trial.out = &page;
        print_page(data, &amounts[i], &trial, arena);
        rows = rows_of(text_string(&page), printer->width);
        if (i == last || printer->verbosity > 0 || rows <= FIRST_SCREEN_LINES) {
            text_add_n(printer->out, text_string(&page), page.len);
            i = last;
        }
        text_fini(&page);
    }
}

void diagnose_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct diagnose_facts *facts = data;

    (void)arena;
    printer_paragraph(printer, "", "%s  %s", facts->time ? facts->time : "", facts->verdict);
}
