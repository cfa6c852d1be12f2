/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/lookup_facts.h>
#include <k8sdns/render/lookup_text.h>
#include <k8sdns/render/table.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of the time axis. */
#define AXIS 16

static void format_ms(char *buf, size_t size, double ms)
{
    duration_format_us(buf, size, ms > 0 ? (uint64_t)(ms * 1000) : 0);
}

static size_t column_of(const struct lookup_facts *lookup, double ms)
{
    double place = lookup->total_ms > 0 ? ms / lookup->total_ms * AXIS : 0;

    return place >= AXIS ? AXIS - 1 : (size_t)place;
}

/* "   ====   ": from the send to the reply; dots to the end when none came. */
static const char *bar(const struct lookup_facts *lookup, const struct lookup_query_facts *query, char *out)
{
    bool answered = !isnan(query->rtt_ms);
    size_t from = column_of(lookup, query->at_ms);
    size_t to = answered ? column_of(lookup, query->at_ms + query->rtt_ms) : AXIS - 1;

    memset(out, ' ', AXIS);
    for (size_t i = from; i <= to; i++)
        out[i] = answered ? '=' : '.';
    out[AXIS] = '\0';
    return out;
}

static enum paint outcome_paint(const struct lookup_query_facts *query)
{
    if (query->status == PROBE_ANSWER)
        return PAINT_GOOD;
    return isnan(query->rtt_ms) ? PAINT_BAD : probe_status_is_good(query->status) ? PAINT_PLAIN : PAINT_ODD;
}

static const char *outcome_word(const struct lookup_query_facts *query, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s", probe_status_words[query->status],
             query->transport == TRANSPORT_TCP ? "/tcp" : "", query->wasted ? " -" : "");
    return out;
}

static void print_waterfall(const struct lookup_facts *lookup, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "AT", .right = true},
        {.heading = "               "},
        {.heading = "SERVER"},
        {.heading = "TYPE"},
        {.heading = "OUTCOME"},
        {.heading = "TOOK", .right = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    const char *name = "";

    for (size_t i = 0; i < lookup->queries_count; i++) {
        const struct lookup_query_facts *query = &lookup->queries[i];
        char at[DURATION_TEXT], took[DURATION_TEXT] = "-", axis[AXIS + 1], word[48];

        if (strcmp(name, query->name) != 0)
            table_group(table, query->name);
        name = query->name;
        format_ms(at, sizeof(at), query->at_ms);
        if (!isnan(query->rtt_ms))
            format_ms(took, sizeof(took), query->rtt_ms);
        table_row(table);
        table_cell(table, PAINT_FAINT, at);
        table_cell(table, outcome_paint(query), bar(lookup, query, axis));
        table_cell(table, PAINT_PLAIN, query->server);
        table_cell(table, PAINT_PLAIN, query->type);
        table_cell(table, outcome_paint(query), outcome_word(query, word, sizeof(word)));
        table_cell(table, PAINT_PLAIN, took);
    }
    table_print(table, page, 2);
}

static void print_head(const struct lookup_facts *lookup, struct page *page)
{
    char total[DURATION_TEXT];

    format_ms(total, sizeof(total), lookup->total_ms);
    page_paint(page, lookup->result == LOOKUP_OK ? PAINT_GOOD : PAINT_BAD,
               lookup->result == LOOKUP_OK ? "ok" : "fails");
    page_addf(page, ": %s as %s looks it up, %zu %s, in %s\n", lookup->name, resolver_words[lookup->resolver],
              lookup->queries_count, lookup->queries_count == 1 ? "query" : "queries", total);
    for (size_t i = 0; i < lookup->addresses_count; i++)
        page_addf(page, "  %s\n", lookup->addresses[i]);
    if (lookup->result == LOOKUP_FAIL && lookup->error)
        page_paragraph(page, "  ", "error: %s", lookup->error);
    if (lookup->note)
        page_paragraph(page, "  ", "note: %s", lookup->note);
}

/* What would have cut it short. */
static void print_advice(const struct lookup_facts *lookup, struct page *page)
{
    size_t silent = 0;
    char ndots[64] = "";

    for (size_t i = 0; i < lookup->queries_count; i++)
        silent += isnan(lookup->queries[i].rtt_ms);
    if (lookup->wise_ndots != SHAPE_UNSET)
        snprintf(ndots, sizeof(ndots), " or, in dnsConfig, options ndots:%" PRIu64, lookup->wise_ndots);
    if (lookup->wasted)
        page_paragraph(page, "  ",
                       "%" PRIu64
                       " of %zu queries (marked -) were for other names of the search list; a trailing dot "
                       "(%s.)%s would save them where the name is meant as it is",
                       lookup->wasted, lookup->queries_count, lookup->name, ndots);
    if (silent)
        page_paragraph(
            page, "  ", "%zu of %zu queries were never answered, and waited for%s", silent,
            lookup->queries_count,
            lookup->result == LOOKUP_OK && lookup->resolver == RESOLVER_GLIBC
                ? "; if one of A and AAAA is lost now and then, options single-request-reopen avoids the "
                  "race for one source port"
                : "");
}

void lookup_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct lookups_facts *facts = data;

    for (size_t i = 0; i < facts->lookups_count; i++) {
        const struct lookup_facts *lookup = &facts->lookups[i];

        if (i && page->verbosity >= 0)
            page_addf(page, "\n");
        print_head(lookup, page);
        if (page->verbosity < 0 || !lookup->queries_count)
            continue;
        page_addf(page, "\n");
        print_waterfall(lookup, page, arena);
        page_addf(page, "\n");
        print_advice(lookup, page);
    }
    if (facts->disagreements_count && page->verbosity >= 0)
        page_addf(page, "\n");
    for (size_t i = 0; i < facts->disagreements_count; i++)
        page_paragraph(page, "* ", "they disagree on %s: %s", facts->disagreements[i].name,
                       facts->disagreements[i].text);
}
