/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/conntrack_text.h>
#include <k8sdns/render/table.h>
#include <math.h>
#include <stdio.h>

/* Collisions and stale entries shown without -v. */
#define SHOWN 5

/* Counters that mean lost packets. */
static bool is_loss(size_t counter)
{
    return counter == CONNTRACK_DROP || counter == CONNTRACK_INSERT_FAILED ||
           counter == CONNTRACK_CHAIN_TOOLONG;
}

static void print_table(const struct conntrack_facts *facts, struct page *page)
{
    const struct conntrack_table_facts *t = &facts->table;
    char fill[32];

    if (t->entries == SHAPE_UNSET) {
        page_addf(page, "table: not to be seen\n");
        return;
    }
    page_addf(page, "table: %" PRIu64, t->entries);
    if (!isnan(t->fill_ratio)) {
        snprintf(fill, sizeof(fill), "%.1f %%", t->fill_ratio * 100);
        page_addf(page, " of %" PRIu64 " entries, ", t->max);
        page_paint(page,
                   t->fill_ratio >= 0.9   ? PAINT_BAD
                   : t->fill_ratio > 0.75 ? PAINT_ODD
                                          : PAINT_GOOD,
                   fill);
        page_addf(page, " full");
    } else {
        page_addf(page, " entries");
    }
    page_addf(page, " (by %s)\n", t->how);
    if (t->hooks == 0)
        page_paragraph(
            page, "  ",
            "nothing is tracked in this network namespace, as in a Pod's own: the table that counts is the "
            "node's; run this on the node, or with --netns");
}

static void print_counters(const struct conntrack_facts *facts, struct page *page, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "COUNTER"},
                                                  {.heading = "SINCE START", .right = true},
                                                  {.heading = "PER SECOND", .right = true}};
    struct table *table = table_new(arena, columns, facts->rates ? 3 : 2);
    size_t shown = 0;

    for (size_t i = 0; i < CONNTRACK_COUNTERS; i++) {
        uint64_t value = facts->counters.values[i];

        /* Most are zero on most machines. */
        if (value == SHAPE_UNSET || (!value && !is_loss(i) && page->verbosity <= 0))
            continue;
        table_row(table);
        table_cell(table, PAINT_PLAIN, conntrack_counter_facts_shape.fields[i].key);
        table_cellf(table, value && is_loss(i) ? PAINT_BAD : PAINT_PLAIN, "%" PRIu64, value);
        if (facts->rates && !isnan(facts->rates->values[i]))
            table_cellf(table, facts->rates->values[i] > 0 && is_loss(i) ? PAINT_BAD : PAINT_PLAIN, "%+.1f",
                        facts->rates->values[i]);
        shown++;
    }
    if (!shown)
        return;
    page_addf(page, "\n");
    table_print(table, page, 0);
}

static void print_peers(const char *heading, const struct conntrack_peer_facts *all, size_t count,
                        struct page *page, struct arena *arena)
{
    const struct table_column columns[] = {
        {.heading = heading},
        {.heading = "ENTRIES", .right = true},
        {.heading = "SHARE", .right = true},
        {.heading = "UNREPLIED", .right = true},
        {.heading = "ASSURED", .right = true},
        {0},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    if (!count)
        return;
    for (size_t i = 0; i < count; i++) {
        table_row(table);
        table_cell(table, PAINT_PLAIN, all[i].address);
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, all[i].entries);
        table_cellf(table, PAINT_PLAIN, "%.0f %%", all[i].share * 100);
        table_cellf(table, all[i].unreplied ? PAINT_ODD : PAINT_PLAIN, "%" PRIu64, all[i].unreplied);
        table_cellf(table, PAINT_PLAIN, "%" PRIu64, all[i].assured);
        table_cell(table, PAINT_BAD, all[i].known == 0 ? "no replica" : "");
    }
    page_addf(page, "\n");
    table_print(table, page, 0);
}

static void print_dns(const struct conntrack_dns_facts *dns, struct page *page, struct arena *arena)
{
    page_addf(page, "\nDNS: %" PRIu64 " entries towards port %" PRIu64 ", %" PRIu64 " unreplied\n",
              dns->entries, dns->port, dns->unreplied);
    print_peers("BACKEND", dns->by_backend, dns->by_backend_count, page, arena);
    print_peers("CLIENT", dns->by_client, dns->by_client_count, page, arena);
    if (dns->port_use_count && !isnan(dns->port_use[0].ratio) &&
        (dns->port_use[0].ratio > 0.5 || page->verbosity > 0))
        page_paragraph(page, "* ", "%s uses %" PRIu64 " of %" PRIu64 " source ports towards %s (%.0f %%)",
                       dns->port_use[0].source, dns->port_use[0].ports, dns->port_use[0].range,
                       dns->port_use[0].destination, dns->port_use[0].ratio * 100);
    if (dns->unrouted)
        page_paragraph(page, "* ",
                       "%" PRIu64
                       " entries to the ClusterIP lead to no backend: they were made while kube-proxy's "
                       "rules were missing, and hold what follows on the same port",
                       dns->unrouted);
    if (dns->interrupted)
        page_paragraph(page, "* ", "the table changed while it was read: counts are near, not exact");
}

static void print_tuple(const struct conntrack_tuple_facts *t, const char *first, struct page *page)
{
    page_paragraph(page, first, "%s %s to %s, answered by %s to %s%s, %" PRIu64 " s left", t->protocol,
                   t->orig_src, t->orig_dst, t->reply_src, t->reply_dst, t->replied ? "" : ", unreplied",
                   t->timeout_s);
}

static void print_collisions(const struct conntrack_facts *facts, struct page *page)
{
    static const char *const words[] = {"one port towards several servers", "the port was taken and replaced",
                                        "more queries than replies"};

    if (!facts->collisions_total)
        return;
    page_addf(page, "\n%" PRIu64 " source-port collisions\n", facts->collisions_total);
    for (size_t i = 0; i < facts->collisions_count && (i < SHOWN || page->verbosity > 0); i++) {
        const struct conntrack_collision_facts *c = &facts->collisions[i];

        page_addf(page, "  %s: %s\n", c->client, words[c->kind]);
        for (size_t k = 0; k < c->entries_count; k++)
            print_tuple(&c->entries[k], "    ", page);
    }
}

static void print_stale(const struct conntrack_facts *facts, struct page *page)
{
    if (!facts->stale_total)
        return;
    page_addf(page, "\n%" PRIu64 " stale entries: their backend is no replica\n", facts->stale_total);
    for (size_t i = 0; i < facts->stale_count && (i < SHOWN || page->verbosity > 0); i++)
        print_tuple(&facts->stale[i], "  ", page);
}

void conntrack_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct conntrack_facts *facts = data;

    print_table(facts, page);
    if (page->verbosity < 0)
        return;
    print_counters(facts, page, arena);
    for (size_t i = 0; i < facts->shared_ports_count; i++)
        page_paragraph(page, i ? "* " : "\n* ",
                       "%" PRIu64
                       " UDP sockets of this namespace share %s (SO_REUSEPORT): an answer may reach another "
                       "than the one that asked",
                       facts->shared_ports[i].sockets, facts->shared_ports[i].local);
    if (!facts->dns)
        return;
    print_dns(facts->dns, page, arena);
    print_collisions(facts, page);
    print_stale(facts, page);
}

void conntrack_text_render_part(const void *data, struct page *page, struct arena *arena)
{
    const struct conntrack_facts *facts = data;

    print_table(facts, page);
    if (!page->height)
        return;
    print_counters(facts, page, arena);
    if (facts->dns)
        page_addf(page,
                  "\nDNS: %" PRIu64 " entries, %" PRIu64 " unreplied, %" PRIu64 " collisions, %" PRIu64
                  " stale\n",
                  facts->dns->entries, facts->dns->unreplied, facts->collisions_total, facts->stale_total);
}
