/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/dnstap/dnstap_facts.h>
#include <k8sdns/render/dnstap/dnstap_text.h>
#include <k8sdns/render/page/table.h>
#include <stdio.h>
#include <string.h>

/* Zones for a glance; -v brings all. */
#define ZONES 10
/* Letters that a ReplicaSet puts behind the last dash. */
#define POD_SUFFIX 5

static const char *const scenario_texts[] = {
    "local", "forwarded", "upstream silent", "server made", "stuck", "unfinished",
};

static const char *const scenario_meanings[] = {
    "answered from the cluster's records or the cache",
    "forwarded, and the upstream answered",
    "forwarded, and no upstream answered",
    "CoreDNS made the answer itself (SERVFAIL, REFUSED), which dnstap does not show: no loss",
    "no answer, and later frames say that there was none",
    "the stream ended too soon to tell",
};

static enum style scenario_style(int scenario)
{
    switch (scenario) {
    case DNSTAP_LOCAL:
    case DNSTAP_FORWARDED:
    case DNSTAP_UNFINISHED:
        return STYLE_PLAIN;
    case DNSTAP_SERVER_MADE:
        return STYLE_ODD;
    default:
        return STYLE_BAD;
    }
}

/* ---- one line a query ---- */

/* "12:00:00.000" of an RFC 3339 time. */
static const char *clock_part(const char *time)
{
    const char *t = strchr(time, 'T');

    return t ? t + 1 : time;
}

/* A Pod by its own part of the name; the summary has the whole. */
static const char *short_identity(const char *identity)
{
    const char *dash = strrchr(identity, '-');

    return dash && strlen(dash) == POD_SUFFIX + 1 ? dash + 1 : identity;
}

static void print_upstream(const struct dnstap_session_facts *s, struct printer *printer)
{
    char buf[DURATION_TEXT];

    if (!s->tries && !s->replies)
        return;
    if (!s->replies) {
        printer_addf(printer, ", no answer of %s in %" PRIu64 " %s",
                     s->upstream ? s->upstream : "the upstream", s->tries, s->tries == 1 ? "try" : "tries");
        return;
    }
    printer_addf(printer, ", by %s", s->upstream ? s->upstream : "an upstream");
    if (s->upstream_us != SHAPE_UNSET)
        printer_addf(printer, " in %s", duration_format_us(buf, sizeof(buf), s->upstream_us));
    if (s->tries > s->replies)
        printer_addf(printer, " (%" PRIu64 " of %" PRIu64 " tries unanswered)", s->tries - s->replies,
                     s->tries);
}

static void print_session(const struct dnstap_session_facts *s, struct printer *printer)
{
    char buf[DURATION_TEXT];

    printer_addf(printer, "%.12s  ", clock_part(s->time));
    printer_style(printer, scenario_style(s->scenario), scenario_texts[s->scenario]);
    printer_addf(printer, "%*s", (int)(16 - strlen(scenario_texts[s->scenario])), "");
    if (s->rcode)
        printer_style(printer,
                      strcmp(s->rcode, "NOERROR") == 0 || strcmp(s->rcode, "NXDOMAIN") == 0 ? STYLE_PLAIN
                                                                                            : STYLE_BAD,
                      s->rcode);
    printer_addf(printer, "%s%s %s  from %s", s->rcode ? " " : "", s->name ? s->name : "(no name)",
                 s->type ? s->type : "", s->client ? s->client : "an unknown client");
    if (s->client_us != SHAPE_UNSET)
        printer_addf(printer, " in %s", duration_format_us(buf, sizeof(buf), s->client_us));
    print_upstream(s, printer);
    printer_addf(printer, "  [%s]\n", printer->verbosity > 0 ? s->identity : short_identity(s->identity));
    if (printer->verbosity > 0 && s->remark)
        printer_addf(printer, "              (%s)\n", s->remark);
}

void dnstap_text_render_told(const void *data, struct printer *printer, struct arena *arena)
{
    const struct dnstap_told *told = data;

    (void)arena;
    for (size_t i = 0; i < told->count; i++)
        print_session(&told->sessions[i], printer);
    if (!told->count)
        printer_addf(printer, "\n");
}

/* ---- the summary ---- */

static void share_cell(struct table *table, uint64_t part, uint64_t all)
{
    table_cellf(table, STYLE_PLAIN, "%.1f %%", all ? 100.0 * (double)part / (double)all : 0.0);
}

static void time_cell(struct table *table, uint64_t us)
{
    char buf[DURATION_TEXT];

    table_cell(table, STYLE_PLAIN, us == SHAPE_UNSET ? "-" : duration_format_us(buf, sizeof(buf), us));
}

static void count_cell(struct table *table, enum style style, uint64_t count)
{
    table_cellf(table, count ? style : STYLE_PLAIN, "%" PRIu64, count);
}

static void print_scenarios(const struct dnstap_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "SCENARIO"},
        {.heading = "QUERIES", .right = true},
        {.heading = "SHARE", .right = true},
        {.heading = "MEANING", .elastic = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    uint64_t judged = dnstap_scenarios_judged(&facts->scenarios);

    for (int i = 0; i < DNSTAP_SCENARIOS; i++) {
        uint64_t count = facts->scenarios.by[i];

        if (i == DNSTAP_UNFINISHED && !count)
            continue;
        table_row(table);
        table_cell(table, count ? scenario_style(i) : STYLE_FAINT, scenario_texts[i]);
        count_cell(table, scenario_style(i), count);
        if (i == DNSTAP_UNFINISHED)
            table_cell(table, STYLE_PLAIN, "-");
        else
            share_cell(table, count, judged);
        table_cell(table, STYLE_FAINT, scenario_meanings[i]);
    }
    table_print(table, printer, 0);
}

static void print_rcodes(const struct dnstap_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "RCODE"},
        {.heading = "ANSWERS", .right = true},
        {.heading = "MEANING", .elastic = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    if (!facts->codes_count)
        return;
    printer_addf(printer, "\n");
    for (size_t i = 0; i < facts->codes_count; i++) {
        table_row(table);
        table_cell(table, STYLE_PLAIN, facts->codes[i].rcode);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, facts->codes[i].count);
        table_cell(table, STYLE_FAINT, facts->codes[i].meaning);
    }
    table_print(table, printer, 0);
}

static void latency_row(struct table *table, const char *what, const struct dnstap_latency_facts *latency)
{
    table_row(table);
    table_cell(table, STYLE_PLAIN, what);
    table_cellf(table, STYLE_PLAIN, "%" PRIu64, latency->count);
    time_cell(table, latency->p50_us);
    time_cell(table, latency->p90_us);
    time_cell(table, latency->p99_us);
    time_cell(table, latency->max_us);
}

static void print_latencies(const struct dnstap_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "LATENCY"},
        {.heading = "ANSWERS", .right = true},
        {.heading = "P50", .right = true},
        {.heading = "P90", .right = true},
        {.heading = "P99", .right = true},
        {.heading = "MAX", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    printer_addf(printer, "\n");
    latency_row(table, "client-side", &facts->client);
    latency_row(table, "upstream-side", &facts->upstream);
    table_print(table, printer, 0);
}

static void print_groups(const char *heading, const struct dnstap_group_facts *groups, size_t count,
                         struct printer *printer, struct arena *arena)
{
    const struct table_column columns[] = {
        {.heading = heading, .elastic = true}, {.heading = "QUERIES", .right = true},
        {.heading = "FAILED", .right = true},  {.heading = "SILENT", .right = true},
        {.heading = "OWN", .right = true},     {.heading = "STUCK", .right = true},
        {.heading = "P50", .right = true},     {.heading = "P99", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    if (!count)
        return;
    printer_addf(printer, "\n");
    for (size_t i = 0; i < count; i++) {
        const struct dnstap_group_facts *g = &groups[i];

        table_row(table);
        table_cellf(table, STYLE_PLAIN, "%s%s%s", g->name, g->version ? " " : "",
                    g->version ? g->version : "");
        count_cell(table, STYLE_PLAIN, g->queries);
        count_cell(table, STYLE_BAD, g->failed);
        count_cell(table, STYLE_BAD, g->scenarios.by[DNSTAP_UPSTREAM_SILENT]);
        count_cell(table, STYLE_ODD, g->scenarios.by[DNSTAP_SERVER_MADE]);
        count_cell(table, STYLE_BAD, g->scenarios.by[DNSTAP_STUCK]);
        time_cell(table, g->latency.p50_us);
        time_cell(table, g->latency.p99_us);
    }
    table_print(table, printer, 0);
}

static void print_upstreams(const struct dnstap_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "UPSTREAM"},
        {.heading = "QUERIES", .right = true},
        {.heading = "SILENT", .right = true},
        {.heading = "ERRORS", .right = true},
        {.heading = "P50", .right = true},
        {.heading = "P99", .right = true},
        {.heading = "MAX", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    if (!facts->upstreams_count)
        return;
    printer_addf(printer, "\n");
    for (size_t i = 0; i < facts->upstreams_count; i++) {
        const struct dnstap_upstream_facts *u = &facts->upstreams[i];

        table_row(table);
        table_cell(table, STYLE_PLAIN, u->address);
        count_cell(table, STYLE_PLAIN, u->queries);
        count_cell(table, STYLE_BAD, u->silent);
        count_cell(table, STYLE_BAD, u->failed);
        time_cell(table, u->latency.p50_us);
        time_cell(table, u->latency.p99_us);
        time_cell(table, u->latency.max_us);
    }
    table_print(table, printer, 0);
}

static void note(struct printer *printer, uint64_t count, const char *text)
{
    if (count)
        printer_paragraph(printer, "* ", "%" PRIu64 " %s", count, text);
}

static void print_notes(const struct dnstap_facts *f, struct printer *printer)
{
    printer_addf(printer, "\n");
    note(printer, f->nameless,
         "frames have no DNS message, so there are no names and no response codes; queries were paired by "
         "address and time. For messages write full in the Corefile: dnstap ADDRESS full");
    if (!f->client.count && f->messages.client_response)
        printer_paragraph(
            printer, "* ",
            "answers do not tell the time of their query (CoreDNS before 1.9), so latencies are "
            "not known");
    note(printer, f->unsure,
         "of those server-made show nothing that tells them from stuck; CoreDNS's log has a line for each "
         "that was answered (the errors and log plugins)");
    note(printer, f->dropped,
         "queries were pushed out of the full table before it was known what became of them; --table "
         "makes it larger");
    note(printer, f->guessed,
         "forwarded queries were given to a client's by time alone, while others were open");
    note(printer, f->lone_responses,
         "answers came without their query: from before the start, or CoreDNS dropped frames (its log: "
         "Dropped dnstap messages)");
    note(printer, f->lone_forwards,
         "were forwarded without a client's query: the cache's prefetch, or from before the start");
    note(printer, f->messages.other, "frames are of types that CoreDNS does not send");
    note(printer, f->messages.malformed, "frames are no dnstap");
    note(printer, f->damaged, "DNS messages cannot be read");
    note(printer, f->slow, "answers are slow (--slow)");
    note(printer, f->untold, "queries are of zones or upstreams beyond those listed");
    note(printer, f->streams.refused, "senders were refused");
    note(printer, f->streams.broken, "streams broke off");
    note(printer, f->streams.damages, "places of streams were damaged, and skipped");
    note(printer, f->streams.reconnects, "times it was connected again");
    for (size_t i = 0; i < f->streams.remarks_count; i++)
        printer_paragraph(printer, "* ", "%s", f->streams.remarks[i]);
    printer_paragraph(printer, "* ",
                      "frames: %" PRIu64 " CLIENT_QUERY, %" PRIu64 " CLIENT_RESPONSE, %" PRIu64
                      " FORWARDER_QUERY, %" PRIu64 " FORWARDER_RESPONSE, from %" PRIu64 " %s",
                      f->messages.client_query, f->messages.client_response, f->messages.forwarder_query,
                      f->messages.forwarder_response, f->streams.accepted,
                      f->streams.accepted == 1 ? "stream" : "streams");
}

void dnstap_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct dnstap_facts *facts = data;
    uint64_t judged = dnstap_scenarios_judged(&facts->scenarios);
    char span[DURATION_TEXT], text[160];

    duration_format_us(span, sizeof(span), number_whole(facts->span_ms * 1000));
    if (judged)
        snprintf(text, sizeof(text), "%" PRIu64 " of %" PRIu64 " client queries failed (%.1f %%)",
                 facts->failed, judged, 100.0 * (double)facts->failed / (double)judged);
    else
        snprintf(text, sizeof(text), "no client query was seen");
    printer_style(printer, !judged ? STYLE_ODD : facts->failed ? STYLE_BAD : STYLE_GOOD, text);
    if (judged)
        printer_addf(printer, " in %s", span);
    printer_addf(printer, "\n");
    if (printer->verbosity < 0)
        return;
    if (judged) {
        printer_addf(printer, "\n");
        print_scenarios(facts, printer, arena);
        print_rcodes(facts, printer, arena);
        print_latencies(facts, printer, arena);
        print_groups("REPLICA", facts->replicas, facts->replicas_count, printer, arena);
        print_upstreams(facts, printer, arena);
        print_groups("ZONE", facts->zones,
                     facts->zones_count > ZONES && printer->verbosity < 1 ? ZONES : facts->zones_count,
                     printer, arena);
    }
    print_notes(facts, printer);
}
