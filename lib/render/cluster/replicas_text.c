/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/render/replicas_text.h>
#include <k8sdns/render/table.h>

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static void print_servers(const char *heading, const struct replica_facts *all, size_t count,
                          struct page *page, struct arena *arena)
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
        if (r->port == 53)
            table_cell(table, PAINT_STRONG, r->address);
        else
            table_cellf(table, PAINT_STRONG, "%s port %" PRIu64, r->address, r->port);
        table_cell(table,
                   r->ready == 1   ? PAINT_GOOD
                   : r->ready == 0 ? PAINT_BAD
                                   : PAINT_FAINT,
                   r->terminating  ? "ending"
                   : r->ready == 1 ? "yes"
                   : r->ready == 0 ? "no"
                                   : "-");
        table_cell(table, PAINT_PLAIN, or_dash(r->version));
        table_cell(table, PAINT_PLAIN, or_dash(r->node));
        table_cell(table, PAINT_PLAIN, or_dash(r->pod ? r->pod : r->identity));
        table_cell(table, PAINT_FAINT, arena_join(arena, r->found_by, r->found_by_count, ", "));
    }
    table_print(table, page, 0);
}

static void print_ways(const struct replicas_facts *facts, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {{0}, {0}, {.elastic = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < facts->ways_count; i++) {
        const struct way_facts *way = &facts->ways[i];
        bool closed = way->outcome == WAY_REFUSED || way->outcome == WAY_FAILED;

        table_row(table);
        table_cell(table, PAINT_PLAIN, discovery_way_words[way->way]);
        if (way->outcome == WAY_FOUND && way->found)
            table_cellf(table, PAINT_GOOD, "%" PRIu64 " found", way->found);
        else
            table_cell(table, closed ? PAINT_ODD : PAINT_FAINT, way_outcome_words[way->outcome]);
        table_cell(table, PAINT_FAINT, way->detail ? way->detail : "");
    }
    page_addf(page, "\nlooked for by\n");
    table_print(table, page, 2);
}

void replicas_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct replicas_facts *facts = data;

    page_addf(page, "ClusterIP %s\n",
              facts->cluster_ips_count ? arena_join(arena, facts->cluster_ips, facts->cluster_ips_count, ", ")
                                       : "not known");
    if (facts->replicas_count) {
        page_addf(page, "\n");
        print_servers("REPLICA", facts->replicas, facts->replicas_count, page, arena);
    } else {
        page_addf(page, "no replica found\n");
    }
    if (facts->node_local_count) {
        page_addf(page, "\n");
        print_servers("NODE-LOCAL", facts->node_local, facts->node_local_count, page, arena);
    }
    if (facts->cluster_identities_count) {
        page_addf(page, "\n");
        page_paragraph(page, "", "at the ClusterIP answered: %s",
                       arena_join(arena, facts->cluster_identities, facts->cluster_identities_count, ", "));
    }
    if (facts->conflicts_count)
        page_addf(page, "\n");
    for (size_t i = 0; i < facts->conflicts_count; i++)
        page_paragraph(page, "* ", "%s", facts->conflicts[i].text);
    if (page->verbosity >= 0)
        print_ways(facts, page, arena);
}
