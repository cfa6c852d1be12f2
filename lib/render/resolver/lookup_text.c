/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/lookup_facts.h>
#include <k8sdns/render/lookup_text.h>
#include <k8sdns/render/table.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of the time axis, and the bytes that they may take. */
#define AXIS      16
#define AXIS_TEXT (3 * AXIS + 1)

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
static const char *bar(const struct lookup_facts *lookup, const struct lookup_query_facts *query, bool utf8,
                       char out[AXIS_TEXT])
{
    bool answered = !isnan(query->rtt_ms);
    size_t from = column_of(lookup, query->at_ms);
    size_t to = answered ? column_of(lookup, query->at_ms + query->rtt_ms) : AXIS - 1;
    const char *cell = answered ? (utf8 ? "\u2588" : "=") : (utf8 ? "\u00b7" : ".");

    out[0] = '\0';
    for (size_t i = 0; i < AXIS; i++)
        strcat(out, i < from || i > to ? " " : cell);
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
        char at[DURATION_TEXT], took[DURATION_TEXT] = "-", axis[AXIS_TEXT], word[48];

        if (strcmp(name, query->name) != 0)
            table_group(table, query->name);
        name = query->name;
        format_ms(at, sizeof(at), query->at_ms);
        if (!isnan(query->rtt_ms))
            format_ms(took, sizeof(took), query->rtt_ms);
        table_row(table);
        table_cell(table, PAINT_FAINT, at);
        table_cell(table, outcome_paint(query), bar(lookup, query, page->utf8, axis));
        table_cell(table, PAINT_PLAIN, query->server);
        table_cell(table, PAINT_PLAIN, query->type);
        table_cell(table, outcome_paint(query), outcome_word(query, word, sizeof(word)));
        table_cell(table, PAINT_PLAIN, took);
    }
    table_print(table, page, 2);
}

/* What came of all queries for one name, and how long it took: "nxdomain 1.2 ms", "answer/timeout 5.00 s". */
static void candidate_cell(struct table *table, const struct lookup_facts *lookup, const char *name)
{
    char words[96] = "", took[DURATION_TEXT];
    double begin = (double)NAN, end = 0;
    uint64_t seen = 0;
    bool good = true;

    for (size_t i = 0; i < lookup->queries_count; i++) {
        const struct lookup_query_facts *query = &lookup->queries[i];
        double until = isnan(query->rtt_ms) ? lookup->total_ms : query->at_ms + query->rtt_ms;

        if (strcmp(query->name, name) != 0)
            continue;
        if (isnan(query->rtt_ms))
            for (size_t k = i + 1; k < lookup->queries_count; k++)
                if (strcmp(lookup->queries[k].name, name) != 0) {
                    until = lookup->queries[k].at_ms; /* it was given up by then */
                    break;
                }
        begin = isnan(begin) ? query->at_ms : begin;
        end = until > end ? until : end;
        good = good && probe_status_is_good(query->status);
        if (!(seen & UINT64_C(1) << query->status)) {
            size_t len = strlen(words);

            snprintf(words + len, sizeof(words) - len, "%s%s", len ? "/" : "",
                     probe_status_words[query->status]);
        }
        seen |= UINT64_C(1) << query->status;
    }
    if (isnan(begin)) {
        table_cell(table, PAINT_FAINT, "-");
        return;
    }
    format_ms(took, sizeof(took), end - begin);
    table_cellf(table, good ? PAINT_PLAIN : PAINT_BAD, "%s %s", words, took);
}

/* The first query for this name over all resolvers: so each name gets one row. */
static bool is_first(const struct lookup_facts *lookups, size_t l, size_t q)
{
    const char *name = lookups[l].queries[q].name;

    for (size_t i = 0; i <= l; i++)
        for (size_t k = 0; k < (i < l ? lookups[i].queries_count : q); k++)
            if (strcmp(lookups[i].queries[k].name, name) == 0)
                return false;
    return true;
}

/* One name by several resolvers: a column each, a row for each name asked for. */
static void print_side_by_side(const struct lookup_facts *lookups, size_t count, struct page *page,
                               struct arena *arena)
{
    static const struct table_column columns[1 + RESOLVERS] = {
        {0}, {.elastic = true}, {.elastic = true}, {.elastic = true}};
    struct table *table = table_new(arena, columns, 1 + count);
    char total[DURATION_TEXT];

    table_row(table);
    table_cell(table, PAINT_STRONG, "resolver");
    for (size_t i = 0; i < count; i++)
        table_cell(table, PAINT_STRONG, resolver_words[lookups[i].resolver]);
    table_row(table);
    table_cell(table, PAINT_PLAIN, "result");
    for (size_t i = 0; i < count; i++)
        table_cell(table, lookups[i].result == LOOKUP_OK ? PAINT_GOOD : PAINT_BAD,
                   lookups[i].result == LOOKUP_OK ? "ok" : "fails");
    table_row(table);
    table_cell(table, PAINT_PLAIN, "total");
    for (size_t i = 0; i < count; i++) {
        format_ms(total, sizeof(total), lookups[i].total_ms);
        table_cell(table, PAINT_PLAIN, total);
    }
    table_row(table);
    table_cell(table, PAINT_PLAIN, "queries");
    for (size_t i = 0; i < count; i++)
        if (lookups[i].wasted)
            table_cellf(table, PAINT_PLAIN, "%zu, %" PRIu64 " wasted", lookups[i].queries_count,
                        lookups[i].wasted);
        else
            table_cellf(table, PAINT_PLAIN, "%zu", lookups[i].queries_count);
    for (size_t l = 0; l < count; l++)
        for (size_t q = 0; q < lookups[l].queries_count; q++) {
            if (!is_first(lookups, l, q))
                continue;
            table_group(table, lookups[l].queries[q].name);
            table_row(table);
            table_cell(table, PAINT_PLAIN, "");
            for (size_t i = 0; i < count; i++)
                candidate_cell(table, &lookups[i], lookups[l].queries[q].name);
        }
    page_paint(page, PAINT_STRONG, lookups[0].name);
    page_addf(page, "\n");
    table_print(table, page, 2);
    /* Where they differ, the sentence at the end gives each one's. */
    for (size_t i = 0; i < count; i++)
        if (lookups[i].result == LOOKUP_OK) {
            page_addf(page, "  found   ");
            for (size_t k = 0; k < lookups[i].addresses_count; k++)
                page_addf(page, "  %s", lookups[i].addresses[k]);
            page_addf(page, "\n");
            break;
        }
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

static void print_one(const struct lookup_facts *lookup, struct page *page, struct arena *arena)
{
    print_head(lookup, page);
    if (page->verbosity < 0 || !lookup->queries_count)
        return;
    page_addf(page, "\n");
    print_waterfall(lookup, page, arena);
    page_addf(page, "\n");
    print_advice(lookup, page);
}

void lookup_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct lookups_facts *facts = data;

    for (size_t i = 0, end; i < facts->lookups_count; i = end) {
        const char *name = facts->lookups[i].name;

        if (i && page->verbosity >= 0)
            page_addf(page, "\n");
        for (end = i + 1; end < facts->lookups_count && facts->lookups[end].name == name;)
            end++;
        if (end - i > 1 && page->verbosity >= 0)
            print_side_by_side(&facts->lookups[i], end - i, page, arena);
        /* Each on its own where there is but one, where little is wanted, and where all is. */
        for (size_t k = i; k < end && (end - i == 1 || page->verbosity != 0); k++) {
            if (end - i > 1 && page->verbosity > 0)
                page_addf(page, "\n");
            print_one(&facts->lookups[k], page, arena);
        }
    }
    if (facts->disagreements_count && page->verbosity >= 0)
        page_addf(page, "\n");
    for (size_t i = 0; i < facts->disagreements_count; i++)
        page_paragraph(page, "* ", "they disagree on %s: %s", facts->disagreements[i].name,
                       facts->disagreements[i].text);
}
