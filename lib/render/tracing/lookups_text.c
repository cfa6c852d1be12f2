/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/resolv_facts.h>
#include <k8sdns/render/lookups_text.h>
#include <k8sdns/render/table.h>
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

void lookups_text_render_part(const void *data, struct page *page, struct arena *arena)
{
    const struct traced_lookups_facts *facts = data;

    for (size_t i = 0; i < facts->calls_count; i++) {
        const struct lookups_call_facts *call = &facts->calls[i];
        char buf[DURATION_TEXT], cell[DURATION_TEXT + 2];

        /* The time of day is enough on a line; JSON has all of it. */
        page_addf(page, "%.12s ", strlen(call->time) > 11 ? call->time + 11 : call->time);
        snprintf(cell, sizeof(cell), "%s%s", call->latency_us == SHAPE_UNSET ? ">" : "",
                 time_text(buf, call->latency_us == SHAPE_UNSET ? call->age_us : call->latency_us));
        page_addf(page, "%9s  ", cell);
        page_paint(page, call->failed ? PAINT_BAD : PAINT_GOOD, call->result);
        page_addf(page, "  %s %s", call->call, call->name);
        if (call->server)
            page_addf(page, " at %s", call->server);
        page_addf(page, "  %s\n", process_text(arena, &call->process));
    }
}

static void print_ways(const struct traced_lookups_facts *facts, struct page *page, struct arena *arena)
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

    for (size_t i = 0; i < facts->ways_count; i++) {
        const struct lookups_way_facts *way = &facts->ways[i];
        char buf[DURATION_TEXT];

        table_row(table);
        table_cell(table, PAINT_PLAIN, words[way->way]);
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, way->lookups);
        table_cellf(table, way->failed ? PAINT_BAD : PAINT_PLAIN, "%" PRIu64, way->failed);
        if (facts->slow_us == SHAPE_UNSET)
            table_cell(table, PAINT_FAINT, "-");
        else
            table_cellf(table, way->slow ? PAINT_ODD : PAINT_PLAIN, "%" PRIu64, way->slow);
        table_cell(table, PAINT_PLAIN, time_text(buf, way->p50_us));
        table_cell(table, PAINT_PLAIN, time_text(buf, way->p90_us));
        table_cell(table, PAINT_PLAIN, time_text(buf, way->p99_us));
        table_cell(table, PAINT_PLAIN, time_text(buf, way->max_us));
    }
    table_print(table, page, 0);
}

static void print_histogram(const struct lookups_way_facts *way, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {{.right = true}, {.right = true}, {0}};
    static const char *const words[] = {"calls", "questions by packets"};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    uint64_t most = 1;

    for (size_t i = 0; i < way->latency_count; i++)
        if (way->latency[i].count > most)
            most = way->latency[i].count;
    for (size_t i = 0; i < way->latency_count; i++) {
        uint64_t count = way->latency[i].count, cells = (count * BAR + most - 1) / most;
        char bar[BAR * 3 + 1] = "", buf[DURATION_TEXT];

        for (uint64_t k = 0; k < cells; k++)
            strcat(bar, page->utf8 ? "\u2588" : "#");
        table_row(table);
        table_cellf(table, PAINT_FAINT, "under %s",
                    duration_format_us(buf, sizeof(buf), way->latency[i].below_us));
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, count);
        table_cell(table, PAINT_PLAIN, bar);
    }
    page_addf(page, "\nlatency of %s\n", words[way->way]);
    table_print(table, page, 2);
}

static void print_groups(const struct lookups_group_facts *groups, size_t count, const char *heading,
                         struct page *page, struct arena *arena)
{
    const struct table_column columns[] = {
        {.heading = heading, .elastic = true}, {.heading = "LOOKUPS", .right = true},
        {.heading = "FAILED", .right = true},  {.heading = "SLOW", .right = true},
        {.heading = "AVG", .right = true},     {.heading = "MAX", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown = page->verbosity > 0 || count < ROWS ? count : ROWS;

    if (!count)
        return;
    for (size_t i = 0; i < shown; i++) {
        const struct lookups_group_facts *group = &groups[i];
        char buf[DURATION_TEXT];

        table_row(table);
        if (group->pod || group->container)
            table_cellf(table, PAINT_PLAIN, "%s in %.*s", group->name, group->pod ? 60 : ID_SHOWN,
                        group->pod ? group->pod : group->container);
        else
            table_cell(table, PAINT_PLAIN, group->name);
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, group->lookups);
        table_cellf(table, group->failed ? PAINT_BAD : PAINT_PLAIN, "%" PRIu64, group->failed);
        table_cellf(table, group->slow ? PAINT_ODD : PAINT_PLAIN, "%" PRIu64, group->slow);
        table_cell(table, PAINT_PLAIN, time_text(buf, group->avg_us));
        table_cell(table, PAINT_PLAIN, time_text(buf, group->max_us));
    }
    page_addf(page, "\n");
    table_print(table, page, 0);
    if (shown < count)
        page_addf(page, "and %zu more (-v shows them)\n", count - shown);
}

static void print_in_flight(const struct traced_lookups_facts *facts, struct page *page, struct arena *arena)
{
    size_t count = facts->in_flight_count, shown = page->verbosity > 0 || count < ROWS ? count : ROWS;

    if (!count)
        return;
    page_addf(page, "\n%zu not ended yet, for\n", count);
    for (size_t i = 0; i < shown; i++) {
        const struct lookups_call_facts *call = &facts->in_flight[i];
        char buf[DURATION_TEXT];

        page_addf(page, "  %9s  %s %s  %s\n", time_text(buf, call->age_us), call->call, call->name,
                  process_text(arena, &call->process));
    }
    if (shown < count)
        page_addf(page, "  and %zu more (-v shows them)\n", count - shown);
}

/* Which libraries have probes, and what can be seen of everything else. */
static void print_sight(const struct traced_lookups_facts *facts, struct page *page, struct arena *arena)
{
    size_t watched = 0;

    for (size_t i = 0; i < facts->libraries_count; i++)
        watched += facts->libraries[i].calls_count > 0;
    page_paragraph(
        page, "\n* ",
        "calls were watched in %zu C %s; Go and static programs, and those with a resolver of their own, "
        "by their DNS packets over UDP",
        watched, watched == 1 ? "library" : "libraries");
    for (size_t i = 0; i < facts->libraries_count; i++) {
        const struct lookups_library_facts *library = &facts->libraries[i];

        if (library->error)
            page_paragraph(page, "* ", "%s of %s: not watched wholly: %s", library->path,
                           process_text(arena, &library->process), library->error);
        else if (page->verbosity > 0)
            page_paragraph(page, "  ", "%s %s of %s", resolver_kind_words[library->kind], library->path,
                           process_text(arena, &library->process));
    }
    if (facts->libraries_left_out)
        page_paragraph(page, "* ", "%" PRIu64 " processes have C libraries over the number that is watched",
                       facts->libraries_left_out);
    if (facts->lost)
        page_paragraph(page, "* ",
                       "%" PRIu64 " lookups were lost for want of room: there were too many at once",
                       facts->lost);
    if (facts->abandoned)
        page_paragraph(page, "* ", "%" PRIu64 " calls never returned: the program jumped out of them",
                       facts->abandoned);
    if (facts->ungrouped)
        page_paragraph(page, "* ",
                       "%" PRIu64 " lookups are not in the tables of processes and names, which are full",
                       facts->ungrouped);
}

void lookups_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct traced_lookups_facts *facts = data;
    char buf[DURATION_TEXT];

    page_addf(page, "%" PRIu64 " lookups in %s, %" PRIu64 " failed", facts->lookups,
              duration_format_us(buf, sizeof(buf), (uint64_t)(facts->span_ms * 1000)), facts->failed);
    if (facts->slow_us != SHAPE_UNSET)
        page_addf(page, ", %" PRIu64 " took %s or longer", facts->slow,
                  duration_format_us(buf, sizeof(buf), facts->slow_us));
    page_addf(page, "\n");
    if (page->verbosity >= 0) {
        if (facts->ways_count) {
            page_addf(page, "\n");
            print_ways(facts, page, arena);
        }
        for (size_t i = 0; i < facts->ways_count; i++)
            if (facts->ways[i].latency_count)
                print_histogram(&facts->ways[i], page, arena);
        print_groups(facts->by_process, facts->by_process_count, "PROCESS", page, arena);
        print_groups(facts->by_name, facts->by_name_count, "NAME", page, arena);
    }
    print_in_flight(facts, page, arena);
    print_sight(facts, page, arena);
}
