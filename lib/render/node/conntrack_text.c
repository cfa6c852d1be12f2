/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/diagnosis/finding_text.h>
#include <k8sdns/render/node/conntrack_flows_text.h>
#include <k8sdns/render/node/conntrack_text.h>
#include <k8sdns/render/page/first_screen.h>
#include <k8sdns/render/page/status_line.h>
#include <k8sdns/render/page/table.h>
#include <math.h>
#include <stdio.h>

/* Collisions and stale entries shown without -v. */
#define SHOWN 5
/* Backends, and clients, of the first screen. */
#define SHOWN_FEW 3

/* Counters that mean lost packets. */
static bool is_loss(size_t counter)
{
    return counter == CONNTRACK_DROP || counter == CONNTRACK_INSERT_FAILED ||
           counter == CONNTRACK_CHAIN_TOOLONG;
}

static void print_status(const struct conntrack_facts *facts, struct printer *printer)
{
    const struct conntrack_table_facts *t = &facts->table;

    if (t->hooks == 0)
        status_line(
            printer, facts->status,
            "nothing is tracked in this network namespace, as in a Pod's own: the table that counts is "
            "the node's; run this on the node, or with --netns");
    else if (t->entries == SHAPE_UNSET)
        status_line(printer, facts->status, "the conntrack table is not readable here; run this on the node");
    else if (isnan(t->fill_ratio))
        status_line(printer, facts->status, "conntrack table: %" PRIu64 " entries; its limit is not readable",
                    t->entries);
    else
        status_line(printer, facts->status,
                    "conntrack table %.1f %% full (%" PRIu64 " of %" PRIu64 " entries, by %s)",
                    t->fill_ratio * 100, t->entries, t->max, table_interface_names[t->how]);
}

static void print_counters(const struct conntrack_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "COUNTER"},
                                                  {.heading = "SINCE START", .right = true},
                                                  {.heading = "PER SECOND", .right = true}};
    struct table *table = table_new(arena, columns, facts->rates ? 3 : 2);
    size_t shown = 0;

    for (size_t i = 0; i < CONNTRACK_COUNTERS; i++) {
        uint64_t value = facts->counters.values[i];

        /* Most are zero on most machines. */
        if (value == SHAPE_UNSET || (!value && !is_loss(i) && printer->verbosity <= 0))
            continue;
        table_row(table);
        table_cell(table, STYLE_PLAIN, conntrack_counter_facts_shape.fields[i].key);
        table_cellf(table, value && is_loss(i) ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64, value);
        if (facts->rates && !isnan(facts->rates->values[i]))
            table_cellf(table, facts->rates->values[i] > 0 && is_loss(i) ? STYLE_BAD : STYLE_PLAIN, "%+.1f",
                        facts->rates->values[i]);
        shown++;
    }
    if (!shown)
        return;
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
}

static void print_peers(const char *heading, const struct conntrack_peer_facts *all, size_t count,
                        size_t most, struct printer *printer, struct arena *arena)
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
    for (size_t i = 0; i < count && i < most; i++) {
        table_row(table);
        table_cell(table, STYLE_PLAIN, all[i].address);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, all[i].entries);
        table_cellf(table, STYLE_PLAIN, "%.0f %%", all[i].share * 100);
        table_cellf(table, all[i].unreplied ? STYLE_ODD : STYLE_PLAIN, "%" PRIu64, all[i].unreplied);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, all[i].assured);
        table_cell(table, STYLE_BAD, all[i].known == 0 ? "no replica" : "");
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (count > most)
        printer_addf(printer, "and %zu more\n", count - most);
}

static void print_dns(const struct conntrack_dns_facts *dns, size_t most, struct printer *printer,
                      struct arena *arena)
{
    printer_addf(printer, "\nDNS: %" PRIu64 " entries towards port %" PRIu64 ", %" PRIu64 " unreplied\n",
                 dns->entries, dns->port, dns->unreplied);
    print_peers("BACKEND", dns->by_backend, dns->by_backend_count, most, printer, arena);
    print_peers("CLIENT", dns->by_client, dns->by_client_count, most, printer, arena);
    if (dns->port_use_count && !isnan(dns->port_use[0].ratio) &&
        (dns->port_use[0].ratio > 0.5 || printer->verbosity > 0))
        printer_paragraph(printer, "* ",
                          "%s uses %" PRIu64 " of %" PRIu64 " source ports towards %s (%.0f %%)",
                          dns->port_use[0].source, dns->port_use[0].ports, dns->port_use[0].range,
                          dns->port_use[0].destination, dns->port_use[0].ratio * 100);
    if (dns->unrouted)
        printer_paragraph(printer, "* ",
                          "%" PRIu64
                          " entries to the ClusterIP lead to no backend: they were made while kube-proxy's "
                          "rules were missing, and hold what follows on the same port",
                          dns->unrouted);
    if (dns->interrupted)
        printer_paragraph(printer, "* ", "the table changed while it was read: counts are near, not exact");
}

static void print_tuple(const struct conntrack_tuple_facts *t, const char *first, struct printer *printer,
                        struct arena *arena)
{
    const char *details = printer->verbosity > 0 ? conntrack_details_text(arena, t) : "";

    printer_paragraph(printer, first, "%s %s to %s, answered by %s to %s%s, %" PRIu64 " s left%s%s",
                      t->protocol, t->orig_src, t->orig_dst, t->reply_src, t->reply_dst,
                      t->replied ? "" : ", unreplied", t->timeout_s, *details ? "; " : "", details);
}

static void print_collisions(const struct conntrack_facts *facts, size_t most, struct printer *printer,
                             struct arena *arena)
{
    static const char *const words[] = {"one port towards several servers", "the port was taken and replaced",
                                        "more queries than replies"};

    if (!facts->collisions_total)
        return;
    printer_addf(printer, "\n%" PRIu64 " source-port collisions\n", facts->collisions_total);
    for (size_t i = 0; i < facts->collisions_count && (i < most || printer->verbosity > 0); i++) {
        const struct conntrack_collision_facts *c = &facts->collisions[i];

        printer_addf(printer, "  %s: %s\n", c->client, words[c->kind]);
        for (size_t k = 0; k < c->entries_count; k++)
            print_tuple(&c->entries[k], "    ", printer, arena);
    }
}

static void print_stale(const struct conntrack_facts *facts, size_t most, struct printer *printer,
                        struct arena *arena)
{
    if (!facts->stale_total)
        return;
    printer_addf(printer, "\n%" PRIu64 " stale entries: their backend is no replica\n", facts->stale_total);
    for (size_t i = 0; i < facts->stale_count && (i < most || printer->verbosity > 0); i++)
        print_tuple(&facts->stale[i], "  ", printer, arena);
}

static void print_all(const void *data, bool condensed, struct printer *printer, struct arena *arena)
{
    const struct conntrack_facts *facts = data;

    print_status(facts, printer);
    finding_text_list(facts->findings, facts->findings_count, printer, arena);
    if (facts->socket_backend)
        printer_paragraph(printer, "* ",
                          "a socket that is connected to the ClusterIP leads to %s (load balancing at the "
                          "socket, as by Cilium or Calico with eBPF): this table has nothing of it",
                          facts->socket_backend);
    /* An empty table is none to read numbers from. */
    if (facts->table.hooks == 0 && printer->verbosity <= 0)
        return;
    if (!condensed)
        print_counters(facts, printer, arena);
    for (size_t i = 0; i < facts->shared_ports_count && (!condensed || i == 0); i++)
        printer_paragraph(
            printer, i ? "* " : "\n* ",
            "%" PRIu64 " UDP sockets of this namespace share %s (SO_REUSEPORT): an answer may reach another "
            "than the one that asked",
            facts->shared_ports[i].sockets, facts->shared_ports[i].local);
    if (facts->dns) {
        print_dns(facts->dns, condensed ? SHOWN_FEW : SIZE_MAX, printer, arena);
        print_collisions(facts, condensed ? 0 : SHOWN, printer, arena);
        print_stale(facts, condensed ? 0 : SHOWN, printer, arena);
    }
    if (facts->flows)
        conntrack_flows_text_add(facts->flows,
                                 printer->verbosity > 0 ? SIZE_MAX
                                 : condensed            ? 0
                                                        : SHOWN,
                                 printer, arena);
    if (condensed)
        printer_addf(printer, "\nCounters and each entry: -v\n");
}

void conntrack_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct conntrack_facts *facts = data;

    if (facts->flows && !facts->dns)
        conntrack_flows_text_render(facts, printer, arena);
    else if (printer->verbosity < 0)
        print_status(data, printer);
    else
        first_screen(printer, print_all, data, arena);
}

void conntrack_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct conntrack_facts *facts = data;

    print_status(facts, printer);
    if (!printer->height)
        return;
    print_counters(facts, printer, arena);
    if (facts->dns)
        printer_addf(printer,
                     "\nDNS: %" PRIu64 " entries, %" PRIu64 " unreplied, %" PRIu64 " collisions, %" PRIu64
                     " stale\n",
                     facts->dns->entries, facts->dns->unreplied, facts->collisions_total, facts->stale_total);
}
