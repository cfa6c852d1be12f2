/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/logs/log_interval.h>
#include <k8sdns/model/logs/logs_facts.h>
#include <k8sdns/render/diagnosis/finding_text.h>
#include <k8sdns/render/logs/logs_text.h>
#include <k8sdns/render/page/table.h>
#include <math.h>
#include <string.h>

/* Rows of a list without -v; the facts have up to fifty. */
#define ROWS        10
#define ROWS_ALL    50
#define EVENTS_ROWS 15
/* With it all a live report fits a screen of 24 lines. */
#define SOURCES_ROWS 6

static const char *ms_text(char buf[DURATION_TEXT], double ms)
{
    if (isnan(ms))
        return "-";
    return duration_format_us(buf, DURATION_TEXT, number_whole(ms * 1000 + 0.5));
}

static double percent(uint64_t part, uint64_t of)
{
    return of ? 100.0 * (double)part / (double)of : 0;
}

static size_t shown(const struct printer *printer, size_t count, size_t usual)
{
    size_t most = printer->verbosity > 0 ? ROWS_ALL : usual;

    return count < most ? count : most;
}

static void print_head(const struct logs_facts *f, struct printer *printer)
{
    char span[DURATION_TEXT];

    printer_addf(printer, "%" PRIu64 " queries", f->queries);
    if (f->span_s > 0) {
        duration_format_us(span, sizeof(span), number_whole(f->span_s * 1e6));
        printer_addf(printer, " in %s, %.1f/s", span, f->qps);
        if (f->rate_count > 1)
            printer_addf(printer, " (%.1f/s in the busiest %" PRIu64 " s)", f->peak_qps, f->rate_interval_s);
    }
    printer_addf(printer, "\n");
    if (f->first_time)
        printer_paragraph(printer, "  ", "from %s to %s", f->first_time, f->last_time);
    for (size_t i = 0; i < shown(printer, f->sources_count, SOURCES_ROWS); i++) {
        const struct log_source_facts *s = &f->sources[i];

        if (f->sources_count == 1 && !s->version)
            continue;
        printer_paragraph(printer, "  ",
                          "%s%s%s%s: %" PRIu64 " lines, %" PRIu64 " queries, %" PRIu64 " failed",
                          s->name ? s->name : "CoreDNS", s->version ? (s->name ? ", CoreDNS " : " ") : "",
                          s->version ? s->version : "", s->starts > 1 ? ", started more than once" : "",
                          s->lines, s->queries, s->failed);
    }
    if (f->sources_count > shown(printer, f->sources_count, SOURCES_ROWS))
        printer_addf(printer, "  and %zu more (-v)\n",
                     f->sources_count - shown(printer, f->sources_count, SOURCES_ROWS));
}

static void print_rcodes(const struct logs_facts *f, struct printer *printer)
{
    if (!f->queries)
        return;
    for (size_t i = 0; i < f->rcodes_count; i++) {
        const struct shape_tally *t = &f->rcodes[i];
        bool good = strcmp(t->name, "NOERROR") == 0 || strcmp(t->name, "NXDOMAIN") == 0;

        printer_addf(printer, "%s", i ? ", " : "answers  ");
        printer_style(printer, good ? STYLE_PLAIN : STYLE_BAD, t->name);
        printer_addf(printer, " %" PRIu64 " (%.*f %%)", t->count, percent(t->count, f->queries) < 1 ? 2 : 0,
                     percent(t->count, f->queries));
    }
    printer_addf(printer, "\n");
    if (f->server_made)
        printer_paragraph(
            printer, "         ",
            "%" PRIu64 " of these failed without saying so: this version of CoreDNS logs a failed forward as "
            "NOERROR or -",
            f->server_made);
}

static void print_latency(const struct logs_facts *f, struct printer *printer)
{
    char p50[DURATION_TEXT], p90[DURATION_TEXT], p99[DURATION_TEXT], max[DURATION_TEXT], slow[DURATION_TEXT];

    if (!f->timed_queries)
        return;
    printer_paragraph(printer, "latency  ", "p50 %s, p90 %s, p99 %s, max %s; %" PRIu64 " took %s or more",
                      ms_text(p50, f->latency_ms.p50), ms_text(p90, f->latency_ms.p90),
                      ms_text(p99, f->latency_ms.p99), ms_text(max, f->latency_ms.max), f->slow_total,
                      ms_text(slow, f->slow_threshold_ms));
}

static void print_search(const struct logs_facts *f, struct printer *printer)
{
    if (f->search_waste_total)
        printer_paragraph(printer, "search   ",
                          "%.1f %% of the queries (%" PRIu64
                          ") were for A or AAAA of names under %s that do not exist: "
                          "what a search list costs",
                          100 * f->search_waste_ratio, f->search_waste_total, f->cluster_domain);
}

static void print_retries(const struct logs_facts *f, struct printer *printer)
{
    const struct log_retries_facts *r = f->retries;

    if (!r || !(r->after_5s || r->after_2_5s))
        return;
    printer_paragraph(printer, "retries  ",
                      "%" PRIu64 " queries came again after 5 s (glibc, Go), %" PRIu64
                      " after 2.5 s (musl); %" PRIu64
                      " of them with the same port and id, as a resolver does that had no answer",
                      r->after_5s, r->after_2_5s, r->same_id);
}

static void print_dump(const struct logs_facts *f, struct printer *printer)
{
    const struct log_dump_facts *d = f->dump;
    char threshold[DURATION_TEXT];

    if (!d)
        return;
    printer_paragraph(printer, "dump     ",
                      "%" PRIu64 " received, %" PRIu64 " answered, %" PRIu64
                      " never answered within %s, %" PRIu64 " cut off by the server's end, %" PRIu64
                      " in flight at the end%s",
                      d->received, d->answered, d->unanswered, ms_text(threshold, d->threshold_ms), d->ended,
                      d->in_flight, d->forgotten ? "; more waited than could be kept" : "");
}

static void print_loop(const struct logs_facts *f, struct printer *printer)
{
    if (f->loop.detected || f->loop.repeated)
        printer_paragraph(printer, "loop     ",
                          "%" PRIu64 " of %" PRIu64 " probes of the loop plugin came back; %" PRIu64
                          " times it ended the server: %s",
                          f->loop.repeated, f->loop.probes, f->loop.detected,
                          f->loop.example ? f->loop.example : "");
    else if (f->loop.probes && printer->verbosity > 0)
        printer_paragraph(printer, "loop     ",
                          "%" PRIu64 " probes of the loop plugin, none of which came back", f->loop.probes);
}

static void print_lines(const struct logs_facts *f, struct printer *printer)
{
    const struct log_lines_facts *l = &f->lines;

    printer_paragraph(printer, "lines    ",
                      "%" PRIu64 ": %" PRIu64 " query, %" PRIu64 " dump, %" PRIu64 " error, %" PRIu64
                      " panic, %" PRIu64 " debug, %" PRIu64 " other",
                      l->total, l->query, l->dump, l->error, l->panic, l->debug, l->other);
    if (f->format)
        printer_paragraph(printer, "         ",
                          "the format of the queries, as it follows from them: --format '%s'", f->format);
    if (l->unknown)
        printer_paragraph(printer, "         ", "not understood: %" PRIu64 ", below", l->unknown);
    if (l->filtered)
        printer_paragraph(printer, "         ", "%" PRIu64 " more were left out by the filters", l->filtered);
    if (l->cut)
        printer_paragraph(printer, "         ", "%" PRIu64 " are longer than 10 MB and were cut", l->cut);
}

/* ---- tables ---- */

static void add_query_row(struct table *table, const struct log_query_facts *q)
{
    char took[DURATION_TEXT];

    table_row(table);
    table_cell(table, STYLE_STRONG, ms_text(took, q->latency_ms));
    table_cellf(table, STYLE_PLAIN, "%s %s", q->name ? q->name : "-", q->type ? q->type : "");
    table_cell(table, STYLE_PLAIN, q->rcode ? q->rcode : "");
    table_cell(table, STYLE_PLAIN, q->client ? q->client : "");
    table_cell(table, STYLE_FAINT, q->time ? q->time : q->source ? q->source : "");
}

static void print_slow(const struct logs_facts *f, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "SLOWEST", .right = true},
                                                  {.heading = "NAME", .elastic = true},
                                                  {.heading = "ANSWER"},
                                                  {.heading = "CLIENT"},
                                                  {.heading = "TIME"}};
    struct table *table = table_new(arena, columns, 5);

    if (!f->slow_count)
        return;
    for (size_t i = 0; i < shown(printer, f->slow_count, ROWS); i++)
        add_query_row(table, &f->slow[i]);
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
}

static void print_unanswered(const struct logs_facts *f, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "NEVER ANSWERED", .right = true},
                                                  {.heading = "NAME", .elastic = true},
                                                  {.heading = "CLIENT"},
                                                  {.heading = "TIME"}};
    struct table *table = table_new(arena, columns, 4);

    if (!f->unanswered_count)
        return;
    for (size_t i = 0; i < shown(printer, f->unanswered_count, ROWS); i++) {
        const struct log_unanswered_facts *u = &f->unanswered[i];
        char age[DURATION_TEXT];

        table_row(table);
        if (u->ended)
            table_cell(table, STYLE_BAD, "server ended");
        else
            table_cellf(table, STYLE_BAD, "%s%s", u->at_least ? "over " : "", ms_text(age, u->age_ms));
        table_cellf(table, STYLE_PLAIN, "%s %s", u->name, u->type);
        table_cellf(table, STYLE_PLAIN, "%s:%" PRIu64 " id %" PRIu64, u->client, u->port, u->id);
        table_cell(table, STYLE_FAINT, u->time ? u->time : u->source ? u->source : "");
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
}

static void print_top(const struct log_top_facts *tops, size_t count, const char *heading, uint64_t of,
                      struct printer *printer, struct arena *arena)
{
    const struct table_column columns[] = {{.heading = heading, .right = true},
                                           {.heading = "SHARE", .right = true},
                                           {.heading = "NXDOMAIN", .right = true},
                                           {.heading = "FAILED", .right = true},
                                           {.heading = "", .elastic = true}};
    struct table *table = table_new(arena, columns, 5);
    size_t rows = shown(printer, count, ROWS);

    if (!count)
        return;
    for (size_t i = 0; i < rows; i++) {
        const struct log_top_facts *t = &tops[i];

        table_row(table);
        if (t->error)
            table_cellf(table, STYLE_PLAIN, "%" PRIu64 " (-%" PRIu64 ")", t->count, t->error);
        else
            table_cellf(table, STYLE_PLAIN, "%" PRIu64, t->count);
        table_cellf(table, STYLE_PLAIN, "%.1f %%", percent(t->count, of));
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, t->nxdomain);
        table_cellf(table, t->failed ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64, t->failed);
        table_cell(table, STYLE_PLAIN, t->name);
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (rows < count)
        printer_addf(printer, "  and more (-v)\n");
}

static void print_wasted(const struct logs_facts *f, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "WASTED", .right = true},
                                                  {.heading = "SHARE", .right = true},
                                                  {.heading = "ON THE WAY TO", .elastic = true}};
    struct table *table = table_new(arena, columns, 3);

    if (!f->search_waste_count)
        return;
    for (size_t i = 0; i < shown(printer, f->search_waste_count, ROWS); i++) {
        table_row(table);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, f->search_waste[i].count);
        table_cellf(table, STYLE_PLAIN, "%.1f %%", percent(f->search_waste[i].count, f->search_waste_total));
        table_cell(table, STYLE_PLAIN, f->search_waste[i].name);
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
}

/* What nobody needs to read unless something is wrong. */
static bool is_routine(int kind)
{
    return kind == LOG_START || kind == LOG_RELOAD || kind == LOG_STOP || kind == LOG_DEBUG;
}

/* What DNS suffers from. */
static bool is_fault(int kind)
{
    return !is_routine(kind) && kind != LOG_MESSAGE && kind != LOG_UNKNOWN && kind != LOG_TELEMETRY_LOST &&
           kind != LOG_KUBERNETES_WAITING && kind != LOG_NOT_READY;
}

static void print_events(const struct logs_facts *f, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "LINES", .right = true},
                                                  {.heading = "WHAT"},
                                                  {.heading = "THE FIRST OF THEM", .elastic = true}};
    struct table *table = table_new(arena, columns, 3);
    size_t rows = 0, left = 0;

    for (size_t i = 0; i < f->events_count; i++) {
        const struct log_event_facts *e = &f->events[i];

        if (is_routine(e->kind) && printer->verbosity <= 0)
            continue;
        if (rows >= (printer->verbosity > 0 ? f->events_count : EVENTS_ROWS)) {
            left++;
            continue;
        }
        rows++;
        table_row(table);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, e->count);
        table_cell(table, is_fault(e->kind) ? STYLE_ODD : STYLE_PLAIN, log_event_kind_names[e->kind]);
        table_cellf(table, STYLE_PLAIN, "%s%s%s", e->text, e->last_time ? "  last at " : "",
                    e->last_time ? e->last_time : "");
    }
    if (!rows)
        return;
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (left)
        printer_addf(printer, "  and %zu kinds more (-v)\n", left);
    if (f->events_dropped)
        printer_addf(printer, "  and %" PRIu64 " lines of further kinds, which were only counted\n",
                     f->events_dropped);
}

static void print_panics(const struct logs_facts *f, struct printer *printer)
{
    for (size_t i = 0; i < f->panics_count && (i == 0 || printer->verbosity > 0); i++) {
        const struct log_panic_facts *p = &f->panics[i];

        printer_addf(printer, "\n");
        printer_style(printer, STYLE_BAD, p->recovered ? "panic, recovered" : "panic, the server ended");
        printer_addf(printer, "%s%s%s%s\n", p->time ? " at " : "", p->time ? p->time : "",
                     p->source ? " in " : "", p->source ? p->source : "");
        printer_paragraph(printer, "  ", "%s", p->text);
        if (p->where)
            printer_paragraph(printer, "  in ", "%s", p->where);
        for (size_t k = 0; k < p->trace_count && printer->verbosity > 0; k++)
            printer_addf(printer, "    %s\n", p->trace[k]);
    }
}

/* A bar a tenth of the intervals at most, in the width of the page. */
static void print_rate(const struct logs_facts *f, struct printer *printer)
{
    static const char *const cells[] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                        "\u2585", "\u2586", "\u2587", "\u2588"};
    static const char plain[] = " .:-=+*#@";
    uint64_t most = 1;
    size_t step = printer->width > 12 ? (f->rate_count + printer->width - 12) / (printer->width - 11) : 1;

    if (f->rate_count < 3)
        return;
    for (size_t i = 0; i < f->rate_count; i += step) {
        uint64_t sum = 0;

        for (size_t k = i; k < i + step && k < f->rate_count; k++)
            sum += f->rate[k].queries;
        most = sum > most ? sum : most;
    }
    printer_addf(printer, "rate     ");
    for (size_t i = 0; i < f->rate_count; i += step) {
        uint64_t sum = 0;
        size_t level;

        for (size_t k = i; k < i + step && k < f->rate_count; k++)
            sum += f->rate[k].queries;
        level = (size_t)((sum * 8 + most - 1) / most);
        if (printer->utf8)
            printer_addf(printer, "%s", cells[level]);
        else
            printer_addf(printer, "%c", plain[level]);
    }
    printer_addf(printer, "\n");
}

static void print_figures(const struct logs_facts *f, struct printer *printer)
{
    print_head(f, printer);
    print_rcodes(f, printer);
    print_latency(f, printer);
    print_rate(f, printer);
    print_search(f, printer);
    print_retries(f, printer);
    print_dump(f, printer);
    print_loop(f, printer);
    print_lines(f, printer);
}

void logs_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct logs_facts *f = data;

    finding_text_list(f->findings, f->findings_count, printer, arena);
    if (f->printed)
        return;
    if (f->findings_count)
        printer_addf(printer, "\n");
    print_figures(f, printer);
    if (printer->verbosity < 0)
        return;
    print_events(f, printer, arena);
    print_panics(f, printer);
    print_unanswered(f, printer, arena);
    print_slow(f, printer, arena);
    print_top(f->names, f->names_count, "NAMES", f->queries, printer, arena);
    print_top(f->clients, f->clients_count, "CLIENTS", f->queries, printer, arena);
    print_top(f->suffixes, f->suffixes_count, "SUFFIXES", f->queries, printer, arena);
    print_top(f->upstreams, f->upstreams_count, "UPSTREAMS", f->queries, printer, arena);
    print_wasted(f, printer, arena);
    if (f->names_floor || f->clients_floor)
        printer_paragraph(
            printer, "\n* ",
            "there are more names or clients than can be counted one by one: a count may be too large by "
            "what stands behind it in brackets, and one that is not listed came at most %" PRIu64
            " times (names) or %" PRIu64 " times (clients)",
            f->names_floor, f->clients_floor);
    if (f->messages_total)
        printer_paragraph(printer, "\n* ", "messages in hex: %" PRIu64 "; --lines shows them decoded",
                          f->messages_total);
}

void logs_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct logs_facts *f = data;
    struct printer quiet = *printer;

    /* What fits any screen: the figures, and the busiest names. */
    quiet.verbosity = 0;
    print_head(f, &quiet);
    print_rcodes(f, &quiet);
    print_latency(f, &quiet);
    print_lines(f, &quiet);
    for (size_t i = 0; i < f->names_count && i < 5 && printer->height > 16; i++)
        printer_addf(printer, "  %8" PRIu64 "  %.60s\n", f->names[i].count, f->names[i].name);
    (void)arena;
}

void logs_text_interval(const void *data, struct printer *printer, struct arena *arena)
{
    const struct log_interval_facts *f = data;
    char p50[DURATION_TEXT], p99[DURATION_TEXT];

    (void)arena;
    printer_addf(printer,
                 "%" PRIu64 ": %" PRIu64 " lines, %" PRIu64 " queries, %" PRIu64 " failed, %" PRIu64
                 " nxdomain, p50 %s, p99 %s, %" PRIu64 " slow, %" PRIu64 " errors",
                 f->interval, f->lines, f->queries, f->failed, f->nxdomain, ms_text(p50, f->p50_ms),
                 ms_text(p99, f->p99_ms), f->slow, f->errors);
    if (f->panics)
        printer_addf(printer, ", %" PRIu64 " panics", f->panics);
    if (f->unknown)
        printer_addf(printer, ", %" PRIu64 " not understood", f->unknown);
    printer_addf(printer, "\n");
}
