/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/diagnosis/finding_headline.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/report/diff_text.h>
#include <math.h>

static const enum style styles[] = {STYLE_GOOD, STYLE_PLAIN, STYLE_BAD};

static const char *severity_text(int severity)
{
    return severity < 0 ? "not found" : severity_names[severity];
}

static const char *change_word(const struct diff_finding *f)
{
    return f->before < 0 ? "new" : f->after < 0 ? "gone" : diff_change_names[f->change];
}

static void print_findings(const struct diff_facts *facts, struct printer *printer, struct arena *arena)
{
    if (facts->findings_count)
        printer_addf(printer, "\nFindings\n");
    for (size_t i = 0; i < facts->findings_count; i++) {
        const struct diff_finding *f = &facts->findings[i];
        const char *severities =
            f->before == f->after
                ? severity_text(f->after)
                : arena_printf(arena, "%s, was %s", severity_text(f->after), severity_text(f->before));

        printer_paragraph(printer, arena_printf(arena, "  %-7s ", change_word(f)), "%s (%s) [%s]",
                          finding_headline(arena, f->title, f->subject), f->id, severities);
    }
}

static const char *share_text(struct arena *arena, uint64_t failed, uint64_t asked)
{
    return arena_printf(arena, "%" PRIu64 " of %" PRIu64, failed, asked);
}

static const char *time_text(struct arena *arena, uint64_t us)
{
    char text[DURATION_TEXT];

    return us == SHAPE_UNSET ? "no answer" : arena_text(arena, duration_format_us(text, sizeof(text), us));
}

static const char *verdict_text(struct arena *arena, int change, double chance)
{
    return isnan(chance)          ? "not checked"
           : change != DIFF_SAME  ? arena_printf(arena, "%s", diff_change_names[change])
           : chance < DIFF_CHANCE ? "same (under twice)"
                                  : arena_printf(arena, "same (p=%.3f)", chance);
}

static void print_servers(const struct diff_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "SERVER"},
                                                  {.heading = "FAILED"},
                                                  {.heading = "NOW"},
                                                  {.heading = ""},
                                                  {.heading = "P50"},
                                                  {.heading = "NOW"},
                                                  {.heading = "", .elastic = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    if (!facts->servers_count)
        return;
    printer_addf(printer, "\n");
    for (size_t i = 0; i < facts->servers_count; i++) {
        const struct diff_server *s = &facts->servers[i];

        table_row(table);
        table_cell(table, STYLE_STRONG, s->server);
        table_cell(table, STYLE_PLAIN, share_text(arena, s->failed_before, s->asked_before));
        table_cell(table, STYLE_PLAIN, share_text(arena, s->failed_after, s->asked_after));
        table_cell(table, styles[s->failed_change], verdict_text(arena, s->failed_change, s->failed_chance));
        table_cell(table, STYLE_PLAIN, time_text(arena, s->p50_before_us));
        table_cell(table, STYLE_PLAIN, time_text(arena, s->p50_after_us));
        table_cell(table, styles[s->latency_change],
                   verdict_text(arena, s->latency_change, s->latency_chance));
    }
    table_print(table, printer, 0);
}

static void print_settings(const struct diff_facts *facts, struct printer *printer)
{
    printer_addf(printer, facts->settings_count ? "\nConfiguration\n" : "\nConfiguration: no change seen\n");
    for (size_t i = 0; i < facts->settings_count; i++) {
        const struct diff_setting *s = &facts->settings[i];

        printer_addf(printer, "  %s\n", s->what);
        if (s->before)
            printer_paragraph(printer, "    - ", "%s", s->before);
        if (s->after)
            printer_paragraph(printer, "    + ", "%s", s->after);
    }
}

void diff_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    static const char *const words[] = {"BETTER", "SAME", "WORSE"};
    const struct diff_facts *facts = data;

    printer_style(printer, styles[facts->change], words[facts->change]);
    if (facts->health_before >= 0 && facts->health_after >= 0)
        printer_addf(printer, ": DNS was %s, now %s", health_titles[facts->health_before],
                     health_titles[facts->health_after]);
    printer_addf(printer, "\n");
    if (printer->verbosity < 0)
        return;
    if (facts->time_before && facts->time_after)
        printer_addf(printer, "%s to %s\n", facts->time_before, facts->time_after);
    if (facts->reversed)
        printer_addf(printer,
                     "The first is the later one: to compare forwards, name the earlier one first.\n");
    print_findings(facts, printer, arena);
    print_servers(facts, printer, arena);
    print_settings(facts, printer);
}
