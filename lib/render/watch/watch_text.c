/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/page/first_screen.h>
#include <k8sdns/render/page/status_line.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/resolver/name_view_text.h>
#include <k8sdns/render/watch/watch_text.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Cells of a histogram's bar. */
#define BAR 24
/* Lines of a live report besides its rows: the heading of the table, the sentence in two lines, a blank. */
#define LIVE_LINES 5
/* Servers of the first screen, with one that failed in up to 8 lines. */
#define ROWS_SHOWN 8

static const char *time_text(char *buf, uint64_t us)
{
    if (us == SHAPE_UNSET)
        return "-";
    return duration_format_us(buf, DURATION_TEXT, us);
}

static void loss_cell(struct table *table, const struct watch_target_facts *t)
{
    if (isnan(t->loss_ratio))
        table_cell(table, STYLE_FAINT, "-");
    else if (t->lost)
        table_cellf(table, STYLE_BAD, "%.*f %%", t->loss_ratio < 0.1 ? 2 : 0, t->loss_ratio * 100);
    else
        table_cell(table, STYLE_GOOD, "0 %");
}

static void print_rows(const struct watch_facts *facts, size_t rows, struct printer *printer,
                       struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "SERVER"},
        {.heading = "SENT", .right = true},
        {.heading = "LOST", .right = true},
        {.heading = "LOSS", .right = true},
        {.heading = "BAD", .right = true},
        {.heading = "P50", .right = true},
        {.heading = "P99", .right = true},
        {.heading = "MAX", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < rows; i++) {
        const struct watch_target_facts *t = &facts->targets[i];
        char buf[DURATION_TEXT];

        table_row(table);
        table_cellf(table, STYLE_PLAIN, "%s %s", t->id, target_role_names[t->role]);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, t->sent);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, t->lost);
        loss_cell(table, t);
        table_cellf(table, t->bad ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64, t->bad);
        table_cell(table, STYLE_PLAIN, time_text(buf, t->p50_us));
        table_cell(table, STYLE_PLAIN, time_text(buf, t->p99_us));
        table_cell(table, STYLE_PLAIN, time_text(buf, t->max_us));
    }
    table_print(table, printer, 0);
}

/* Each type fails at each server always or never: how often is told by which these are. */
static bool is_all_or_nothing(const struct watch_facts *facts)
{
    for (size_t i = 0; i < facts->targets_count; i++)
        for (size_t k = 0; k < facts->targets[i].types_count; k++) {
            const struct watch_type_facts *type = &facts->targets[i].types[k];

            uint64_t bad = type->bad == SHAPE_UNSET ? type->lost : type->bad;

            if (bad && bad < type->answered + type->lost)
                return false;
        }
    return true;
}

static void print_status(const struct watch_facts *facts, struct printer *printer)
{
    static const char *const words[] = {"", "always: ", "at peak: ", "from time to time: "};
    bool tells =
        facts->frequency >= 0 && (facts->frequency != FREQUENCY_INTERMITTENT || !is_all_or_nothing(facts));

    for (size_t i = 0; i < facts->targets_count; i++)
        if (watch_behind_s(facts, &facts->targets[i])) {
            status_line(printer, facts->status, "stale data at %s; %s", facts->targets[i].id,
                        facts->frequency_text);
            return;
        }
    for (size_t i = 0; i < facts->targets_count; i++)
        if (watch_lacks_names(facts, &facts->targets[i])) {
            status_line(printer, facts->status, "%s does not find what the other replicas do; %s",
                        facts->targets[i].id, facts->frequency_text);
            return;
        }
    status_line(printer, facts->status, "%s%s", tells ? words[facts->frequency] : "", facts->frequency_text);
}

static void print_tallies(struct printer *printer, const struct shape_tally *tallies, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printer_addf(printer, "%s%s %" PRIu64, i ? ", " : "", tallies[i].name, tallies[i].count);
}

/* Those alone that are failures. */
static void print_bad_tallies(struct printer *printer, const struct shape_tally *tallies, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        bool good = false;

        for (int status = 0; probe_status_names[status]; status++)
            good = good ||
                   (probe_status_is_good(status) && strcmp(tallies[i].name, probe_status_names[status]) == 0);
        if (good)
            continue;
        printer_addf(printer, "%s%s %" PRIu64, any ? ", " : "", tallies[i].name, tallies[i].count);
        any = true;
    }
}

/* What failed at one target. */
static void print_failures(const struct watch_facts *facts, const struct watch_target_facts *t,
                           struct printer *printer)
{
    const struct watch_failure_facts *ends[] = {t->first_failure, t->last_failure};
    uint64_t behind_s = watch_behind_s(facts, t);
    char buf[DURATION_TEXT];

    if (behind_s) {
        printer_addf(printer, "\n");
        printer_paragraph(
            printer, "",
            "%s: its data is stale: other replicas saw the cluster change %s later (SOA serial); its watch "
            "of the API server has stopped",
            t->id, duration_format_us(buf, sizeof(buf), behind_s * 1000000));
    }
    if (!t->bad && !t->mismatches && !t->duplicates && !watch_lacks_names(facts, t))
        return;
    printer_addf(printer, "\n%s: ", t->id);
    print_tallies(printer, t->outcomes, t->outcomes_count);
    printer_addf(printer, "\n");
    if (t->late)
        printer_addf(printer, "  %" PRIu64 " of the lost were answered after the timeout\n", t->late);
    if (t->mismatches || t->duplicates)
        printer_addf(printer, "  %" PRIu64 " mismatched and %" PRIu64 " doubled answers\n", t->mismatches,
                     t->duplicates);
    for (size_t i = 0; i < t->types_count && t->lost; i++)
        printer_addf(printer, "%s%s %" PRIu64 " of %" PRIu64 "%s",
                     i ? ", " : "  lost by type: ", t->types[i].type, t->types[i].lost, t->types[i].sent,
                     i + 1 == t->types_count ? "\n" : "");
    if (t->longest_bad_streak > 1)
        printer_addf(printer, "  %" PRIu64 " in a row at worst\n", t->longest_bad_streak);
    for (size_t i = 0; i < 2 && t->bad; i++) {
        char port[40] = "";

        if (ends[i]->source_port != SHAPE_UNSET)
            snprintf(port, sizeof(port), " from port %" PRIu64, ends[i]->source_port);
        printer_paragraph(printer, i ? "  last  " : "  first ", "%s %s %s%s: %s%s%s", ends[i]->time,
                          ends[i]->name, ends[i]->type, port, probe_status_names[ends[i]->status],
                          ends[i]->detail ? ", " : "", ends[i]->detail ? ends[i]->detail : "");
        if (t->bad == 1)
            break;
    }
}

/* One row for each octave of latency, as long as its share. */
static void print_histogram(const struct watch_target_facts *t, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.right = true}, {.right = true}, {0}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    double all = 0;

    /* What was answered may be of another stretch of time than the histogram. */
    for (size_t i = 0; i < t->latency_count; i++)
        all += (double)t->latency[i].count;
    for (size_t i = 0; i < t->latency_count; i++) {
        uint64_t count = t->latency[i].count;
        unsigned cells = count ? (unsigned)ceil((double)count / all * BAR) : 0;
        char bar[BAR * 3 + 1] = "", buf[DURATION_TEXT];

        for (unsigned k = 0; k < cells && k < BAR; k++)
            strcat(bar, printer->utf8 ? "\u2588" : "#");
        table_row(table);
        table_cellf(table, STYLE_FAINT, "under %s",
                    duration_format_us(buf, sizeof(buf), t->latency[i].below_us));
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, count);
        table_cell(table, STYLE_PLAIN, bar);
    }
    printer_addf(printer, "\nlatency of %s\n", t->id);
    table_print(table, printer, 2);
}

/* The server with stale data, else the one of which the largest share failed. */
static size_t worst_target(const struct watch_facts *facts)
{
    size_t worst = 0;

    for (size_t i = 0; i < facts->targets_count; i++) {
        const struct watch_target_facts *t = &facts->targets[i];

        if (watch_behind_s(facts, t))
            return i;
        if (t->bad_ratio > facts->targets[worst].bad_ratio || isnan(facts->targets[worst].bad_ratio))
            worst = i;
    }
    return worst;
}

static void print_all(const void *data, bool condensed, struct printer *printer, struct arena *arena)
{
    const struct watch_facts *facts = data;
    size_t rows = facts->targets_count, worst = worst_target(facts);
    char span[DURATION_TEXT];

    print_status(facts, printer);
    duration_format_us(span, sizeof(span), number_whole(facts->span_ms * 1000));
    printer_paragraph(printer, "  ", "%" PRIu64 " queries in %s, %s", facts->sent, span,
                      facts->ports == PORTS_KEEP ? "one source port for each server"
                                                 : "each name from a fresh source port");
    name_view_print(facts->names_as, "  View: ", printer, arena);
    printer_addf(printer, "\n");
    if (condensed && rows > ROWS_SHOWN)
        rows = ROWS_SHOWN - 1;
    print_rows(facts, rows, printer, arena);
    if (rows < facts->targets_count)
        printer_addf(printer, "and %zu more server%s\n", facts->targets_count - rows,
                     facts->targets_count - rows == 1 ? "" : "s");
    for (size_t i = 0; i < facts->targets_count; i++)
        if (!condensed || i == worst)
            print_failures(facts, &facts->targets[i], printer);
    if (condensed) {
        printer_addf(printer, "\nLatency histograms, and what failed at each server: -v\n");
        return;
    }
    /* One is enough for a glance; all of them are long. */
    for (size_t i = 0; i < facts->targets_count && (i == 0 || printer->verbosity > 0); i++)
        if (facts->targets[i].answered)
            print_histogram(&facts->targets[i], printer, arena);
    if (facts->skipped)
        printer_paragraph(printer, "\n* ",
                          "%" PRIu64
                          " queries were not asked when their time came: this program was held up, or "
                          "too many were still waited for",
                          facts->skipped);
}

void watch_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    if (printer->verbosity < 0)
        print_status(data, printer);
    else
        first_screen(printer, print_all, data, arena);
}

/* Without a screen: one line, with those that failed by name. */
static void print_line(const struct watch_facts *facts, struct printer *printer)
{
    uint64_t lost = 0, bad = 0, p99 = 0;
    char buf[DURATION_TEXT];

    for (size_t i = 0; i < facts->targets_count; i++) {
        const struct watch_target_facts *t = &facts->targets[i];

        lost += t->lost;
        bad += t->bad;
        if (t->p99_us != SHAPE_UNSET && t->p99_us > p99)
            p99 = t->p99_us;
    }
    printer_addf(printer, "%" PRIu64 ": %" PRIu64 " sent, %" PRIu64 " lost, %" PRIu64 " bad, p99 %s",
                 facts->interval, facts->sent, lost, bad, time_text(buf, p99 ? p99 : SHAPE_UNSET));
    for (size_t i = 0; i < facts->targets_count; i++) {
        const struct watch_target_facts *t = &facts->targets[i];

        if (t->bad) {
            printer_addf(printer, "; %s ", t->id);
            print_bad_tallies(printer, t->outcomes, t->outcomes_count);
        }
    }
    printer_addf(printer, "\n");
}

void watch_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct watch_facts *facts = data;
    size_t rows = facts->targets_count;

    if (!printer->height) {
        print_line(facts, printer);
        return;
    }
    if (rows + LIVE_LINES > printer->height)
        rows = printer->height > LIVE_LINES + 1 ? printer->height - LIVE_LINES - 1 : 1;
    print_rows(facts, rows, printer, arena);
    if (rows < facts->targets_count)
        printer_addf(printer, "and %zu more\n", facts->targets_count - rows);
    print_status(facts, printer);
}
