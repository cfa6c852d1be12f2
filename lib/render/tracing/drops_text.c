/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/tracing/drops_text.h>
#include <string.h>

/* Names and clients shown without -v. */
#define SHOWN 5

/* The end of an address with its port, in brackets where that is IPv6. */
static const char *end_text(struct arena *arena, const char *address, uint64_t port)
{
    return arena_printf(arena, strchr(address, ':') ? "[%s]:%" PRIu64 : "%s:%" PRIu64, address, port);
}

static bool same_end(const char *a, uint64_t a_port, const char *b, uint64_t b_port)
{
    return a_port == b_port && strcmp(a, b) == 0;
}

/* The other side of a translation, where the packet as it was dropped shows one side alone. */
static void print_nat(const struct drop_facts *d, const struct drop_ends_facts *other, const char *when,
                      struct printer *printer, struct arena *arena)
{
    const struct drop_ends_facts *e = &d->ends;

    if (!other)
        return;
    if (!same_end(other->src, other->src_port, e->src, e->src_port))
        printer_addf(printer, " (%s %s NAT)", end_text(arena, other->src, other->src_port), when);
    if (!same_end(other->dst, other->dst_port, e->dst, e->dst_port))
        printer_addf(printer, " (to %s %s NAT)", end_text(arena, other->dst, other->dst_port), when);
}

static void print_rule(const char *table, const char *chain, struct printer *printer)
{
    if (table)
        printer_addf(printer, " table %s", table);
    if (chain)
        printer_addf(printer, " chain %s", chain);
}

void drops_text_render_event(const void *data, struct printer *printer, struct arena *arena)
{
    const struct drop_facts *d = data;
    const char *clock = strchr(d->time, 'T');

    printer_style(printer, STYLE_FAINT, clock ? clock + 1 : d->time);
    printer_addf(printer, " ");
    printer_style(printer, STYLE_BAD, d->reason ? d->reason : drop_cause_names[d->cause]);
    printer_addf(printer, " %s", d->function ? d->function : "?");
    if (d->hook >= 0)
        printer_addf(printer, " %s", drop_hook_names[d->hook]);
    print_rule(d->table, d->chain, printer);
    printer_addf(printer, "  %s > %s %s", end_text(arena, d->ends.src, d->ends.src_port),
                 end_text(arena, d->ends.dst, d->ends.dst_port), d->transport);
    print_nat(d, d->before_nat, "before", printer, arena);
    print_nat(d, d->after_nat, "after", printer, arena);
    if (d->id != SHAPE_UNSET)
        printer_addf(printer, "  id %" PRIu64 "%s", d->id, d->answer == 1 ? " answer" : "");
    if (d->name)
        printer_addf(printer, " %s %s", d->type ? d->type : "?", d->name);
    if (d->process)
        printer_addf(printer, "  %s", d->process);
    if (d->pod)
        printer_addf(printer, "  pod %s", d->pod);
    else if (d->container)
        printer_addf(printer, "  container %.12s", d->container);
    else if (d->netns)
        printer_addf(printer, "  netns %s", d->netns);
    printer_addf(printer, "\n");
    if (printer->verbosity > 0)
        for (size_t i = 0; i < d->stack_count; i++)
            printer_addf(printer, "    %s\n", d->stack[i]);
}

static void print_kinds(const struct drops_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "COUNT", .right = true},
                                                  {.heading = "REASON"},
                                                  {.heading = "FUNCTION"},
                                                  {.heading = "HOOK"},
                                                  {.heading = "WHAT IT MEANS", .elastic = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < facts->kinds_count; i++) {
        const struct drop_kind_facts *k = &facts->kinds[i];
        const char *rule = k->table ? arena_printf(arena, " (table %s%s%s)", k->table,
                                                   k->chain ? ", chain " : "", k->chain ? k->chain : "")
                                    : "";

        table_row(table);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, k->count);
        table_cell(table, STYLE_BAD, k->reason ? k->reason : "-");
        table_cell(table, STYLE_PLAIN, k->function ? k->function : "-");
        table_cell(table, STYLE_PLAIN, k->hook >= 0 ? drop_hook_names[k->hook] : "-");
        table_cellf(table, STYLE_PLAIN, "%s%s%s", k->sure ? "" : "probably: ", drop_cause_text(k->cause),
                    rule);
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
}

static void print_tallies(const char *heading, const struct shape_tally *list, size_t count,
                          struct printer *printer, struct arena *arena)
{
    const struct table_column columns[] = {{.heading = "COUNT", .right = true}, {.heading = heading}};
    struct table *table = table_new(arena, columns, 2);
    size_t shown = count > SHOWN && printer->verbosity <= 0 ? SHOWN : count;

    if (!count)
        return;
    for (size_t i = 0; i < shown; i++) {
        table_row(table);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, list[i].count);
        table_cell(table, STYLE_PLAIN, list[i].name);
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (shown < count)
        printer_addf(printer, "and %zu more (-v)\n", count - shown);
}

/* Those that are missing, in a sentence; with -v each, and why. */
static void print_probes(const struct drops_facts *facts, struct printer *printer, struct arena *arena)
{
    const char **missing = NULL;
    size_t count = 0;

    if (printer->verbosity > 0)
        printer_addf(printer, "\nwatched by\n");
    for (size_t i = 0; i < facts->probes_count; i++) {
        const struct drop_probe_facts *p = &facts->probes[i];

        if (p->why)
            *ARENA_PUSH(arena, missing, count) = p->where;
        if (printer->verbosity > 0)
            printer_paragraph(printer, "  - ", "%s (%s)%s%s", p->where, p->tells,
                              p->why ? ": not attached, " : "", p->why ? p->why : "");
    }
    if (count && printer->verbosity <= 0)
        printer_paragraph(printer, "\n* ",
                          "not attached: %s (-v says why); \"probably\" is what is concluded without these",
                          arena_join(arena, missing, count, ", "));
}

static void print_gaps(const struct drops_facts *facts, struct printer *printer, struct arena *arena)
{
    if (facts->fragments)
        printer_paragraph(printer, "\n* ",
                          "%" PRIu64
                          " later fragments were dropped as well: they carry no ports, so they may be DNS's",
                          facts->fragments);
    if (facts->lost || facts->unshown)
        printer_paragraph(printer, "\n* ",
                          "counted, but not shown one by one: %" PRIu64 " over the rate (--rate), %" PRIu64
                          " for which the buffer had no room",
                          facts->unshown, facts->lost);
    if (facts->uncounted)
        printer_paragraph(printer, "\n* ",
                          "%" PRIu64
                          " are counted by reason and place alone: there were too many names and clients",
                          facts->uncounted);
    print_probes(facts, printer, arena);
}

void drops_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct drops_facts *facts = data;

    printer_addf(printer, "%" PRIu64 " DNS packets dropped in %.1f s\n", facts->drops, facts->seconds);
    if (facts->kinds_count)
        print_kinds(facts, printer, arena);
    print_tallies("NAME", facts->names, facts->names_count, printer, arena);
    print_tallies("CLIENT", facts->clients, facts->clients_count, printer, arena);
    print_gaps(facts, printer, arena);
}
