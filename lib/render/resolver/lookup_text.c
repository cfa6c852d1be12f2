/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/model/resolver/lookup_facts.h>
#include <k8sdns/render/page/first_screen.h>
#include <k8sdns/render/page/status_line.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/resolver/lookup_text.h>
#include <k8sdns/render/resolver/name_view_text.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of the time axis, and the bytes that they may take. */
#define AXIS      16
#define AXIS_TEXT (3 * AXIS + 1)

/* Of the first screen. */
enum {
    WATERFALL_LINES = 12,
    NAMES_SHOWN = 3,
};

static void format_ms(char *buf, size_t size, double ms)
{
    duration_format_us(buf, size, number_whole(ms * 1000));
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

/* No resolver waits shorter for an answer. */
#define WAITED_MS 1000

/* It found the name without waiting for this query: as glibc, which turns to TCP with both of two queries
 * once the answer to one is truncated. */
static bool is_abandoned(const struct lookup_facts *lookup, const struct lookup_query_facts *query)
{
    return lookup->result == LOOKUP_OK && query->status == PROBE_TIMEOUT && isnan(query->rtt_ms) &&
           lookup->total_ms - query->at_ms < WAITED_MS;
}

static enum style outcome_style(const struct lookup_facts *lookup, const struct lookup_query_facts *query)
{
    if (is_abandoned(lookup, query))
        return STYLE_FAINT;
    if (query->status == PROBE_ANSWER)
        return STYLE_GOOD;
    return isnan(query->rtt_ms) ? STYLE_BAD : probe_status_is_good(query->status) ? STYLE_PLAIN : STYLE_ODD;
}

static const char *outcome_word(const struct lookup_facts *lookup, const struct lookup_query_facts *query,
                                char *out, size_t size)
{
    snprintf(out, size, "%s%s%s",
             is_abandoned(lookup, query) ? "abandoned" : probe_status_names[query->status],
             query->transport == TRANSPORT_TCP ? "/tcp" : "", query->wasted ? " -" : "");
    return out;
}

static void print_waterfall(const struct lookup_facts *lookup, size_t most, struct printer *printer,
                            struct arena *arena)
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
    size_t lines = 0, i;

    /* Each row, and the name above the first for it, is a line. */
    for (i = 0; i < lookup->queries_count; i++) {
        const struct lookup_query_facts *query = &lookup->queries[i];
        char at[DURATION_TEXT], took[DURATION_TEXT] = "-", axis[AXIS_TEXT], word[48];

        lines += strcmp(name, query->name) != 0 ? 2 : 1;
        if (lines > most)
            break;
        if (strcmp(name, query->name) != 0)
            table_group(table, query->name);
        name = query->name;
        format_ms(at, sizeof(at), query->at_ms);
        if (!isnan(query->rtt_ms))
            format_ms(took, sizeof(took), query->rtt_ms);
        table_row(table);
        table_cell(table, STYLE_FAINT, at);
        table_cell(table, outcome_style(lookup, query), bar(lookup, query, printer->utf8, axis));
        table_cell(table, STYLE_PLAIN, query->server);
        table_cell(table, STYLE_PLAIN, query->type);
        table_cell(table, outcome_style(lookup, query), outcome_word(lookup, query, word, sizeof(word)));
        table_cell(table, STYLE_PLAIN, took);
    }
    table_print(table, printer, 2);
    if (i < lookup->queries_count)
        printer_addf(printer, "  and %zu more queries: -v\n", lookup->queries_count - i);
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

        if (strcmp(query->name, name) != 0 || is_abandoned(lookup, query))
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
                     probe_status_names[query->status]);
        }
        seen |= UINT64_C(1) << query->status;
    }
    if (isnan(begin)) {
        table_cell(table, STYLE_FAINT, "-");
        return;
    }
    format_ms(took, sizeof(took), end - begin);
    table_cellf(table, good ? STYLE_PLAIN : STYLE_BAD, "%s %s", words, took);
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
static void print_side_by_side(const struct lookup_facts *lookups, size_t count, struct printer *printer,
                               struct arena *arena)
{
    static const struct table_column columns[1 + RESOLVERS] = {
        {0}, {.elastic = true}, {.elastic = true}, {.elastic = true}};
    struct table *table = table_new(arena, columns, 1 + count);
    char total[DURATION_TEXT];

    table_row(table);
    table_cell(table, STYLE_STRONG, "resolver");
    for (size_t i = 0; i < count; i++)
        table_cell(table, STYLE_STRONG, resolver_all_names[lookups[i].resolver]);
    table_row(table);
    table_cell(table, STYLE_PLAIN, "result");
    for (size_t i = 0; i < count; i++)
        table_cell(table, lookups[i].result == LOOKUP_OK ? STYLE_GOOD : STYLE_BAD,
                   lookups[i].result == LOOKUP_OK ? "ok" : "fails");
    table_row(table);
    table_cell(table, STYLE_PLAIN, "total");
    for (size_t i = 0; i < count; i++) {
        format_ms(total, sizeof(total), lookups[i].total_ms);
        table_cell(table, STYLE_PLAIN, total);
    }
    table_row(table);
    table_cell(table, STYLE_PLAIN, "queries");
    for (size_t i = 0; i < count; i++)
        if (lookups[i].wasted)
            table_cellf(table, STYLE_PLAIN, "%zu, %" PRIu64 " wasted", lookups[i].queries_count,
                        lookups[i].wasted);
        else
            table_cellf(table, STYLE_PLAIN, "%zu", lookups[i].queries_count);
    for (size_t l = 0; l < count; l++)
        for (size_t q = 0; q < lookups[l].queries_count; q++) {
            if (!is_first(lookups, l, q))
                continue;
            table_group(table, lookups[l].queries[q].name);
            table_row(table);
            table_cell(table, STYLE_PLAIN, "");
            for (size_t i = 0; i < count; i++)
                candidate_cell(table, &lookups[i], lookups[l].queries[q].name);
        }
    printer_style(printer, STYLE_STRONG, lookups[0].name);
    printer_addf(printer, "\n");
    table_print(table, printer, 2);
    /* Where they differ, the sentence at the end gives each one's. */
    for (size_t i = 0; i < count; i++)
        if (lookups[i].result == LOOKUP_OK) {
            printer_addf(printer, "  found   ");
            for (size_t k = 0; k < lookups[i].addresses_count; k++)
                printer_addf(printer, "  %s", lookups[i].addresses[k]);
            printer_addf(printer, "\n");
            break;
        }
}

/* "DEGRADED: www.example.com does not exist: ...": what the program sees, and how long it waits. */
static void print_status(const struct lookup_facts *lookup, struct printer *printer)
{
    char total[DURATION_TEXT];

    format_ms(total, sizeof(total), lookup->total_ms);
    if (lookup->result == LOOKUP_OK)
        status_line(printer, lookups_health(lookup, 1), "%s found in %s", lookup->name, total);
    else
        status_line(printer, lookups_health(lookup, 1), "%s fails after %s: %s", lookup->name, total,
                    lookup->error ? lookup->error : "no address");
}

static void print_head(const struct lookup_facts *lookup, struct printer *printer)
{
    print_status(lookup, printer);
    for (size_t i = 0; i < lookup->addresses_count; i++)
        printer_addf(printer, "  %s\n", lookup->addresses[i]);
    if (printer->verbosity < 0)
        return;
    printer_paragraph(printer, "  ", "as %s looks it up: %zu %s%s%s", resolver_all_names[lookup->resolver],
                      lookup->queries_count, lookup->queries_count == 1 ? "query" : "queries",
                      lookup->error_code ? "; " : "", lookup->error_code ? lookup->error_code : "");
    if (lookup->note)
        printer_paragraph(printer, "  ", "note: %s", lookup->note);
    if (lookup->left_open && lookup->resolver >= RESOLVERS)
        printer_paragraph(printer, "  ", "left to chance: %s", lookup->left_open);
}

/* Sent about then are the two types of one attempt; the next comes after a timeout of a second or more. */
#define ATTEMPT_MS 900

/* Of one attempt for a name one type was answered, and the other was not. */
static bool loses_one_type(const struct lookup_facts *lookup)
{
    for (size_t i = 0; i < lookup->queries_count; i++)
        for (size_t k = 0; k < lookup->queries_count; k++) {
            const struct lookup_query_facts *lost = &lookup->queries[i], *other = &lookup->queries[k];

            if (isnan(lost->rtt_ms) && !is_abandoned(lookup, lost) && !isnan(other->rtt_ms) &&
                strcmp(lost->name, other->name) == 0 && strcmp(lost->type, other->type) != 0 &&
                fabs(lost->at_ms - other->at_ms) < ATTEMPT_MS)
                return true;
        }
    return false;
}

/* What came of queries that got no answer of use, besides those that timed out: "4 of 4 queries failed:
 * servfail". */
static void print_failures(const struct lookup_facts *lookup, struct printer *printer)
{
    for (int status = 0; probe_status_names[status]; status++) {
        size_t count = 0;

        for (size_t i = 0; i < lookup->queries_count; i++)
            count += lookup->queries[i].status == status && !isnan(lookup->queries[i].rtt_ms);
        if (count && !probe_status_is_good(status))
            printer_paragraph(printer, "  ", "%zu of %zu queries failed: %s", count, lookup->queries_count,
                              probe_status_names[status]);
    }
}

/* What would have cut it short. */
static void print_advice(const struct lookup_facts *lookup, struct printer *printer)
{
    size_t silent = 0;
    char ndots[64] = "";

    for (size_t i = 0; i < lookup->queries_count; i++)
        silent += isnan(lookup->queries[i].rtt_ms) && !is_abandoned(lookup, &lookup->queries[i]);
    if (lookup->wise_ndots != SHAPE_UNSET)
        snprintf(ndots, sizeof(ndots), " or, in dnsConfig, options ndots:%" PRIu64, lookup->wise_ndots);
    if (lookup->wasted)
        printer_paragraph(
            printer, "  ",
            "%" PRIu64 " of %zu queries (marked -) were for other names of the search list; a trailing dot "
            "(%s.)%s would save them where the name is meant as it is",
            lookup->wasted, lookup->queries_count, lookup->name, ndots);
    if (silent)
        printer_paragraph(
            printer, "  ", "%zu of %zu queries timed out%s", silent, lookup->queries_count,
            lookup->resolver == RESOLVER_GLIBC && loses_one_type(lookup)
                ? "; one of A and AAAA was lost: where that is now and then, options single-request-reopen "
                  "avoids the race for one source port"
                : "");
    print_failures(lookup, printer);
}

static void print_one(const struct lookup_facts *lookup, size_t most, struct printer *printer,
                      struct arena *arena)
{
    print_head(lookup, printer);
    if (printer->verbosity < 0 || !lookup->queries_count)
        return;
    print_advice(lookup, printer);
    if (!most)
        return;
    printer_addf(printer, "\n");
    print_waterfall(lookup, most, printer, arena);
}

/* One name by more resolvers than fit beside each other: a row each. */
static void print_rows(const struct lookup_facts *lookups, size_t count, struct printer *printer,
                       struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "RESOLVER"},
        {.heading = "RESULT"},
        {.heading = "TOTAL", .right = true},
        {.heading = "QUERIES", .right = true},
        {.heading = "FOUND OR ERROR", .elastic = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    char total[DURATION_TEXT];

    for (size_t i = 0; i < count; i++) {
        const struct lookup_facts *lookup = &lookups[i];
        bool ok = lookup->result == LOOKUP_OK;

        format_ms(total, sizeof(total), lookup->total_ms);
        table_row(table);
        table_cell(table, STYLE_STRONG, resolver_all_names[lookup->resolver]);
        table_cell(table, ok ? STYLE_GOOD : STYLE_BAD, ok ? "ok" : "fails");
        table_cell(table, STYLE_PLAIN, total);
        table_cellf(table, STYLE_PLAIN, "%zu", lookup->queries_count);
        table_cell(table, STYLE_PLAIN,
                   ok              ? arena_join(arena, lookup->addresses, lookup->addresses_count, " ")
                   : lookup->error ? lookup->error
                                   : "no address");
    }
    printer_style(printer, STYLE_STRONG, lookups[0].name);
    printer_addf(printer, "\n");
    table_print(table, printer, 2);
}

/* What a sentence says behind the resolver that it begins with. */
static const char *said_of(const struct lookup_difference *difference)
{
    return difference->text + strlen(resolver_all_names[difference->resolver]);
}

/* The first resolver of those with one reason has the sentence; the others are named behind it. */
static void print_difference(const struct disagreement_facts *disagreement, size_t index,
                             struct printer *printer, struct arena *arena)
{
    const struct lookup_difference *all = disagreement->differences;
    const char **others = arena_array(arena, disagreement->differences_count, sizeof(*others));
    size_t count = 0;

    for (size_t i = 0; i < disagreement->differences_count; i++) {
        if (strcmp(said_of(&all[i]), said_of(&all[index])) != 0)
            continue;
        if (i < index)
            return;
        if (i > index)
            others[count++] = resolver_all_names[all[i].resolver];
    }
    printer_paragraph(printer, "  - ", "%s", all[index].text);
    if (count)
        printer_paragraph(printer, "    ", "the same holds for %s", arena_join(arena, others, count, ", "));
}

static void print_disagreement(const struct disagreement_facts *disagreement, struct printer *printer,
                               struct arena *arena)
{
    bool tool = false;

    printer_paragraph(printer, "* ", "they disagree on %s: %s", disagreement->name, disagreement->text);
    for (size_t i = 0; i < disagreement->differences_count; i++) {
        print_difference(disagreement, i, printer, arena);
        tool = tool || disagreement->differences[i].tool;
    }
    if (tool)
        printer_paragraph(
            printer, "  ",
            "a tool that fails here says nothing about a program: k8sdns lookup %s does what the "
            "program does",
            shell_word(arena, disagreement->name));
}

/* "glibc and musl find it, go does not" is the sentence at the end; this is the whole in one word. */
static void print_whole(const struct lookups_facts *facts, struct printer *printer)
{
    size_t found = 0;

    for (size_t i = 0; i < facts->lookups_count; i++)
        found += facts->lookups[i].result == LOOKUP_OK;
    status_line(printer, facts->status, "%zu of %zu lookups find an address", found, facts->lookups_count);
}

static void print_all(const void *data, bool condensed, struct printer *printer, struct arena *arena)
{
    const struct lookups_facts *facts = data;
    size_t most = !condensed ? SIZE_MAX : facts->lookups_count == 1 ? WATERFALL_LINES : 0;
    size_t names = 0;

    if (facts->lookups_count != 1)
        print_whole(facts, printer);
    for (size_t i = 0, end; i < facts->lookups_count; i = end) {
        const char *name = facts->lookups[i].name;

        if (condensed && facts->lookups_count != 1 && names++ == NAMES_SHOWN) {
            printer_addf(printer, "and more names: -v\n");
            break;
        }
        if (i)
            printer_addf(printer, "\n");
        for (end = i + 1; end < facts->lookups_count && facts->lookups[end].name == name;)
            end++;
        if (end - i > 1)
            (end - i > RESOLVERS ? print_rows : print_side_by_side)(&facts->lookups[i], end - i, printer,
                                                                    arena);
        /* Each on its own where there is but one, and where all is wanted. */
        for (size_t k = i; k < end && (end - i == 1 || printer->verbosity > 0); k++) {
            if (end - i > 1)
                printer_addf(printer, "\n");
            print_one(&facts->lookups[k], most, printer, arena);
        }
    }
    name_view_print(facts->names_as, "View: ", printer, arena);
    if (facts->choices_count)
        printer_paragraph(printer, "* ",
                          "the program here is %s, which may also resolve names by code of its own: --as %s",
                          application_runtime_names[facts->runtime],
                          arena_join(arena, facts->choices, facts->choices_count, ","));
    if (facts->disagreements_count)
        printer_addf(printer, "\n");
    for (size_t i = 0; i < facts->disagreements_count; i++)
        print_disagreement(&facts->disagreements[i], printer, arena);
}

void lookup_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct lookups_facts *facts = data;

    if (printer->verbosity >= 0)
        first_screen(printer, print_all, data, arena);
    for (size_t i = 0; i < facts->lookups_count && printer->verbosity < 0; i++)
        print_one(&facts->lookups[i], 0, printer, arena);
}
