/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/tracing/lookups_text.h>
#include <stdio.h>
#include <string.h>

#define BAR 24
/* Rows of processes, names and calls in flight, without -v. */
#define ROWS 10
/* Digits of a container's id that tell it apart, as container tools show. */
#define ID_SHOWN 12

static const char *time_text(char *buf, uint64_t us)
{
    return us == SHAPE_UNSET ? "-" : duration_format_us(buf, DURATION_TEXT, us);
}

/* "dig(4711) in web-0": its name, pid and Pod, or else its container. */
static const char *process_text(struct arena *arena, const struct process_facts *process)
{
    const char *name = process->name ? process->name : "?";

    if (process->pid != SHAPE_UNSET)
        name = arena_printf(arena, "%s(%" PRIu64 ")", name, process->pid);
    if (process->pod)
        return arena_printf(arena, "%s in %s", name, process->pod);
    if (process->container)
        return arena_printf(arena, "%s in %.*s", name, ID_SHOWN, process->container);
    return name;
}

void lookups_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct traced_lookups_facts *facts = data;

    for (size_t i = 0; i < facts->calls_count; i++) {
        const struct lookups_call_facts *call = &facts->calls[i];
        char buf[DURATION_TEXT], cell[DURATION_TEXT + 2];

        /* The time of day is enough on a line; JSON has all of it. */
        printer_addf(printer, "%.12s ", strlen(call->time) > 11 ? call->time + 11 : call->time);
        snprintf(cell, sizeof(cell), "%s%s", call->latency_us == SHAPE_UNSET ? ">" : "",
                 time_text(buf, call->latency_us == SHAPE_UNSET ? call->age_us : call->latency_us));
        printer_addf(printer, "%9s  ", cell);
        printer_style(printer, call->failed ? STYLE_BAD : STYLE_GOOD, call->result);
        printer_addf(printer, "  %s %s", call->call, call->name);
        if (call->server)
            printer_addf(printer, " at %s", call->server);
        printer_addf(printer, "  %s\n", process_text(arena, &call->process));
    }
}

static void print_methods(const struct traced_lookups_facts *facts, struct printer *printer,
                          struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "SEEN BY"},
        {.heading = "LOOKUPS", .right = true},
        {.heading = "FAILED", .right = true},
        {.heading = "SLOW", .right = true},
        {.heading = "P50", .right = true},
        {.heading = "P90", .right = true},
        {.heading = "P99", .right = true},
        {.heading = "MAX", .right = true},
    };
    static const char *const words[] = {"calls", "packets"};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < facts->methods_count; i++) {
        const struct lookups_method_facts *method = &facts->methods[i];
        char buf[DURATION_TEXT];

        table_row(table);
        table_cell(table, STYLE_PLAIN, words[method->method]);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, method->lookups);
        table_cellf(table, method->failed ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64, method->failed);
        if (facts->slow_us == SHAPE_UNSET)
            table_cell(table, STYLE_FAINT, "-");
        else
            table_cellf(table, method->slow ? STYLE_ODD : STYLE_PLAIN, "%" PRIu64, method->slow);
        table_cell(table, STYLE_PLAIN, time_text(buf, method->p50_us));
        table_cell(table, STYLE_PLAIN, time_text(buf, method->p90_us));
        table_cell(table, STYLE_PLAIN, time_text(buf, method->p99_us));
        table_cell(table, STYLE_PLAIN, time_text(buf, method->max_us));
    }
    table_print(table, printer, 0);
}

static void print_histogram(const struct lookups_method_facts *method, struct printer *printer,
                            struct arena *arena)
{
    static const struct table_column columns[] = {{.right = true}, {.right = true}, {0}};
    static const char *const words[] = {"calls", "queries by packets"};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    uint64_t most = 1;

    for (size_t i = 0; i < method->latency_count; i++)
        if (method->latency[i].count > most)
            most = method->latency[i].count;
    for (size_t i = 0; i < method->latency_count; i++) {
        uint64_t count = method->latency[i].count, cells = (count * BAR + most - 1) / most;
        char bar[BAR * 3 + 1] = "", buf[DURATION_TEXT];

        for (uint64_t k = 0; k < cells; k++)
            strcat(bar, printer->utf8 ? "\u2588" : "#");
        table_row(table);
        table_cellf(table, STYLE_FAINT, "under %s",
                    duration_format_us(buf, sizeof(buf), method->latency[i].below_us));
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, count);
        table_cell(table, STYLE_PLAIN, bar);
    }
    printer_addf(printer, "\nlatency of %s\n", words[method->method]);
    table_print(table, printer, 2);
}

static void print_groups(const struct lookups_group_facts *groups, size_t count, const char *heading,
                         struct printer *printer, struct arena *arena)
{
    const struct table_column columns[] = {
        {.heading = heading, .elastic = true}, {.heading = "LOOKUPS", .right = true},
        {.heading = "FAILED", .right = true},  {.heading = "SLOW", .right = true},
        {.heading = "AVG", .right = true},     {.heading = "MAX", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown = printer->verbosity > 0 || count < ROWS ? count : ROWS;

    if (!count)
        return;
    for (size_t i = 0; i < shown; i++) {
        const struct lookups_group_facts *group = &groups[i];
        char buf[DURATION_TEXT];

        table_row(table);
        if (group->pod || group->container)
            table_cellf(table, STYLE_PLAIN, "%s in %.*s", group->name, group->pod ? 60 : ID_SHOWN,
                        group->pod ? group->pod : group->container);
        else
            table_cell(table, STYLE_PLAIN, group->name);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, group->lookups);
        table_cellf(table, group->failed ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64, group->failed);
        table_cellf(table, group->slow ? STYLE_ODD : STYLE_PLAIN, "%" PRIu64, group->slow);
        table_cell(table, STYLE_PLAIN, time_text(buf, group->avg_us));
        table_cell(table, STYLE_PLAIN, time_text(buf, group->max_us));
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (shown < count)
        printer_addf(printer, "and %zu more (-v shows them)\n", count - shown);
}

static void print_in_flight(const struct traced_lookups_facts *facts, struct printer *printer,
                            struct arena *arena)
{
    size_t count = facts->in_flight_count, shown = printer->verbosity > 0 || count < ROWS ? count : ROWS;

    if (!count)
        return;
    printer_addf(printer, "\n%zu not ended yet, for\n", count);
    for (size_t i = 0; i < shown; i++) {
        const struct lookups_call_facts *call = &facts->in_flight[i];
        char buf[DURATION_TEXT];

        printer_addf(printer, "  %9s  %s %s  %s\n", time_text(buf, call->age_us), call->call, call->name,
                     process_text(arena, &call->process));
    }
    if (shown < count)
        printer_addf(printer, "  and %zu more (-v shows them)\n", count - shown);
}

/* Which libraries have probes, and what can be seen of everything else. */
static void print_sight(const struct traced_lookups_facts *facts, struct printer *printer,
                        struct arena *arena)
{
    size_t watched = 0;

    for (size_t i = 0; i < facts->libraries_count; i++)
        watched += facts->libraries[i].calls_count > 0;
    printer_paragraph(
        printer, "\n* ",
        "calls were watched in %zu C %s; Go and static programs, and those with a resolver of their own, "
        "by their DNS packets over UDP",
        watched, watched == 1 ? "library" : "libraries");
    for (size_t i = 0; i < facts->libraries_count; i++) {
        const struct lookups_library_facts *library = &facts->libraries[i];

        if (library->error)
            printer_paragraph(printer, "* ", "%s of %s: not watched wholly: %s", library->path,
                              process_text(arena, &library->process), library->error);
        else if (printer->verbosity > 0)
            printer_paragraph(printer, "  ", "%s %s of %s", resolver_kind_names[library->kind], library->path,
                              process_text(arena, &library->process));
    }
    if (facts->libraries_left_out)
        printer_paragraph(printer, "* ",
                          "%" PRIu64 " processes have C libraries over the number that is watched",
                          facts->libraries_left_out);
    if (facts->lost)
        printer_paragraph(printer, "* ",
                          "%" PRIu64 " lookups were lost for want of room: there were too many at once",
                          facts->lost);
    if (facts->abandoned)
        printer_paragraph(printer, "* ", "%" PRIu64 " calls never returned: the program jumped out of them",
                          facts->abandoned);
    if (facts->ungrouped)
        printer_paragraph(printer, "* ",
                          "%" PRIu64 " lookups are not in the tables of processes and names, which are full",
                          facts->ungrouped);
}

void lookups_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct traced_lookups_facts *facts = data;
    char buf[DURATION_TEXT];

    printer_addf(printer, "%" PRIu64 " lookups in %s, %" PRIu64 " failed", facts->lookups,
                 duration_format_us(buf, sizeof(buf), number_whole(facts->span_ms * 1000)), facts->failed);
    if (facts->slow_us != SHAPE_UNSET)
        printer_addf(printer, ", %" PRIu64 " took %s or longer", facts->slow,
                     duration_format_us(buf, sizeof(buf), facts->slow_us));
    printer_addf(printer, "\n");
    if (printer->verbosity >= 0) {
        if (facts->methods_count) {
            printer_addf(printer, "\n");
            print_methods(facts, printer, arena);
        }
        for (size_t i = 0; i < facts->methods_count; i++)
            if (facts->methods[i].latency_count)
                print_histogram(&facts->methods[i], printer, arena);
        print_groups(facts->by_process, facts->by_process_count, "PROCESS", printer, arena);
        print_groups(facts->by_name, facts->by_name_count, "NAME", printer, arena);
    }
    print_in_flight(facts, printer, arena);
    print_sight(facts, printer, arena);
}
