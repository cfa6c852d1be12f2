/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/render/resolver/expand_text.h>
#include <k8sdns/render/resolver/name_view_text.h>
#include <stdio.h>
#include <string.h>

/* So many candidates are shown without -v. */
#define CANDIDATES_SHOWN 40

static const char *noun(size_t count)
{
    return count == 1 ? "query" : "queries";
}

/* The same type again is the same name again. */
static bool is_new_type(const struct plan *plan, size_t from, size_t i)
{
    for (size_t k = from; k < i; k++)
        if (strcmp(plan->queries[k].type, plan->queries[i].type) == 0)
            return false;
    return true;
}

/* The queries of one candidate stand together: give the index behind them. */
static size_t candidate_end(const struct plan *plan, size_t from)
{
    size_t i = from + 1;

    while (i < plan->queries_count && plan->queries[i].stage == plan->queries[from].stage &&
           strcmp(plan->queries[i].name, plan->queries[from].name) == 0 && is_new_type(plan, from, i))
        i++;
    return i;
}

/* "1-2  A AAAA  socket 0" of the queries from `from` to `to`. */
static void print_candidate(const struct plan *plan, size_t from, size_t to, struct printer *printer)
{
    const struct planned_query *first = &plan->queries[from], *last = &plan->queries[to - 1];
    char numbers[48], sockets[64], types[48] = "";

    if (to - from > 1)
        snprintf(numbers, sizeof(numbers), "%zu-%zu", from + 1, to);
    else
        snprintf(numbers, sizeof(numbers), "%zu", from + 1);
    for (size_t i = from; i < to; i++) {
        size_t len = strlen(types);

        snprintf(types + len, sizeof(types) - len, "%s%s", len ? " " : "", plan->queries[i].type);
    }
    if (first->socket == last->socket)
        snprintf(sockets, sizeof(sockets), "socket %" PRIu64, first->socket);
    else
        snprintf(sockets, sizeof(sockets), "sockets %" PRIu64 ",%" PRIu64, first->socket, last->socket);
    printer_addf(printer, "  %7s  %-6s  %-12s  %-6s  ", numbers, types, sockets,
                 first->stage ? "as-is" : "search");
    printer_style(printer, first->stage ? STYLE_STRONG : STYLE_FAINT, first->name);
    printer_addf(printer, "\n");
}

/* What the queries come to, for a person who wants to know what to do about them. */
static void print_cost(const struct name_plans *names, const struct plan *plan, struct printer *printer)
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
        printer_paragraph(
            printer, "  ",
            "%zu %s for one name; a trailing dot makes it %zu. If %s is meant as it is, %zu of them are wasted%s.",
            count, noun(count), each, names->name, wasted,
            plan->queries[0].stage ? " (they follow only when the name does not exist)" : "");
    else if (wasted)
        printer_paragraph(printer, "  ", "%zu %s for one name, all of them from the search list.", count,
                          noun(count));
    else if (count)
        printer_paragraph(printer, "  ", "%zu %s for one name%s.", count, noun(count),
                          rooted ? "; the trailing dot keeps it so" : "");
}

static void print_plan(const struct name_plans *names, const struct plan *plan, struct printer *printer)
{
    size_t shown = 0, candidates = 0, end;

    printer_style(printer, STYLE_STRONG, names->name);
    printer_addf(printer, " as %s asks for it\n", resolver_all_names[plan->resolver]);
    for (size_t i = 0; i < plan->queries_count; i = end) {
        end = candidate_end(plan, i);
        candidates++;
        if (printer->verbosity > 0 || shown < CANDIDATES_SHOWN || end == plan->queries_count) {
            print_candidate(plan, i, end, printer);
            shown++;
        }
    }
    if (candidates > shown)
        printer_addf(printer, "  %zu names more stand before the last one; -v shows all\n",
                     candidates - shown);
    if (plan->queries_count == 0)
        printer_addf(printer, "  no queries\n");
    if (plan->note)
        printer_paragraph(printer, "  ", "Note: %s.", plan->note);
    print_cost(names, plan, printer);
}

void expand_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct expand_facts *facts = data;
    bool first = true;

    if (printer->verbosity >= 0 && facts->names_as) {
        name_view_print(facts->names_as, "View: ", printer, arena);
        printer_addf(printer, "\n");
    }
    for (size_t i = 0; i < facts->names_count; i++) {
        for (size_t k = 0; k < facts->names[i].plans_count; k++) {
            if (!first)
                printer_addf(printer, "\n");
            first = false;
            print_plan(&facts->names[i], &facts->names[i].plans[k], printer);
        }
    }
}
