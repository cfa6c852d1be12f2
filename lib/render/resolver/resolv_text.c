/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/resolver/name_view_text.h>
#include <k8sdns/render/resolver/resolv_text.h>
#include <stdio.h>
#include <string.h>

/* So many items of a list and warnings are shown without -v; the rest is counted. */
enum {
    ITEMS_SHOWN = 12,
    WARNINGS_SHOWN = 20,
};

static const char *join(struct arena *arena, const char **items, size_t count, size_t shown)
{
    struct text joined = {0};
    const char *copy;

    for (size_t i = 0; i < count && i < shown; i++) {
        if (i)
            text_add(&joined, " ");
        text_add(&joined, *items[i] ? items[i] : ".");
    }
    if (count > shown)
        text_addf(&joined, " and %zu more", count - shown);
    copy = arena_text(arena, count ? text_string(&joined) : "-");
    text_fini(&joined);
    return copy;
}

static void print_head(const struct resolv_facts *facts, struct printer *printer, struct arena *arena)
{
    printer_style(printer, STYLE_STRONG, facts->file);
    printer_addf(printer, "\n");
    if (facts->dns_policy)
        printer_paragraph(printer, "  dnsPolicy  ", "%s: %s", facts->dns_policy, facts->dns_policy_reason);
    else
        printer_paragraph(printer, "  dnsPolicy  ", "cannot be told: %s", facts->dns_policy_reason);
    name_view_print(facts->names_as, "  as Pod     ", printer, arena);
    printer_paragraph(printer, "  resolver   ", "%s%s%s: %s", resolver_kind_names[facts->resolver.kind],
                      facts->resolver.version ? " " : "",
                      facts->resolver.version ? facts->resolver.version : "", facts->resolver.how);
    if (facts->resolver.choices_count)
        printer_paragraph(
            printer, "             ",
            "this is %s, which may also resolve names by code of its own: k8sdns lookup NAME --as %s",
            application_runtime_names[facts->resolver.runtime],
            arena_join(arena, facts->resolver.choices, facts->resolver.choices_count, ","));
}

static const char *list_of(struct arena *arena, const struct resolver_view *view, bool search, size_t shown)
{
    return search ? join(arena, view->search, view->search_count, shown)
                  : join(arena, view->nameservers, view->nameservers_count, shown);
}

/* A list that may be long: once when all agree, else for each resolver. */
static void print_list(const struct resolv_facts *facts, struct printer *printer, struct arena *arena,
                       const char *title, bool search)
{
    size_t shown = printer->verbosity > 0 ? SIZE_MAX : ITEMS_SHOWN;
    const char *lists[RESOLVERS] = {NULL};
    bool same = true;
    char first[64];

    for (size_t i = 0; i < facts->views_count; i++) {
        lists[i] = list_of(arena, &facts->views[i], search, SIZE_MAX);
        same = same && strcmp(lists[0], lists[i]) == 0;
        lists[i] = list_of(arena, &facts->views[i], search, shown);
    }
    for (size_t i = 0; i < (same ? 1 : facts->views_count); i++) {
        snprintf(first, sizeof(first), "  %-11s  %-*s", i ? "" : title, same ? 0 : 7,
                 same ? "" : resolver_names[facts->views[i].resolver]);
        printer_paragraph(printer, first, "%s", lists[i]);
    }
}

static void begin_row(struct table *table, const char *title)
{
    table_row(table);
    table_cell(table, STYLE_FAINT, title);
}

static void print_views(const struct resolv_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "           "},
        {.heading = "glibc", .elastic = true},
        {.heading = "musl", .elastic = true},
        {.heading = "go", .elastic = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    print_list(facts, printer, arena, "nameservers", false);
    print_list(facts, printer, arena, "search", true);
    printer_addf(printer, "\n");
    begin_row(table, "servers are");
    for (size_t i = 0; i < facts->views_count; i++)
        table_cell(table, STYLE_PLAIN,
                   facts->views[i].resolver == RESOLVER_MUSL ? "asked all at once" : "asked in turn");
    begin_row(table, "ndots");
    for (size_t i = 0; i < facts->views_count; i++)
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, facts->views[i].ndots);
    begin_row(table, "timeout");
    for (size_t i = 0; i < facts->views_count; i++)
        table_cellf(table, STYLE_PLAIN, "%" PRIu64 " s %s", facts->views[i].timeout_ms / 1000,
                    facts->views[i].resolver == RESOLVER_MUSL ? "for a lookup" : "for a try");
    begin_row(table, "attempts");
    for (size_t i = 0; i < facts->views_count; i++)
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, facts->views[i].attempts);
    begin_row(table, "options");
    for (size_t i = 0; i < facts->views_count; i++)
        table_cell(table, STYLE_PLAIN,
                   join(arena, facts->views[i].options, facts->views[i].options_count, SIZE_MAX));
    table_print(table, printer, 2);
}

static bool concerns(const struct resolv_warning *warning, const char *resolver)
{
    for (size_t i = 0; i < warning->resolvers_count; i++)
        if (strcmp(warning->resolvers[i], resolver) == 0)
            return true;
    return false;
}

/* Those that lose something, or the notes; `budget` counts down. */
static size_t print_warnings(const struct resolv_facts *facts, struct printer *printer, struct arena *arena,
                             bool loses, size_t *budget)
{
    const char *mine = resolver_names[resolver_of_kind(facts->resolver.kind)];
    size_t left_out = 0;

    for (size_t i = 0; i < facts->warnings_count; i++) {
        const struct resolv_warning *warning = &facts->warnings[i];
        char place[48] = "file", first[64];

        if (warning->loses != loses)
            continue;
        if (*budget == 0) {
            left_out++;
            continue;
        }
        (*budget)--;
        if (warning->line != SHAPE_UNSET)
            snprintf(place, sizeof(place), "line %" PRIu64, warning->line);
        snprintf(first, sizeof(first), "  %-5s %-9s ",
                 !loses                    ? "note"
                 : concerns(warning, mine) ? "LOST"
                                           : "lost",
                 place);
        printer_paragraph(printer, first, "%s (%s)", warning->text,
                          warning->resolvers_count == RESOLVERS
                              ? "all three"
                              : join(arena, warning->resolvers, warning->resolvers_count, SIZE_MAX));
    }
    return left_out;
}

void resolv_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct resolv_facts *facts = data;
    size_t budget = printer->verbosity > 0 ? SIZE_MAX : WARNINGS_SHOWN, left_out;

    print_head(facts, printer, arena);
    printer_addf(printer, "\n");
    print_views(facts, printer, arena);
    if (!facts->warnings_count) {
        printer_addf(printer, "\nAll three take the whole file as it is written.\n");
        return;
    }
    printer_addf(printer, "\n");
    left_out = print_warnings(facts, printer, arena, true, &budget);
    left_out += print_warnings(facts, printer, arena, false, &budget);
    if (left_out)
        printer_addf(printer, "  and %zu more; -v shows all\n", left_out);
    if (resolv_facts_loses(facts, facts->resolver.kind))
        printer_paragraph(printer, "", "LOST: %s, %s, %s this file.",
                          resolver_names[resolver_of_kind(facts->resolver.kind)],
                          facts->resolver.kind < KIND_STATIC
                              ? "the resolver in use here"
                              : "whose rules are taken as the resolver in use is not known",
                          resolv_facts_fatal(facts, facts->resolver.kind) ? "finds no name at all with"
                                                                          : "loses something by");
}
