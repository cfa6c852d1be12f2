/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/metrics_text.h>
#include <k8sdns/render/table.h>
#include <math.h>
#include <string.h>

/* Types, rcodes and zones shown without -v. */
#define SHOWN 6

static bool is_odd(const struct metrics_replica_facts *replica, const char *name)
{
    for (size_t i = 0; i < replica->odd_count; i++)
        if (strcmp(replica->odd[i], name) == 0)
            return true;
    return false;
}

static void number_cell(struct table *table, enum paint paint, double value, int decimals, const char *unit)
{
    if (isnan(value))
        table_cell(table, PAINT_FAINT, "-");
    else
        table_cellf(table, paint, "%.*f%s", decimals, value, unit);
}

static void count_cell(struct table *table, enum paint paint, uint64_t count)
{
    if (count == SHAPE_UNSET)
        table_cell(table, PAINT_FAINT, "-");
    else
        table_cellf(table, paint, "%" PRIu64, count);
}

static void latency_cell(struct table *table, enum paint paint, double ms, bool over)
{
    char text[DURATION_TEXT];

    if (isnan(ms))
        table_cell(table, PAINT_FAINT, "-");
    else
        table_cellf(table, paint, "%s%s", over ? "> " : "",
                    duration_format_us(text, sizeof(text), (uint64_t)(ms * 1e3)));
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
    table_cellf(table, r->odd_count ? PAINT_ODD : PAINT_STRONG, "%s%s", name_of(facts, r, arena),
                r->odd_count ? " *" : "");
}

static bool grew(uint64_t change)
{
    return change && change != SHAPE_UNSET;
}

static void print_answers(const struct metrics_facts *facts, size_t most, struct page *page,
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
            table_cell(table, PAINT_BAD, "not seen");
            continue;
        }
        table_cell(table, is_odd(r, "version") ? PAINT_ODD : PAINT_PLAIN, r->version ? r->version : "-");
        number_cell(table, is_odd(r, "load") ? PAINT_ODD : PAINT_PLAIN, r->qps, r->qps < 100 ? 1 : 0, "");
        number_cell(table, failing ? PAINT_BAD : PAINT_GOOD, r->servfail_ratio * 100, failing ? 2 : 0, " %");
        latency_cell(table, is_odd(r, "p50") ? PAINT_ODD : PAINT_PLAIN, r->latency_ms.p50, false);
        latency_cell(table, PAINT_PLAIN, r->latency_ms.p90, false);
        latency_cell(table, is_odd(r, "p99") ? PAINT_ODD : PAINT_PLAIN, r->latency_ms.p99,
                     r->latency_ms.over);
    }
    table_print(table, page, 0);
}

static void print_process(const struct metrics_facts *facts, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "REPLICA"},
        {.heading = "CACHED", .right = true},
        {.heading = "EVICTED/S", .right = true},
        {.heading = "FORWARD/S", .right = true},
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
        number_cell(table, is_odd(r, "cache hits") ? PAINT_ODD : PAINT_PLAIN, r->cache_hit_ratio * 100, 0,
                    " %");
        number_cell(table, PAINT_PLAIN, r->cache.evictions_per_second, 1, "");
        number_cell(table, PAINT_PLAIN,
                    r->forward.answers_new == SHAPE_UNSET ? (double)NAN
                                                          : (double)r->forward.answers_new / r->window_s,
                    1, "");
        count_cell(table, grew(r->api.errors) ? PAINT_ODD : PAINT_PLAIN, r->api.errors);
        count_cell(table, grew(r->panics_total) ? PAINT_ODD : PAINT_PLAIN, r->panics_total);
        number_cell(table, is_odd(r, "CPU") ? PAINT_ODD : PAINT_PLAIN, r->cpu_cores, 2, "");
        number_cell(table, PAINT_PLAIN,
                    r->memory_bytes == SHAPE_UNSET ? (double)NAN : (double)r->memory_bytes / 1024 / 1024, 0,
                    " MB");
    }
    if (!rows)
        return;
    page_addf(page, "\n");
    table_print(table, page, 0);
}

static void add_upstream(struct table *table, const struct metrics_upstream_facts *u)
{
    bool failing = u->servfail_ratio > 0;

    table_row(table);
    table_cell(table, PAINT_PLAIN, u->to);
    count_cell(table, PAINT_PLAIN, u->answers);
    number_cell(table, PAINT_PLAIN, u->per_second, 1, "");
    number_cell(table, failing ? PAINT_BAD : PAINT_GOOD, u->servfail_ratio * 100, failing ? 2 : 0, " %");
    latency_cell(table, PAINT_PLAIN, u->latency_ms.p50, false);
    latency_cell(table, PAINT_PLAIN, u->latency_ms.p99, u->latency_ms.over);
    if (grew(u->healthcheck_failures_new))
        table_cellf(table, PAINT_BAD, "%" PRIu64 " (+%" PRIu64 ")", u->healthcheck_failures,
                    u->healthcheck_failures_new);
    else
        count_cell(table, grew(u->healthcheck_failures) ? PAINT_ODD : PAINT_PLAIN, u->healthcheck_failures);
}

static void print_upstreams(const struct metrics_facts *facts, struct page *page, struct arena *arena)
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
    page_addf(page, "\n");
    table_print(table, page, 0);
}

/* "A 62 %, AAAA 30 %, PTR 8 %" */
static const char *shares_text(const struct metrics_count_facts *all, size_t count, const struct page *page,
                               struct arena *arena)
{
    const char **texts = NULL;
    size_t texts_count = 0;

    for (size_t i = 0; i < count && (i < SHOWN || page->verbosity > 0); i++) {
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
                         struct page *page, struct arena *arena)
{
    const char *text = shares_text(all, count, page, arena);

    if (text)
        page_paragraph(page, arena_printf(arena, "  %-10s ", what), "%s", text);
}

static void print_zones(const struct metrics_replica_facts *r, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "ZONE", .elastic = true}, {.heading = "REQ/S", .right = true},
        {.heading = "P50", .right = true},    {.heading = "P90", .right = true},
        {.heading = "P99", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    if (r->zones_count < 2 && page->verbosity <= 0)
        return;
    for (size_t i = 0; i < r->zones_count && (i < SHOWN || page->verbosity > 0); i++) {
        const struct metrics_zone_facts *zone = &r->zones[i];

        table_row(table);
        table_cell(table, PAINT_PLAIN, zone->zone);
        number_cell(table, PAINT_PLAIN, zone->per_second, 1, "");
        latency_cell(table, PAINT_PLAIN, zone->latency_ms.p50, false);
        latency_cell(table, PAINT_PLAIN, zone->latency_ms.p90, false);
        latency_cell(table, PAINT_PLAIN, zone->latency_ms.p99, zone->latency_ms.over);
    }
    if (r->zones_count)
        table_print(table, page, 2);
}

/* What its counters say that no column has room for. */
static void print_remarks(const struct metrics_replica_facts *r, struct page *page)
{
    if (r->restarted)
        page_paragraph(page, "  * ",
                       r->role == METRICS_OF_CLUSTER_IP
                           ? "another replica answered the second time, so there are no rates"
                           : "it began anew between the two scrapes, so there are no rates");
    if (grew(r->own_servfails) && grew(r->servfails))
        page_paragraph(page, "  * ", "%" PRIu64 " of %" PRIu64 " SERVFAIL are its own, not an upstream's",
                       r->own_servfails, r->servfails);
    if (grew(r->forward.all_down))
        page_paragraph(page, "  * ", "all upstreams were down for %" PRIu64 " questions since it began",
                       r->forward.all_down);
    if (grew(r->forward.rejected))
        page_paragraph(page, "  * ", "%" PRIu64 " questions were over max_concurrent since it began",
                       r->forward.rejected);
    if (grew(r->reload_failed_total))
        page_paragraph(page, "  * ",
                       "%" PRIu64 " Corefiles were refused since it began: it runs with an older one",
                       r->reload_failed_total);
    if (grew(r->setup_errors_total))
        page_paragraph(page, "  * ", "%" PRIu64 " times its address or its rules could not be put up",
                       r->setup_errors_total);
    if (r->text.malformed || r->text.too_long || r->text.cut || r->text.dropped)
        page_paragraph(page, "  * ",
                       "of its text %" PRIu64 " lines are not of the format, %" PRIu64 " too long, %" PRIu64
                       " of more zones, upstreams or codes than are kept apart%s",
                       r->text.malformed, r->text.too_long, r->text.dropped,
                       r->text.cut ? "; it is cut off" : "");
}

static const char *over_what(const struct metrics_replica_facts *r, struct arena *arena)
{
    return isnan(r->window_s) ? "since it began" : arena_printf(arena, "over %.1f s", r->window_s);
}

static void print_details(const struct metrics_replica_facts *r, struct page *page, struct arena *arena)
{
    page_addf(page, "\n");
    page_paint(page, PAINT_STRONG, r->source);
    page_addf(page, "%s%s%s%s, %s\n", r->pod ? " " : "", r->pod ? r->pod : "", r->node ? " on " : "",
              r->node ? r->node : "", over_what(r, arena));
    print_shares("rcodes", r->by_rcode, r->by_rcode_count, page, arena);
    print_shares("types", r->by_type, r->by_type_count, page, arena);
    print_shares("families", r->by_family, r->by_family_count, page, arena);
    if (page->verbosity > 0) {
        print_shares("transports", r->by_transport, r->by_transport_count, page, arena);
        print_shares("API", r->api.codes, r->api.codes_count, page, arena);
    }
    if (!isnan(r->window_s) && !r->latency_ms.window && r->latency_ms.observations)
        page_paragraph(page, "  * ", "nothing was asked in the window; latencies are since it began");
    print_remarks(r, page);
    print_zones(r, page, arena);
}

static void print_findings(const struct metrics_facts *facts, struct page *page, struct arena *arena)
{
    static const enum paint paints[] = {
        [SEVERITY_CRITICAL] = PAINT_BAD, [SEVERITY_WARNING] = PAINT_ODD, [SEVERITY_INFO] = PAINT_PLAIN};
    size_t seen = 0;

    for (size_t i = 0; i < facts->replicas_count; i++)
        seen += !facts->replicas[i].error;
    for (size_t i = 0; i < facts->findings_count; i++) {
        const struct finding *finding = &facts->findings[i];

        page_paint(page, paints[finding->severity],
                   arena_printf(arena, "%s: %s, %s", severity_words[finding->severity], finding->title,
                                finding->subject));
        page_addf(page, "\n");
        for (size_t k = 0; k < finding->evidence_count; k++)
            page_paragraph(page, "  - ", "%s", finding->evidence[k]);
        page_paragraph(page, "  more: ", "k8sdns explain %s", finding->id);
    }
    if (facts->findings_count && seen < facts->replicas_count)
        page_addf(page, "and %zu of %zu could not be seen\n", facts->replicas_count - seen,
                  facts->replicas_count);
    if (!facts->findings_count && seen == facts->replicas_count)
        page_addf(page, "ok: %zu of %zu seen, none is over a line\n", seen, facts->replicas_count);
    else if (!facts->findings_count)
        page_addf(page, "unknown: %zu of %zu seen, none of these is over a line\n", seen,
                  facts->replicas_count);
}

static void print_gaps(const struct metrics_facts *facts, struct page *page)
{
    if (facts->unobserved_count)
        page_addf(page, "\nnot observed\n");
    for (size_t i = 0; i < facts->unobserved_count; i++)
        page_paragraph(page, "  - ", "%s: %s; %s", facts->unobserved[i].what, facts->unobserved[i].why,
                       facts->unobserved[i].how);
}

void metrics_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct metrics_facts *facts = data;

    if (facts->alert_rules_count) {
        alert_text_render(facts->alert_rules, facts->alert_rules_count, page);
        return;
    }
    if (facts->checked && facts->replicas_count) {
        print_findings(facts, page, arena);
        if (page->verbosity < 0)
            return;
        page_addf(page, "\n");
    }
    if (facts->replicas_count)
        print_answers(facts, facts->replicas_count, page, arena);
    if (page->verbosity < 0)
        return;
    print_process(facts, page, arena);
    print_upstreams(facts, page, arena);
    for (size_t i = 0; i < facts->replicas_count; i++)
        if (!facts->replicas[i].error)
            print_details(&facts->replicas[i], page, arena);
    for (size_t i = 0; i < facts->differences_count; i++)
        page_paragraph(page, i ? "* " : "\n* ", "%s", facts->differences[i]);
    print_gaps(facts, page);
}

void metrics_text_render_part(const void *data, struct page *page, struct arena *arena)
{
    const struct metrics_facts *facts = data;

    if (page->height) {
        print_answers(facts, page->height > 3 ? page->height - 3 : 1, page, arena);
        return;
    }
    for (size_t i = 0; i < facts->replicas_count; i++) {
        const struct metrics_replica_facts *r = &facts->replicas[i];

        if (r->error)
            page_addf(page, "%s: not seen: %s\n", r->source, r->error);
        else
            page_addf(page, "%s: %.1f requests/s, %.2f %% SERVFAIL, p99 %.1f ms, %.2f cores%s\n", r->source,
                      r->qps, r->servfail_ratio * 100, r->latency_ms.p99, r->cpu_cores,
                      r->odd_count ? " *" : "");
    }
}
