/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/model/plan_facts.h>
#include <k8sdns/render/expand_text.h>
#include <stdio.h>
#include <string.h>

/* So many candidates are shown without -v. */
#define CANDIDATES_SHOWN 40

static const char *noun(size_t count)
{
    return count == 1 ? "query" : "queries";
}

/* The queries of one candidate stand together: give the index behind them. */
static size_t candidate_end(const struct plan *plan, size_t from)
{
    size_t i = from + 1;

    while (i < plan->queries_count && plan->queries[i].stage == plan->queries[from].stage &&
           strcmp(plan->queries[i].name, plan->queries[from].name) == 0 && i - from < 2)
        i++;
    return i;
}

/* "1-2  A AAAA  socket 0" of the queries from `from` to `to`. */
static void print_candidate(const struct plan *plan, size_t from, size_t to, struct page *page)
{
    const struct planned_query *first = &plan->queries[from], *last = &plan->queries[to - 1];
    char numbers[48], sockets[64], types[16];

    if (to - from > 1)
        snprintf(numbers, sizeof(numbers), "%zu-%zu", from + 1, to);
    else
        snprintf(numbers, sizeof(numbers), "%zu", from + 1);
    snprintf(types, sizeof(types), "%s%s", first->type, to - from > 1 ? " AAAA" : "");
    if (first->socket == last->socket)
        snprintf(sockets, sizeof(sockets), "socket %" PRIu64, first->socket);
    else
        snprintf(sockets, sizeof(sockets), "sockets %" PRIu64 ",%" PRIu64, first->socket, last->socket);
    page_addf(page, "  %7s  %-6s  %-12s  %-6s  ", numbers, types, sockets, first->stage ? "as-is" : "search");
    page_paint(page, first->stage ? PAINT_STRONG : PAINT_FAINT, first->name);
    page_addf(page, "\n");
}

/* What the queries come to, for a person who wants to know what to do about them. */
static void print_cost(const struct name_plans *names, const struct plan *plan, struct page *page)
{
    size_t count = plan->queries_count, each = 0, wasted = 0, len = strlen(names->name);
    bool rooted = len > 0 && names->name[len - 1] == '.';

    for (size_t i = 0; i < count; i++) {
        if (plan->queries[i].stage)
            each++;
        else
            wasted++;
    }
    if (wasted && each)
        page_paragraph(
            page, "  ",
            "%zu %s for one name; a trailing dot makes it %zu. If %s is meant as it is, %zu of them are wasted%s.",
            count, noun(count), each, names->name, wasted,
            plan->queries[0].stage ? " (they follow only when the name does not exist)" : "");
    else if (wasted)
        page_paragraph(page, "  ", "%zu %s for one name, all of them from the search list.", count,
                       noun(count));
    else if (count)
        page_paragraph(page, "  ", "%zu %s for one name%s.", count, noun(count),
                       rooted ? "; the trailing dot keeps it so" : "");
}

static void print_plan(const struct name_plans *names, const struct plan *plan, struct page *page)
{
    size_t shown = 0, candidates = 0, end;

    page_paint(page, PAINT_STRONG, names->name);
    page_addf(page, " as %s asks for it\n", resolver_words[plan->resolver]);
    for (size_t i = 0; i < plan->queries_count; i = end) {
        end = candidate_end(plan, i);
        candidates++;
        if (page->verbosity > 0 || shown < CANDIDATES_SHOWN || end == plan->queries_count) {
            print_candidate(plan, i, end, page);
            shown++;
        }
    }
    if (candidates > shown)
        page_addf(page, "  %zu names more stand before the last one; -v shows all\n", candidates - shown);
    if (plan->queries_count == 0)
        page_addf(page, "  no queries\n");
    if (plan->note)
        page_paragraph(page, "  ", "Note: %s.", plan->note);
    print_cost(names, plan, page);
}

void expand_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct expand_facts *facts = data;
    bool first = true;

    (void)arena;
    for (size_t i = 0; i < facts->names_count; i++) {
        for (size_t k = 0; k < facts->names[i].plans_count; k++) {
            if (!first)
                page_addf(page, "\n");
            first = false;
            print_plan(&facts->names[i], &facts->names[i].plans[k], page);
        }
    }
}
