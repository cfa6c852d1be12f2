/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/spans/spans_text.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of a trace's time axis, at most and at least, and the octets that they may take. */
#define AXIS      24
#define AXIS_MIN  8
#define AXIS_TEXT (3 * AXIS + 1)
/* Shown without -v. */
#define TREES  3
#define GROUPS 8
/* Lines of a live report besides its rows. */
#define LIVE_LINES 4

static const enum style outcome_styles[] = {STYLE_PLAIN, STYLE_ODD, STYLE_BAD, STYLE_BAD};

static const char *time_text(char buf[DURATION_TEXT], uint64_t us)
{
    return us == SHAPE_UNSET ? "-" : duration_format_us(buf, DURATION_TEXT, us);
}

static void print_counts(const struct spans_facts *facts, struct printer *printer)
{
    char p50[DURATION_TEXT], p90[DURATION_TEXT], p99[DURATION_TEXT], max[DURATION_TEXT], slow[DURATION_TEXT];

    printer_addf(printer, "%" PRIu64 " trace%s, %" PRIu64 " spans", facts->traces,
                 facts->traces == 1 ? "" : "s", facts->spans);
    if (facts->traces)
        printer_addf(printer, "; p50 %s, p90 %s, p99 %s, max %s", time_text(p50, facts->p50_us),
                     time_text(p90, facts->p90_us), time_text(p99, facts->p99_us),
                     time_text(max, facts->max_us));
    printer_addf(printer, "\n");
    if (!facts->traces)
        return;
    snprintf(slow, sizeof(slow), "%" PRIu64, facts->slow);
    printer_style(printer, facts->slow ? STYLE_ODD : STYLE_GOOD, slow);
    printer_addf(printer, " took %s or more, ",
                 duration_format_us(p50, sizeof(p50), number_whole(facts->slow_ms * 1000)));
    snprintf(slow, sizeof(slow), "%" PRIu64, facts->errors);
    printer_style(printer, facts->errors ? STYLE_BAD : STYLE_GOOD, slow);
    printer_addf(printer, " had an error, ");
    snprintf(slow, sizeof(slow), "%" PRIu64, facts->panics);
    printer_style(printer, facts->panics ? STYLE_BAD : STYLE_GOOD, slow);
    printer_addf(printer, " a panic\n");
}

static void print_plugins(const struct spans_facts *facts, size_t most, struct printer *printer,
                          struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "PLUGIN"},
        {.heading = "SPANS", .right = true},
        {.heading = "TOTAL", .right = true},
        {.heading = "SELF", .right = true},
        {.heading = "OF ALL", .right = true},
        {.heading = "LONGEST", .right = true},
        {.heading = "OF THE SLOW", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]) - !facts->slow);

    for (size_t i = 0; i < facts->plugins_count && i < most; i++) {
        const struct span_plugin_facts *p = &facts->plugins[i];
        char buf[DURATION_TEXT];

        table_row(table);
        table_cell(table, STYLE_PLAIN, p->name);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, p->count);
        table_cell(table, STYLE_PLAIN, time_text(buf, p->total_us));
        table_cell(table, STYLE_STRONG, time_text(buf, p->self_us));
        table_cellf(table, STYLE_PLAIN, "%.1f %%", isnan(p->self_ratio) ? 0 : p->self_ratio * 100);
        table_cell(table, STYLE_PLAIN, time_text(buf, p->max_self_us));
        if (facts->slow && !isnan(p->slow_ratio))
            table_cellf(table, p->slow_ratio > 0.5 ? STYLE_ODD : STYLE_PLAIN, "%.1f %%", p->slow_ratio * 100);
    }
    table_print(table, printer, 0);
}

static void print_groups(const char *heading, const struct span_group_facts *groups, size_t count,
                         bool with_failed, struct printer *printer, struct arena *arena)
{
    const struct table_column columns[] = {
        {.heading = heading, .elastic = true}, {.heading = "COUNT", .right = true},
        {.heading = "TOTAL", .right = true},   {.heading = "MEAN", .right = true},
        {.heading = "LONGEST", .right = true}, {.heading = "FAILED", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]) - !with_failed);

    if (!count)
        return;
    for (size_t i = 0; i < count && (i < GROUPS || printer->verbosity > 0); i++) {
        char buf[DURATION_TEXT];

        table_row(table);
        table_cell(table, STYLE_PLAIN, groups[i].name ? groups[i].name : "-");
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, groups[i].count);
        table_cell(table, STYLE_PLAIN, time_text(buf, groups[i].total_us));
        table_cell(table, STYLE_PLAIN, time_text(buf, groups[i].total_us / groups[i].count));
        table_cell(table, STYLE_PLAIN, time_text(buf, groups[i].max_us));
        if (with_failed)
            table_cellf(table, groups[i].failed ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64, groups[i].failed);
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
}

/* "4.00 s error SERVFAIL A fresh1.example.org. from 10.244.1.5 at 10.244.0.2" */
static const char *headline(const struct trace_facts *t, struct arena *arena)
{
    char took[DURATION_TEXT];

    return arena_printf(arena, "%s %s%s%s%s%s%s%s%s%s", time_text(took, t->duration_us),
                        t->rcode ? t->rcode : "", t->rcode ? " " : "", t->type ? t->type : "",
                        t->type ? " " : "", t->name ? t->name : "a query of which nothing is known",
                        t->client ? " from " : "", t->client ? t->client : "", t->server ? " at " : "",
                        t->server ? t->server : "");
}

/* What is left of the page by the widest span's name and two times. */
static int axis_of(const struct trace_facts *trace, const struct printer *printer)
{
    size_t widest = 0;
    int left;

    for (size_t i = 0; i < trace->spans_count; i++) {
        const struct span_node_facts *node = &trace->spans[i];
        size_t wide = (node->depth < 20 ? node->depth : 20) + strlen(node->name) +
                      (node->peer ? strlen(node->peer) + 1 : 0);

        widest = wide > widest ? wide : widest;
    }
    left = (int)printer->width - (int)(widest < 200 ? widest : 200) - 24;
    return left > AXIS ? AXIS : left < AXIS_MIN ? AXIS_MIN : left;
}

static const char *bar(const struct trace_facts *trace, const struct span_node_facts *node, int axis,
                       bool utf8, char out[AXIS_TEXT])
{
    double whole = trace->duration_us ? (double)trace->duration_us : 1;
    double from = (double)node->at_us / whole * axis,
           to = (double)(node->at_us + node->duration_us) / whole * axis;

    out[0] = '\0';
    for (int i = 0; i < axis; i++)
        strcat(out, (i >= (int)from && i < to) || i == (int)from ? (utf8 ? "\u2588" : "=")
                                                                 : (utf8 ? "\u00b7" : "."));
    return out;
}

static void print_tree(const struct trace_facts *trace, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "SPAN"},
                                                  {.heading = "TOOK", .right = true},
                                                  {.heading = "SELF", .right = true},
                                                  {.heading = ""}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    int axis = axis_of(trace, printer);

    printer_addf(printer, "\n");
    printer_style(printer, outcome_styles[trace->outcome], trace_outcome_names[trace->outcome]);
    printer_paragraph(printer, " ", "%s", headline(trace, arena));
    if (trace->error)
        printer_paragraph(printer, "  ", "error: %s", trace->error);
    printer_addf(printer, "  %s, trace %s\n", trace->time, trace->id);
    for (size_t i = 0; i < trace->spans_count; i++) {
        const struct span_node_facts *node = &trace->spans[i];
        unsigned depth = node->depth < 20 ? (unsigned)node->depth : 20;
        char took[DURATION_TEXT], self[DURATION_TEXT], drawn[AXIS_TEXT];
        bool heavy = trace->duration_us && node->self_us * 2 > trace->duration_us;

        table_row(table);
        table_cellf(table, heavy ? STYLE_ODD : STYLE_PLAIN, "%*s%s%s%s", (int)depth, "", node->name,
                    node->peer ? " " : "", node->peer ? node->peer : "");
        table_cell(table, STYLE_PLAIN, time_text(took, node->duration_us));
        table_cell(table, heavy ? STYLE_ODD : STYLE_PLAIN, time_text(self, node->self_us));
        table_cell(table, heavy ? STYLE_ODD : STYLE_FAINT, bar(trace, node, axis, printer->utf8, drawn));
    }
    table_print(table, printer, 2);
}

static void print_losses(const struct spans_facts *facts, struct printer *printer)
{
    static const char *const words[] = {
        "traces are not of CoreDNS, and left out",
        "traces have no root: it was lost, or the end came before it",
        "spans were there already: they were sent again",
        "spans have no id, and were left out",
        "spans were beyond the most that are held",
        "posts were refused: no such JSON, too large, compressed, or of the old format",
    };
    const uint64_t counts[] = {facts->foreign,   facts->incomplete, facts->repeated,
                               facts->malformed, facts->dropped,    facts->refused};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i])
            printer_paragraph(printer, "* ", "%" PRIu64 " %s", counts[i], words[i]);
    if (facts->names_dropped)
        printer_paragraph(printer, "* ", "%" PRIu64 " traces have a name beyond those that are kept",
                          facts->names_dropped);
}

void spans_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct spans_facts *facts = data;
    size_t trees = printer->verbosity > 0 ? facts->slowest_count : TREES;

    if (facts->senders_count && printer->verbosity >= 0)
        printer_addf(printer, "\n");
    print_counts(facts, printer);
    if (printer->verbosity < 0)
        return;
    for (size_t i = 0; i < facts->senders_count; i++)
        printer_addf(printer, "%s%s%s", i ? ", " : "from ", facts->senders[i].address,
                     i + 1 == facts->senders_count ? "\n" : "");
    if (facts->plugins_count) {
        printer_addf(printer, "\n");
        print_plugins(facts, SIZE_MAX, printer, arena);
    }
    print_groups("RCODE", facts->rcodes, facts->rcodes_count, true, printer, arena);
    print_groups("NAME", facts->names, facts->names_count, true, printer, arena);
    print_groups("UPSTREAM", facts->upstreams, facts->upstreams_count, false, printer, arena);
    if (facts->servers_count > 1)
        print_groups("SERVER", facts->servers, facts->servers_count, true, printer, arena);
    for (size_t i = 0; i < facts->slowest_count && i < trees; i++)
        print_tree(&facts->slowest[i], printer, arena);
    printer_addf(printer, "\n");
    print_losses(facts, printer);
    if (facts->slowest_count > trees)
        printer_addf(printer, "%zu further slow ones: -v\n", facts->slowest_count - trees);
}

static void print_event(const struct trace_facts *trace, struct printer *printer, struct arena *arena)
{
    printer_style(printer, outcome_styles[trace->outcome], trace_outcome_names[trace->outcome]);
    printer_addf(printer, " %s %s%s%s%s%s\n", trace->time, headline(trace, arena),
                 trace->slowest_plugin ? ", most in " : "",
                 trace->slowest_plugin ? trace->slowest_plugin : "", trace->error ? ": " : "",
                 trace->error ? trace->error : "");
}

void spans_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct spans_facts *facts = data;

    if (printer->height) {
        print_counts(facts, printer);
        print_plugins(facts, printer->height > LIVE_LINES ? printer->height - LIVE_LINES : 1, printer, arena);
        return;
    }
    for (size_t i = 0; i < facts->events_count; i++)
        print_event(&facts->events[i], printer, arena);
    if (facts->events_dropped)
        printer_addf(printer, "%" PRIu64 " more at the same time\n", facts->events_dropped);
}
