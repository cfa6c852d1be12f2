/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/render/cluster/replicas_text.h>
#include <k8sdns/render/page/table.h>

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static void print_servers(const char *heading, const struct replica_facts *all, size_t count,
                          struct printer *printer, struct arena *arena)
{
    const struct table_column columns[] = {
        {.heading = heading},   {.heading = "READY"},
        {.heading = "VERSION"}, {.heading = "NODE", .elastic = true},
        {.heading = "POD"},     {.heading = "FOUND BY", .elastic = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < count; i++) {
        const struct replica_facts *r = &all[i];

        table_row(table);
        if (r->port == DNS_PORT)
            table_cell(table, STYLE_STRONG, r->address);
        else
            table_cellf(table, STYLE_STRONG, "%s port %" PRIu64, r->address, r->port);
        table_cell(table,
                   r->ready == 1   ? STYLE_GOOD
                   : r->ready == 0 ? STYLE_BAD
                                   : STYLE_FAINT,
                   r->terminating  ? "ending"
                   : r->ready == 1 ? "yes"
                   : r->ready == 0 ? "no"
                                   : "-");
        table_cell(table, STYLE_PLAIN, or_dash(r->version));
        table_cell(table, STYLE_PLAIN, or_dash(r->node));
        table_cell(table, STYLE_PLAIN, or_dash(r->pod ? r->pod : r->identity));
        table_cell(table, STYLE_FAINT, arena_join(arena, r->found_by, r->found_by_count, ", "));
    }
    table_print(table, printer, 0);
}

static void print_methods(const struct replicas_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{0}, {0}, {.elastic = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < facts->methods_count; i++) {
        const struct method_facts *method = &facts->methods[i];
        bool closed = method->outcome == METHOD_REFUSED || method->outcome == METHOD_FAILED;

        table_row(table);
        table_cell(table, STYLE_PLAIN, discovery_method_names[method->method]);
        if (method->outcome == METHOD_FOUND && method->found)
            table_cellf(table, STYLE_GOOD, "%" PRIu64 " found", method->found);
        else
            table_cell(table, closed ? STYLE_ODD : STYLE_FAINT, method_outcome_names[method->outcome]);
        table_cell(table, STYLE_FAINT, method->detail ? method->detail : "");
    }
    printer_addf(printer, "\nlooked for by\n");
    table_print(table, printer, 2);
}

/* What it is called, and how that is known. */
static void print_dns(const struct cluster_dns *dns, struct printer *printer, struct arena *arena)
{
    const char *what = dns->workload ? dns->workload : dns->kind >= 0 ? dns_workload_names[dns->kind] : "";

    if (dns->distribution > 0)
        printer_paragraph(printer, "install   ", "%s%s: %s", distribution_table[dns->distribution].label,
                          dns->certain ? "" : " (likely)",
                          arena_join(arena, dns->recognised_by, dns->recognised_by_count, ", "));
    if (dns->space)
        printer_addf(printer, "runs in   %s, Service %s, %s\n", dns->space,
                     dns->service ? dns->service : "not known", what);
}

void replicas_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct replicas_facts *facts = data;

    printer_addf(printer, "ClusterIP %s\n",
                 facts->cluster_ips_count
                     ? arena_join(arena, facts->cluster_ips, facts->cluster_ips_count, ", ")
                     : "not known");
    if (facts->dns)
        print_dns(facts->dns, printer, arena);
    if (facts->replicas_count) {
        printer_addf(printer, "\n");
        print_servers("REPLICA", facts->replicas, facts->replicas_count, printer, arena);
    } else {
        printer_addf(printer, "no replica found\n");
    }
    if (facts->node_local_count) {
        printer_addf(printer, "\n");
        print_servers("NODE-LOCAL", facts->node_local, facts->node_local_count, printer, arena);
    }
    if (facts->cluster_identities_count) {
        printer_addf(printer, "\n");
        printer_paragraph(
            printer, "", "at the ClusterIP answered: %s",
            arena_join(arena, facts->cluster_identities, facts->cluster_identities_count, ", "));
    }
    if (facts->conflicts_count)
        printer_addf(printer, "\n");
    for (size_t i = 0; i < facts->conflicts_count; i++)
        printer_paragraph(printer, "* ", "%s", facts->conflicts[i].text);
    if (printer->verbosity >= 0)
        print_methods(facts, printer, arena);
}
