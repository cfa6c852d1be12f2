/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records beside addresses that programs depend on: SRV, by which they find the port of a Service, and the
 * PTR record of the own address, which many ask for when they start or accept a connection.
 */
#include <k8sdns/collect/collection_state.h>
#include <k8sdns/source/node/own_address.h>
#include <k8sdns/source/probe/prober.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

/* So many named ports of the Services that were named are asked for. */
#define PORTS_MOST 4

struct record_list {
    struct arena *arena;
    struct probe_candidate *items;
    size_t count;
};

static void add(struct record_list *list, const char *name, const char *candidate, uint16_t type)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].type == type && dns_name_equal(list->items[i].candidate, candidate))
            return;
    *ARENA_PUSH(list->arena, list->items, list->count) = (struct probe_candidate){name, candidate, type};
}

/* The named ports of a Service, where objects tell of it. */
static void add_ports(const struct collection *c, struct record_list *list, const char *name)
{
    const char *candidate = matrix_found(c->facts->matrix, name);

    for (size_t i = 0; candidate && c->domain && i < c->services_count; i++) {
        const struct kube_name *service = &c->services[i];

        if (!dns_name_equal(candidate, arena_printf(list->arena, "%s.%s.svc.%s", service->name,
                                                    service->space, c->domain)))
            continue;
        for (size_t k = 0; k < service->ports_count && k < PORTS_MOST; k++)
            add(list, name,
                arena_printf(list->arena, "_%s._%s.%s", service->ports[k].name, service->ports[k].protocol,
                             candidate),
                DNS_TYPE_SRV);
        return;
    }
}

/* This Pod's own addresses, one of each family that servers are reached by. */
static void add_own_addresses(const struct collection *c, struct record_list *list,
                              const struct target_facts *targets, size_t count)
{
    char text[ADDRESS_TEXT], reverse[DNS_REVERSE_TEXT];
    bool has_family[2] = {false, false};

    for (size_t i = 0; i < count; i++) {
        bool six = targets[i].where.family == AF_INET6;
        struct address own;

        if (has_family[six] || !own_address_towards(&targets[i].where, &own) || address_is_loopback(&own) ||
            address_is_link_local(&own))
            continue;
        has_family[six] = true;
        add(list, arena_text(c->survey->arena, address_format(&own, text, sizeof(text))),
            arena_text(c->survey->arena,
                       dns_name_reverse(own.family, six ? (const void *)&own.v6 : &own.v4, reverse)),
            DNS_TYPE_PTR);
    }
}

/*
 * What was lost once more, since one loss may be chance; and where there is no record of a port that every
 * cluster has, what every cluster's DNS says of itself, which tells whether it is one.
 */
static void ask_again(struct collection *c, const struct record_list *all, struct target_facts *targets,
                      size_t count, const size_t *numbers)
{
    static const uint16_t types[] = {DNS_TYPE_SRV};
    const struct matrix_facts *records = c->facts->records;
    struct record_list list = {.arena = c->survey->arena};

    for (size_t i = 0; i < records->probes_count; i++) {
        const struct probe_facts *p = &records->probes[i];

        if (p->status == PROBE_TIMEOUT)
            for (size_t k = 0; k < all->count; k++)
                if (strcmp(all->items[k].candidate, p->candidate) == 0)
                    add(&list, all->items[k].name, all->items[k].candidate, all->items[k].type);
        if ((p->status == PROBE_NXDOMAIN || p->status == PROBE_NODATA) && c->domain &&
            strcmp(p->name, c->own) == 0)
            add(&list, c->own, arena_printf(list.arena, "dns-version.%s", c->domain), DNS_TYPE_TXT);
    }
    if (list.count)
        c->records_again =
            collection_ask_at(c, targets, count, list.items, list.count,
                              &(struct prober_options){.timeout_us = collection_share_us(c, SHARE_AGAIN),
                                                       .types = types,
                                                       .types_count = 1,
                                                       .target_numbers = numbers});
}

void collection_ask_records(struct collection *c)
{
    static const uint16_t types[] = {DNS_TYPE_SRV};
    struct record_list list = {.arena = c->survey->arena};
    struct target_facts *targets = NULL;
    size_t count = 0, *numbers = NULL, numbers_count = 0;

    for (size_t i = 0; c->facts->matrix && i < c->targets_count; i++)
        if (matrix_is_heard(c->facts->matrix, c->targets[i].id)) {
            *ARENA_PUSH(c->survey->arena, targets, count) = c->targets[i];
            *ARENA_PUSH(c->survey->arena, numbers, numbers_count) = i;
        }
    if (!count)
        return;
    if (matrix_found(c->facts->matrix, c->own))
        add(&list, c->own,
            arena_printf(c->survey->arena, "_https._tcp.%.*s", (int)strlen(c->own) - 1, c->own),
            DNS_TYPE_SRV);
    for (size_t i = 0; i < c->facts->names_count; i++)
        if (c->facts->names[i].kind == NAME_GIVEN)
            add_ports(c, &list, c->facts->names[i].name);
    /* Where nobody in the cluster knows the address, an upstream is asked. */
    if (!c->options->no_external)
        add_own_addresses(c, &list, targets, count);
    if (!list.count)
        return;
    c->facts->records = collection_ask_at(c, targets, count, list.items, list.count,
                                          &(struct prober_options){
                                              .timeout_us = collection_share_us(c, SHARE_AGAIN),
                                              .types = types,
                                              .types_count = 1,
                                              .target_numbers = numbers,
                                              .rest = &c->records_rest,
                                          });
    if (c->facts->records)
        ask_again(c, &list, targets, count, numbers);
}

void collection_hear_records(struct collection *c)
{
    struct matrix_facts *records = c->facts->records, *again = c->records_again;
    struct probe_facts *all = NULL;
    size_t all_count = 0;

    prober_rest(c->records_rest);
    c->records_rest = NULL;
    if (!again)
        return;
    for (size_t k = 0; k < records->probes_count; k++)
        *ARENA_PUSH(c->survey->arena, all, all_count) = records->probes[k];
    for (size_t i = 0; i < again->probes_count; i++) {
        const struct probe_facts *p = &again->probes[i];
        bool known = false;

        for (size_t k = 0; k < all_count; k++) {
            struct probe_facts *first = &all[k];

            if (strcmp(first->target, p->target) != 0 || strcmp(first->candidate, p->candidate) != 0 ||
                first->transport != p->transport)
                continue;
            known = true;
            if (first->status == PROBE_TIMEOUT && p->status != PROBE_TIMEOUT)
                *first = *p;
        }
        if (!known)
            *ARENA_PUSH(c->survey->arena, all, all_count) = *p;
    }
    records->probes = all;
    records->probes_count = all_count;
}
