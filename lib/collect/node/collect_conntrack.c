/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/collect/collect_conntrack.h>
#include <k8sdns/collect/collect_sockets.h>
#include <k8sdns/model/node/conntrack_summary.h>
#include <k8sdns/model/node/socket_sharing.h>
#include <k8sdns/source/node/conntrack_table.h>
#include <k8sdns/source/node/netns_owner.h>
#include <k8sdns/source/node/own_address.h>
#include <k8sdns/source/node/udp_sockets.h>
#include <math.h>
#include <string.h>

static void table_facts(const struct conntrack_table *table, struct conntrack_facts *facts)
{
    bool any = table->entries != CONNTRACK_UNSET && table->entries > 0;
    bool said = table->cpus_count > 0;

    for (size_t i = 0; i < CONNTRACK_COUNTERS; i++)
        any = any || (table->sum.values[i] != CONNTRACK_UNSET && table->sum.values[i] > 0);
    facts->table = (struct conntrack_table_facts){
        .entries = table->entries,
        .max = table->max,
        .buckets = table->buckets,
        .fill_ratio = table->entries == CONNTRACK_UNSET || table->max == CONNTRACK_UNSET || !table->max
                          ? (double)NAN
                          : (double)table->entries / (double)table->max,
        .how = table->how,
        .hooks = any    ? 1
                 : said ? 0
                        : -1,
    };
    facts->counters = table->sum;
    facts->per_cpu = table->cpus;
    facts->per_cpu_count = table->cpus_count;
}

static int entries_facts(struct survey *survey, uint16_t port, const struct known_replicas *known,
                         const struct conntrack_table *table, struct conntrack_facts *facts)
{
    const struct conntrack_summary_options of = {
        .port = port,
        .replicas = known->replicas,
        .replicas_count = known->replicas_count,
        .cluster_ips = known->cluster_ips,
        .cluster_ips_count = known->cluster_ips_count,
        .now_ns = clock_realtime_ns(),
        .port_low = table->port_low,
        .port_high = table->port_high,
    };
    struct conntrack_summary *summary = conntrack_summary_new(&of);
    struct conntrack_dump dump, again;
    int r = conntrack_dump(port, conntrack_summary_add, summary, &dump, &survey->err);

    if (r == 0 && conntrack_summary_wants_again(summary))
        r = conntrack_dump(port, conntrack_summary_again, summary, &again, &survey->err);
    if (r == 0) {
        conntrack_summary_facts(summary, survey->arena, facts);
        facts->dns->filtered = dump.filtered;
        facts->dns->ipv6 = dump.ipv6;
        facts->dns->interrupted = dump.interrupted;
        facts->dns->damaged = dump.damaged;
    }
    conntrack_summary_free(summary);
    return r;
}

/* Who has the socket of a client with a stale entry: it keeps the entry alive. */
static void name_clients(struct arena *arena, const struct socket_entry *sockets, size_t count,
                         struct conntrack_facts *facts)
{
    struct netns_owners *owners = facts->stale_count ? netns_owners_new() : NULL;

    for (size_t i = 0; i < facts->stale_count; i++) {
        struct conntrack_tuple_facts *entry = &facts->stale[i];
        const char *process = NULL;
        struct address client;
        struct err err;

        if (strcmp(entry->protocol, "udp") != 0 || address_parse(entry->orig_src, 0, &client, &err) < 0 ||
            !own_address_interface(arena, &client))
            continue;
        for (size_t k = 0; k < count && !process; k++)
            if (sockets[k].local.port == client.port)
                process = netns_owners_process(owners, sockets[k].inode);
        entry->process = process ? arena_text(arena, process) : NULL;
    }
    if (owners)
        netns_owners_free(owners);
}

/* Sockets are those of this namespace: a Pod's when looked at from there. Without them nothing else is lost.
 */
static void sockets_facts(struct arena *arena, struct conntrack_facts *facts)
{
    struct socket_entry *sockets;
    size_t count;

    if (udp_sockets_list(arena, &sockets, &count, NULL) < 0)
        return;
    name_clients(arena, sockets, count, facts);
    socket_sharing_find(arena, sockets, count, &facts->shared_ports, &facts->shared_ports_count);
}

/* Where a data plane translates at the socket, what it does is in no entry. */
static void find_backend(struct survey *survey, uint16_t port, const struct known_replicas *known,
                         struct conntrack_facts *facts)
{
    for (size_t i = 0; i < known->cluster_ips_count && !facts->socket_backend; i++) {
        struct address cluster_ip = known->cluster_ips[i];
        bool refused;

        cluster_ip.port = port;
        facts->socket_backend = collect_sockets_backend(survey, &cluster_ip, &refused);
    }
}

int collect_conntrack_counters(struct survey *survey, struct conntrack_facts *facts)
{
    struct conntrack_table table;
    int r = conntrack_table_read(survey->arena, &table, &survey->err);

    facts->status = -1;
    if (r == 0)
        table_facts(&table, facts);
    return r;
}

int collect_conntrack(struct survey *survey, uint16_t port, const struct known_replicas *known,
                      struct conntrack_facts *facts)
{
    struct conntrack_table table;
    int r = conntrack_table_read(survey->arena, &table, &survey->err);

    if (r < 0)
        return r;
    facts->status = -1;
    facts->replicas = known->names;
    facts->replicas_count = known->names_count;
    table_facts(&table, facts);
    /* Without the right to read entries the rest stands. */
    (void)!entries_facts(survey, port, known, &table, facts);
    sockets_facts(survey->arena, facts);
    find_backend(survey, port, known, facts);
    return 0;
}

void collect_conntrack_unobserved(struct survey *survey)
{
    survey_unobserved_as(
        survey, GAP_CONNTRACK_ENTRIES, "the DNS entries of the conntrack table",
        arena_text(survey->arena, survey->err.text),
        "run it as root on the node, or in a Pod with the capability NET_ADMIN and hostNetwork");
}
