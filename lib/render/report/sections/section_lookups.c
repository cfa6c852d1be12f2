/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lookup as each resolver makes it, query by query, on one axis of time. */
#include "../svg.h"
#include "section.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <string.h>

enum {
    ROWS_SHOWN = 24,
    NAMES_DRAWN = 2, /* the rest stands in the table of the first screen */
};

static double slowest_of(const struct lookups_facts *lookups, const char *name)
{
    double most = 0;

    for (size_t i = 0; i < lookups->lookups_count; i++)
        if (strcmp(lookups->lookups[i].name, name) == 0 && lookups->lookups[i].total_ms > most)
            most = lookups->lookups[i].total_ms;
    return most;
}

static bool fails(const struct lookups_facts *lookups, const char *name)
{
    for (size_t i = 0; i < lookups->lookups_count; i++)
        if (strcmp(lookups->lookups[i].name, name) == 0 && lookups->lookups[i].result != LOOKUP_OK)
            return true;
    return false;
}

/* The names that hurt most: those that fail before those that are slow. */
static size_t choose(const struct lookups_facts *lookups, const char *names[NAMES_DRAWN])
{
    size_t count = 0;

    while (count < NAMES_DRAWN) {
        const char *worst = NULL;

        for (size_t i = 0; i < lookups->lookups_count; i++) {
            const char *name = lookups->lookups[i].name;
            bool taken = false;

            for (size_t k = 0; k < count; k++)
                taken = taken || strcmp(names[k], name) == 0;
            if (!taken && (!worst || fails(lookups, name) > fails(lookups, worst) ||
                           (fails(lookups, name) == fails(lookups, worst) &&
                            slowest_of(lookups, name) > slowest_of(lookups, worst))))
                worst = name;
        }
        if (!worst)
            break;
        names[count++] = worst;
    }
    return count;
}

static double end_of(const struct lookup_query_facts *q, const struct lookup_facts *lookup)
{
    return isnan(q->rtt_ms) ? lookup->total_ms : q->at_ms + q->rtt_ms;
}

/* Silence lasts until the next attempt that the resolver makes, or until it gives up. */
static double silence_end(const struct lookup_facts *lookup, size_t at)
{
    for (size_t i = at + 1; i < lookup->queries_count; i++)
        if (lookup->queries[i].at_ms > lookup->queries[at].at_ms + 1)
            return lookup->queries[i].at_ms;
    return lookup->total_ms;
}

static void print_bar(const struct page *page, const struct lookup_facts *lookup, size_t at, double axis_ms)
{
    const struct lookup_query_facts *q = &lookup->queries[at];
    bool silent = isnan(q->rtt_ms), good = probe_status_is_good(q->status);
    double from = axis_ms > 0 ? 100 * q->at_ms / axis_ms : 0;
    double until = axis_ms > 0 ? 100 * (silent ? silence_end(lookup, at) : end_of(q, lookup)) / axis_ms : 0;
    struct html *h = page->html;

    svg_begin(h, "x", 14, "When the query was sent and answered",
              arena_printf(page->arena, "from %.1f ms to %.1f ms of %.1f ms", q->at_ms,
                           silent ? silence_end(lookup, at) : end_of(q, lookup), axis_ms));
    svg_line(h, "s-axis", 0, 13, 100, 13);
    svg_rect(h, good ? "s-bar" : "s-fail", from, 2, until - from > 0.6 ? until - from : 0.6, 10);
    svg_end(h);
}

/* The next query is the same one for the other type, sent with it and with the same outcome: they share a
 * row. */
static bool pairs(const struct lookup_facts *lookup, size_t at)
{
    const struct lookup_query_facts *a = &lookup->queries[at], *b = a + 1;

    return at + 1 < lookup->queries_count && strcmp(a->name, b->name) == 0 && strcmp(a->type, b->type) != 0 &&
           strcmp(a->server, b->server) == 0 && a->status == b->status && a->transport == b->transport &&
           fabs(a->at_ms - b->at_ms) < 1;
}

/* The one of a row that took longer, whose time and bar are shown. */
static size_t slower(const struct lookup_facts *lookup, size_t at)
{
    return pairs(lookup, at) && lookup->queries[at + 1].rtt_ms > lookup->queries[at].rtt_ms ? at + 1 : at;
}

static void print_query(const struct page *page, const struct lookup_facts *lookup, size_t at, double axis_ms)
{
    const struct lookup_query_facts *q = &lookup->queries[slower(lookup, at)];
    bool good = probe_status_is_good(q->status);
    char sent[DURATION_TEXT], took[DURATION_TEXT];
    struct html *h = page->html;

    html(h, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
    html_name(h, q->name);
    html(h, "</th>");
    page_cell(page, "", "Type",
              pairs(lookup, at) ? arena_printf(page->arena, "%s, %s", lookup->queries[at].type,
                                               lookup->queries[at + 1].type)
                                : q->type);
    page_cell(page, "", "Server", q->server);
    page_cell(page, "", "Sent at", duration_format_us(sent, sizeof(sent), number_whole(q->at_ms * 1000)));
    page_cell(page, good ? "" : "odd", "Result",
              isnan(q->rtt_ms)
                  ? arena_printf(page->arena, "\xe2\x9c\x95 %s", probe_status_names[q->status])
                  : arena_printf(page->arena, "%s%s, %s", good ? "" : "\xe2\x9c\x95 ",
                                 probe_status_names[q->status],
                                 duration_format_us(took, sizeof(took), number_whole(q->rtt_ms * 1000))));
    html(h, "<td role=\"cell\" class=\"bars\" data-head=\"Time\">");
    print_bar(page, lookup, slower(lookup, at), axis_ms);
    html(h, "</td></tr>");
}

static void print_lookup(const struct page *page, const struct lookup_facts *lookup, double axis_ms)
{
    bool good = lookup->result == LOOKUP_OK, slow = good && lookup->total_ms >= 1000;
    struct html *h = page->html;
    char took[DURATION_TEXT], axis[DURATION_TEXT];
    size_t rows = 0, row = 0;

    html(h, "<h4><span class=\"");
    html_class(h, good ? slow ? "warn" : "ok" : "bad");
    html(h, "\">");
    svg_sign(h, good ? slow ? "warn" : "ok" : "bad");
    html(h, " <b>");
    html_text(h, lookup->resolver == RESOLVER_GO ? "Go" : resolver_all_names[lookup->resolver]);
    html(h, "</b>: ");
    duration_format_us(took, sizeof(took), number_whole(lookup->total_ms * 1000));
    html_textf(h, "%s after %s", good ? "found" : "fails", took);
    if (lookup->error)
        html_textf(h, ", \"%s\"", lookup->error);
    html(h, "</span></h4>");
    if (!lookup->queries_count) {
        html(h, "<p class=\"soft\">No query is sent");
        if (lookup->note)
            html_textf(h, ": %s", lookup->note);
        html(h, ".</p>");
        return;
    }
    html(h, "<table role=\"table\" class=\"table blocks falls\"><caption>");
    html_textf(h, "%s; the axis is 0 to %s",
               page_count(page->arena, lookup->queries_count, "query", "queries"),
               duration_format_us(axis, sizeof(axis), number_whole(axis_ms * 1000)));
    html(
        h,
        "</caption><thead><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Query</th><th role=\"columnheader\" "
        "scope=\"col\">Type</th><th role=\"columnheader\" scope=\"col\">Server</th><th role=\"columnheader\" "
        "scope=\"col\">Sent at</th><th role=\"columnheader\" scope=\"col\">Result</th><th role=\"columnheader\" "
        "scope=\"col\" class=\"bars\">Time</th></tr></thead><tbody>");
    for (size_t i = 0; i < lookup->queries_count; i += pairs(lookup, i) ? 2 : 1)
        rows++;
    for (size_t i = 0; i < lookup->queries_count; i += pairs(lookup, i) ? 2 : 1, row++) {
        bool cut = rows > ROWS_SHOWN;

        if (cut && row == ROWS_SHOWN / 2) {
            html(h, "<tr role=\"row\"><td role=\"cell\" colspan=\"6\" data-head=\"\">");
            html_textf(h, "%zu rows more", rows - ROWS_SHOWN);
            html(h, "</td></tr>");
        }
        if (!cut || row < ROWS_SHOWN / 2 || row >= rows - ROWS_SHOWN / 2)
            print_query(page, lookup, i, axis_ms);
    }
    html(h, "</tbody></table>");
}

void section_lookups(const struct page *page)
{
    const struct lookups_facts *lookups = page->report->lookups;
    const char *names[NAMES_DRAWN];
    size_t count = choose(lookups, names);
    struct html *h = page->html;

    section_begin(page, "lookups", "One lookup, query by query");
    if (!count) {
        page_gap(page, "lookups of glibc, musl and Go", "there are no answers to replay them on",
                 "k8sdns lookup NAME --as glibc,musl,go");
        section_end(page);
        return;
    }
    html(
        h,
        "<p class=\"lead\">The same lookup by three resolvers, replayed on these answers: a query that got no "
        "answer waits for the resolver's timeout.</p>");
    for (size_t i = 0; i < lookups->disagreements_count && i < 6; i++) {
        html(h, "<p>");
        html_text(h, lookups->disagreements[i].text);
        html(h, "</p>");
    }
    for (size_t n = 0; n < count && !page_is_full(page); n++) {
        html(h, "<h3>");
        html_name(h, names[n]);
        html(h, "</h3>");
        if (n)
            html(h, "<details><summary>Query by query</summary>");
        for (size_t i = 0; i < lookups->lookups_count && !page_is_full(page); i++)
            if (strcmp(lookups->lookups[i].name, names[n]) == 0)
                print_lookup(page, &lookups->lookups[i], slowest_of(lookups, names[n]));
        if (n)
            html(h, "</details>");
    }
    section_end(page);
}
