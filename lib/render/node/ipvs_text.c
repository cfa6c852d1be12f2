/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/render/node/ipvs_text.h>
#include <k8sdns/render/page/table.h>

/* Stale connections shown without -v. */
#define SHOWN 5

static const char *const states[] = {"", "weight 0: nothing new goes there", "removed", "no replica"};

static void count_cell(struct table *table, uint64_t count)
{
    if (count == SHAPE_UNSET)
        table_cell(table, STYLE_FAINT, "-");
    else
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, count);
}

static void print_service(const struct ipvs_service_facts *service, struct printer *printer,
                          struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "BACKEND"},
        {.heading = "WEIGHT", .right = true},
        {.heading = "CONNECTIONS", .right = true},
        {.heading = "IN", .right = true},
        {.heading = "OUT", .right = true},
        {0},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

    printer_addf(printer, "\n%s %s, %s%s%s\n", service->protocol, service->address, service->scheduler,
                 service->one_packet ? ", each packet alone" : "",
                 service->persistent ? ", a client stays with its backend" : "");
    for (size_t i = 0; i < service->destinations_count; i++) {
        const struct ipvs_destination_facts *d = &service->destinations[i];
        bool silent =
            d->traffic.in_packets != SHAPE_UNSET && d->traffic.in_packets > 0 && d->traffic.out_packets == 0;

        table_row(table);
        table_cell(table, d->state == IPVS_ALIVE ? STYLE_PLAIN : STYLE_ODD, d->address);
        count_cell(table, d->weight);
        count_cell(table, d->connections);
        count_cell(table, d->traffic.in_packets);
        count_cell(table, d->traffic.out_packets);
        table_cell(table, d->state == IPVS_REMOVED ? STYLE_BAD : STYLE_ODD,
                   d->state != IPVS_ALIVE ? states[d->state]
                   : silent               ? "never answered"
                                          : "");
    }
    if (service->destinations_count)
        table_print(table, printer, 2);
    else
        printer_addf(printer, "  no backend: nobody answers here\n");
}

static void print_stale(const struct ipvs_facts *facts, struct printer *printer)
{
    if (facts->stale_total == SHAPE_UNSET)
        return;
    if (!facts->stale_total) {
        printer_addf(printer, "\nno connection of %" PRIu64 " leads to a backend that is gone\n",
                     facts->connections_total);
        return;
    }
    printer_addf(printer, "\n%" PRIu64 " of %" PRIu64 " connections lead to a backend that is gone\n",
                 facts->stale_total, facts->connections_total);
    for (size_t i = 0; i < facts->stale_connections_count && (i < SHOWN || printer->verbosity > 0); i++) {
        const struct ipvs_connection_facts *c = &facts->stale_connections[i];

        printer_paragraph(printer, "  ", "%s %s to %s by %s (%s), %" PRIu64 " s left", c->protocol, c->client,
                          c->service, c->destination, ipvs_state_names[c->why], c->expires_s);
    }
}

void ipvs_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct ipvs_facts *facts = data;
    const char **settings = NULL;
    size_t settings_count = 0;

    printer_addf(printer, "IPVS (by %s): %zu of %" PRIu64 " virtual services are for DNS\n",
                 table_interface_names[facts->how], facts->services_count, facts->services_total);
    for (size_t i = 0; printer->verbosity >= 0 && i < facts->services_count; i++)
        print_service(&facts->services[i], printer, arena);
    print_stale(facts, printer);
    if (printer->verbosity < 0)
        return;
    for (size_t i = 0; i < facts->sysctls_count; i++)
        if (printer->verbosity > 0 || i < 3)
            *ARENA_PUSH(arena, settings, settings_count) =
                arena_printf(arena, "%s %" PRIu64, facts->sysctls[i].name, facts->sysctls[i].count);
    if (facts->timeouts.udp_s != SHAPE_UNSET)
        *ARENA_PUSH(arena, settings, settings_count) =
            arena_printf(arena, "UDP timeout %" PRIu64 " s", facts->timeouts.udp_s);
    printer_addf(printer, "\n");
    printer_paragraph(printer, "settings: ", "%s", arena_join(arena, settings, settings_count, ", "));
    for (size_t i = 0; i < facts->behaviour_count; i++)
        printer_paragraph(printer, "* ", "%s", facts->behaviour[i]);
}
