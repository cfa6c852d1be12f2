/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/diagnosis/finding_text.h>
#include <k8sdns/render/metrics/metrics_text.h>
#include <k8sdns/render/page/advice_text.h>
#include <k8sdns/render/page/table.h>
#include <math.h>
#include <string.h>

/* Types, rcodes and zones shown without -v. */
#define SHOWN 6

static bool is_outlier(const struct metrics_replica_facts *replica, const char *name)
{
    for (size_t i = 0; i < replica->outliers_count; i++)
        if (strcmp(replica->outliers[i], name) == 0)
            return true;
    return false;
}

static void number_cell(struct table *table, enum style style, double value, int decimals, const char *unit)
{
    if (isnan(value))
        table_cell(table, STYLE_FAINT, "-");
    else
        table_cellf(table, style, "%.*f%s", decimals, value, unit);
}

static void count_cell(struct table *table, enum style style, uint64_t count)
{
    if (count == SHAPE_UNSET)
        table_cell(table, STYLE_FAINT, "-");
    else
        table_cellf(table, style, "%" PRIu64, count);
}

static void latency_cell(struct table *table, enum style style, double ms, bool over)
{
    char text[DURATION_TEXT];

    if (isnan(ms))
        table_cell(table, STYLE_FAINT, "-");
    else
        table_cellf(table, style, "%s%s", over ? "> " : "",
                    duration_format_us(text, sizeof(text), number_whole(ms * 1e3)));
}

/* "r1.prom" of a path, "10.244.1.21:9153" of a URL. */
static const char *short_name(const char *source, struct arena *arena)
{
    const char *host = strstr(source, "://"), *slash = strrchr(source, '/');

    if (host)
        return arena_text_n(arena, host + 3, strcspn(host + 3, "/"));
    return slash && slash[1] ? slash + 1 : source;
}

/* The short name, where no other has the same. */
static const char *name_of(const struct metrics_facts *facts, const struct metrics_replica_facts *r,
                           struct arena *arena)
{
    const char *name = short_name(r->source, arena);

    for (size_t i = 0; i < facts->replicas_count; i++)
        if (&facts->replicas[i] != r && strcmp(short_name(facts->replicas[i].source, arena), name) == 0)
            return r->source;
    return name;
}

/* "*" behind the name of one that stands out: colour is never alone. */
static void name_cell(struct table *table, const struct metrics_facts *facts,
                      const struct metrics_replica_facts *r, struct arena *arena)
{
    table_cellf(table, r->outliers_count ? STYLE_ODD : STYLE_STRONG, "%s%s", name_of(facts, r, arena),
                r->outliers_count ? " *" : "");
}

static bool grew(uint64_t change)
{
    return change && change != SHAPE_UNSET;
}

static void print_answers(const struct metrics_facts *facts, size_t most, struct printer *printer,
                          struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "REPLICA"},
        {.heading = "VERSION"},
        {.heading = "REQ/S", .right = true},
        {.heading = "SERVFAIL", .right = true},
        {.heading = "P50", .right = true},
        {.heading = "P90", .right = true},
        {.heading = "P99", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < facts->replicas_count && i < most; i++) {
        const struct metrics_replica_facts *r = &facts->replicas[i];
        bool failing = grew(r->servfails);

        table_row(table);
        name_cell(table, facts, r, arena);
        if (r->error) {
            table_cell(table, STYLE_BAD, "not seen");
            continue;
        }
        table_cell(table, is_outlier(r, "version") ? STYLE_ODD : STYLE_PLAIN, r->version ? r->version : "-");
        number_cell(table, is_outlier(r, "load") ? STYLE_ODD : STYLE_PLAIN, r->qps, r->qps < 100 ? 1 : 0, "");
        number_cell(table, failing ? STYLE_BAD : STYLE_GOOD, r->servfail_ratio * 100, failing ? 2 : 0, " %");
        latency_cell(table, is_outlier(r, "p50") ? STYLE_ODD : STYLE_PLAIN, r->latency_ms.p50, false);
        latency_cell(table, STYLE_PLAIN, r->latency_ms.p90, false);
        latency_cell(table, is_outlier(r, "p99") ? STYLE_ODD : STYLE_PLAIN, r->latency_ms.p99,
                     r->latency_ms.over);
    }
    table_print(table, printer, 0);
}

static void print_process(const struct metrics_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "REPLICA"},
        {.heading = "CACHED", .right = true},
        {.heading = "EVICT/S", .right = true},
        {.heading = "FWD/S", .right = true},
        {.heading = "API ERR", .right = true},
        {.heading = "PANICS", .right = true},
        {.heading = "CORES", .right = true},
        {.heading = "MEMORY", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t rows = 0;

    for (size_t i = 0; i < facts->replicas_count; i++) {
        const struct metrics_replica_facts *r = &facts->replicas[i];

        if (r->error)
            continue;
        rows++;
        table_row(table);
        name_cell(table, facts, r, arena);
        number_cell(table, is_outlier(r, "cache hits") ? STYLE_ODD : STYLE_PLAIN, r->cache_hit_ratio * 100, 0,
                    " %");
        number_cell(table, STYLE_PLAIN, r->cache.evictions_per_second, 1, "");
        number_cell(table, STYLE_PLAIN,
                    r->forward.answers_new == SHAPE_UNSET ? (double)NAN
                                                          : (double)r->forward.answers_new / r->window_s,
                    1, "");
        count_cell(table, grew(r->api.errors) ? STYLE_ODD : STYLE_PLAIN, r->api.errors);
        count_cell(table, grew(r->panics_total) ? STYLE_ODD : STYLE_PLAIN, r->panics_total);
        number_cell(table, is_outlier(r, "CPU") ? STYLE_ODD : STYLE_PLAIN, r->cpu_cores, 2, "");
        number_cell(table, STYLE_PLAIN,
                    r->memory_bytes == SHAPE_UNSET ? (double)NAN : (double)r->memory_bytes / 1024 / 1024, 0,
                    " MB");
    }
    if (!rows)
        return;
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
}

static void add_upstream(struct table *table, const struct metrics_upstream_facts *u)
{
    bool failing = u->servfail_ratio > 0;

    table_row(table);
    table_cell(table, STYLE_PLAIN, u->to);
    count_cell(table, STYLE_PLAIN, u->answers);
    number_cell(table, STYLE_PLAIN, u->per_second, 1, "");
    number_cell(table, failing ? STYLE_BAD : STYLE_GOOD, u->servfail_ratio * 100, failing ? 2 : 0, " %");
    latency_cell(table, STYLE_PLAIN, u->latency_ms.p50, false);
    latency_cell(table, STYLE_PLAIN, u->latency_ms.p99, u->latency_ms.over);
    if (grew(u->healthcheck_failures_new))
        table_cellf(table, STYLE_BAD, "%" PRIu64 " (+%" PRIu64 ")", u->healthcheck_failures,
                    u->healthcheck_failures_new);
    else
        count_cell(table, grew(u->healthcheck_failures) ? STYLE_ODD : STYLE_PLAIN, u->healthcheck_failures);
}

static void print_upstreams(const struct metrics_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "UPSTREAM"},
        {.heading = "ANSWERS", .right = true},
        {.heading = "/S", .right = true},
        {.heading = "SERVFAIL", .right = true},
        {.heading = "P50", .right = true},
        {.heading = "P99", .right = true},
        {.heading = "CHECKS FAILED", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t rows = 0;

    for (size_t i = 0; i < facts->replicas_count; i++) {
        const struct metrics_replica_facts *r = &facts->replicas[i];

        if (r->forward.upstreams_count && facts->replicas_count > 1)
            table_group(table, arena_printf(arena, "of %s", name_of(facts, r, arena)));
        for (size_t k = 0; k < r->forward.upstreams_count; k++, rows++)
            add_upstream(table, &r->forward.upstreams[k]);
    }
    if (!rows)
        return;
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
}

/* "A 62 %, AAAA 30 %, PTR 8 %" */
static const char *shares_text(const struct metrics_count_facts *all, size_t count,
                               const struct printer *printer, struct arena *arena)
{
    const char **texts = NULL;
    size_t texts_count = 0;

    for (size_t i = 0; i < count && (i < SHOWN || printer->verbosity > 0); i++) {
        if (!(all[i].ratio > 0))
            continue;
        *ARENA_PUSH(arena, texts, texts_count) =
            isnan(all[i].per_second) ? arena_printf(arena, "%s %" PRIu64 " (%.3g %%)", all[i].name,
                                                    all[i].total, all[i].ratio * 100)
                                     : arena_printf(arena, "%s %.1f/s (%.3g %%)", all[i].name,
                                                    all[i].per_second, all[i].ratio * 100);
    }
    return texts_count ? arena_join(arena, texts, texts_count, ", ") : NULL;
}

static void print_shares(const char *what, const struct metrics_count_facts *all, size_t count,
                         struct printer *printer, struct arena *arena)
{
    const char *text = shares_text(all, count, printer, arena);

    if (text)
        printer_paragraph(printer, arena_printf(arena, "  %-10s ", what), "%s", text);
}

static void print_zones(const struct metrics_replica_facts *r, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "ZONE", .elastic = true}, {.heading = "REQ/S", .right = true},
        {.heading = "P50", .right = true},    {.heading = "P90", .right = true},
        {.heading = "P99", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    if (r->zones_count < 2 && printer->verbosity <= 0)
        return;
    for (size_t i = 0; i < r->zones_count && (i < SHOWN || printer->verbosity > 0); i++) {
        const struct metrics_zone_facts *zone = &r->zones[i];

        table_row(table);
        table_cell(table, STYLE_PLAIN, zone->zone);
        number_cell(table, STYLE_PLAIN, zone->per_second, 1, "");
        latency_cell(table, STYLE_PLAIN, zone->latency_ms.p50, false);
        latency_cell(table, STYLE_PLAIN, zone->latency_ms.p90, false);
        latency_cell(table, STYLE_PLAIN, zone->latency_ms.p99, zone->latency_ms.over);
    }
    if (r->zones_count)
        table_print(table, printer, 2);
}

/* What its counters say that no column has room for. */
static void print_remarks(const struct metrics_replica_facts *r, struct printer *printer)
{
    if (r->restarted)
        printer_paragraph(printer, "  * ",
                          r->role == METRICS_OF_CLUSTER_IP
                              ? "another replica answered the second time, so there are no rates"
                              : "it restarted between the two scrapes, so there are no rates");
    if (grew(r->own_servfails) && grew(r->servfails))
        printer_paragraph(printer, "  * ",
                          "%" PRIu64 " of %" PRIu64 " SERVFAIL are its own, not an upstream's",
                          r->own_servfails, r->servfails);
    if (grew(r->forward.all_down))
        printer_paragraph(printer, "  * ", "all upstreams were down for %" PRIu64 " quer%s since it began",
                          r->forward.all_down, r->forward.all_down == 1 ? "y" : "ies");
    if (grew(r->forward.rejected))
        printer_paragraph(printer, "  * ", "%" PRIu64 " quer%s over max_concurrent since it began",
                          r->forward.rejected, r->forward.rejected == 1 ? "y was" : "ies were");
    if (grew(r->reload_failed_total))
        printer_paragraph(printer, "  * ",
                          "%" PRIu64 " Corefile%s refused since it began: it runs with an older one",
                          r->reload_failed_total, r->reload_failed_total == 1 ? " was" : "s were");
    if (grew(r->setup_errors_total))
        printer_paragraph(printer, "  * ", "its address or its rules could not be put up %s",
                          times_format((char[TIMES_TEXT]){0}, r->setup_errors_total));
    if (r->text.malformed || r->text.too_long || r->text.cut || r->text.dropped)
        printer_paragraph(printer, "  * ",
                          "of its text %" PRIu64 " lines are not of the format, %" PRIu64
                          " too long, %" PRIu64 " of more zones, upstreams or codes than are kept apart%s",
                          r->text.malformed, r->text.too_long, r->text.dropped,
                          r->text.cut ? "; it is cut off" : "");
}

static const char *over_what(const struct metrics_replica_facts *r, struct arena *arena)
{
    return isnan(r->window_s) ? "since it began" : arena_printf(arena, "over %.1f s", r->window_s);
}

static void print_details(const struct metrics_replica_facts *r, struct printer *printer, struct arena *arena)
{
    printer_addf(printer, "\n");
    printer_style(printer, STYLE_STRONG, r->source);
    printer_addf(printer, "%s%s%s%s, %s\n", r->pod ? " " : "", r->pod ? r->pod : "", r->node ? " on " : "",
                 r->node ? r->node : "", over_what(r, arena));
    print_shares("rcodes", r->by_rcode, r->by_rcode_count, printer, arena);
    print_shares("types", r->by_type, r->by_type_count, printer, arena);
    print_shares("families", r->by_family, r->by_family_count, printer, arena);
    if (printer->verbosity > 0) {
        print_shares("transports", r->by_transport, r->by_transport_count, printer, arena);
        print_shares("API", r->api.codes, r->api.codes_count, printer, arena);
    }
    if (r->latency_ms.observations)
        printer_addf(printer, "  latency    of %" PRIu64 " answers%s\n", r->latency_ms.observations,
                     r->latency_ms.observations < METRICS_OBSERVATIONS_LEAST ? ", too few to judge it by"
                                                                             : "");
    if (!isnan(r->window_s) && !r->latency_ms.window && r->latency_ms.observations)
        printer_paragraph(printer, "  * ", "nothing was asked in the window; latencies are since it began");
    print_remarks(r, printer);
    print_zones(r, printer, arena);
}

static void print_findings(const struct metrics_facts *facts, struct printer *printer, struct arena *arena)
{
    size_t seen = 0;

    for (size_t i = 0; i < facts->replicas_count; i++)
        seen += !facts->replicas[i].error && !facts->replicas[i].missing_count;
    finding_text_list(facts->findings, facts->findings_count, printer, arena);
    if (facts->findings_count && seen < facts->replicas_count)
        printer_addf(printer, "and %zu of %zu could not be seen\n", facts->replicas_count - seen,
                     facts->replicas_count);
    if (!facts->findings_count && seen == facts->replicas_count)
        printer_addf(printer, "ok: %zu of %zu seen, none is over a line\n", seen, facts->replicas_count);
    else if (!facts->findings_count)
        printer_addf(printer, "unknown: %zu of %zu seen, none of these is over a line\n", seen,
                     facts->replicas_count);
}

static void print_gaps(const struct metrics_facts *facts, struct printer *printer, struct arena *arena)
{
    if (facts->unobserved_count)
        printer_addf(printer, "\nNot checked\n");
    for (size_t i = 0; i < facts->unobserved_count; i++)
        advice_print(printer, "  - ",
                     arena_printf(arena, "%s: %s; %s", facts->unobserved[i].what, facts->unobserved[i].why,
                                  facts->unobserved[i].how),
                     "");
}

void metrics_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct metrics_facts *facts = data;

    if (facts->alert_rules_count) {
        alert_text_render(facts->alert_rules, facts->alert_rules_count, printer);
        return;
    }
    if (facts->checked && facts->replicas_count) {
        print_findings(facts, printer, arena);
        if (printer->verbosity < 0)
            return;
        printer_addf(printer, "\n");
    }
    if (facts->replicas_count)
        print_answers(facts, facts->replicas_count, printer, arena);
    if (printer->verbosity < 0)
        return;
    print_process(facts, printer, arena);
    print_upstreams(facts, printer, arena);
    for (size_t i = 0; i < facts->replicas_count; i++)
        if (!facts->replicas[i].error)
            print_details(&facts->replicas[i], printer, arena);
    for (size_t i = 0; i < facts->differences_count; i++)
        printer_paragraph(printer, i ? "* " : "\n* ", "%s", facts->differences[i]);
    print_gaps(facts, printer, arena);
}

void metrics_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct metrics_facts *facts = data;

    if (printer->height) {
        print_answers(facts, printer->height > 3 ? printer->height - 3 : 1, printer, arena);
        return;
    }
    for (size_t i = 0; i < facts->replicas_count; i++) {
        const struct metrics_replica_facts *r = &facts->replicas[i];

        if (r->error)
            printer_addf(printer, "%s: not seen: %s\n", r->source, r->error);
        else
            printer_addf(printer, "%s: %.1f requests/s, %.2f %% SERVFAIL, p99 %.1f ms, %.2f cores%s\n",
                         r->source, r->qps, r->servfail_ratio * 100, r->latency_ms.p99, r->cpu_cores,
                         r->outliers_count ? " *" : "");
    }
}
