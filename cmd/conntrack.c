/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "known_replicas.h"
#include "rounds.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/conntrack_summary.h>
#include <k8sdns/model/socket_sharing.h>
#include <k8sdns/render/conntrack_text.h>
#include <k8sdns/source/conntrack_table.h>
#include <k8sdns/source/udp_sockets.h>
#include <math.h>

struct conntrack_config {
    struct target_options targets;
    struct round_options rounds;
    uint64_t dns_port;
};

static const struct conntrack_config defaults = {.dns_port = 53};

static const struct option_row options[] = {
    ROUND_OPTION_ROWS(struct conntrack_config, rounds),
    {.name = "dns-port",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 65535,
     .offset = offsetof(struct conntrack_config, dns_port),
     .help = "the port that clients ask (default 53)"},
    {0},
};

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

static int entries_facts(struct run *run, const struct conntrack_config *config,
                         const struct known_replicas *known, const struct conntrack_table *table,
                         struct conntrack_facts *facts)
{
    const struct conntrack_summary_options of = {
        .port = (uint16_t)config->dns_port,
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
    int r = conntrack_dump((uint16_t)config->dns_port, conntrack_summary_add, summary, &dump, &run->err);

    if (r == 0 && conntrack_summary_wants_again(summary))
        r = conntrack_dump((uint16_t)config->dns_port, conntrack_summary_again, summary, &again, &run->err);
    if (r == 0) {
        conntrack_summary_facts(summary, run->arena, facts);
        facts->dns->filtered = dump.filtered;
        facts->dns->ipv6 = dump.ipv6;
        facts->dns->interrupted = dump.interrupted;
        facts->dns->damaged = dump.damaged;
    }
    conntrack_summary_free(summary);
    return r;
}

static void rates(struct arena *arena, const struct conntrack_facts *before, struct conntrack_facts *now,
                  double seconds)
{
    now->rates = ARENA_NEW(arena, struct conntrack_rate_facts);
    for (size_t i = 0; i < CONNTRACK_COUNTERS; i++) {
        uint64_t was = before->counters.values[i], is = now->counters.values[i];

        now->rates->values[i] = was == CONNTRACK_UNSET || is == CONNTRACK_UNSET || is < was
                                    ? (double)NAN
                                    : (double)(is - was) / seconds;
    }
}

/* Sockets are those of this namespace: a Pod's when looked at from there. Without them nothing else is lost.
 */
static void sockets_facts(struct arena *arena, struct conntrack_facts *facts)
{
    struct socket_entry *sockets;
    size_t count;

    if (udp_sockets_list(arena, &sockets, &count, NULL) == 0)
        socket_sharing_find(arena, sockets, count, &facts->shared_ports, &facts->shared_ports_count);
}

/* What a look needs besides the options. */
struct conntrack_looking {
    const struct conntrack_config *config;
    struct known_replicas known;
};

/* One look at everything. What takes a privilege that is not there is left out, and said once. */
static int look(struct run *run, const void *looking_at, bool first, const void *before, double seconds,
                void *data)
{
    const struct conntrack_looking *looking = looking_at;
    struct conntrack_facts *facts = data;
    struct conntrack_table table;
    int r = conntrack_table_read(run->arena, &table, &run->err);

    facts->replicas = looking->known.names;
    facts->replicas_count = looking->known.names_count;
    if (r < 0)
        return r;
    table_facts(&table, facts);
    sockets_facts(run->arena, facts);
    r = entries_facts(run, looking->config, &looking->known, &table, facts);
    if (r < 0 && first)
        run_unobserved(
            run, "the DNS entries of the connection tracking table", arena_text(run->arena, run->err.text),
            "run it as root on the node, or in a Pod with the capability NET_ADMIN and hostNetwork");
    run->err = (struct err){0};
    if (before)
        rates(run->arena, before, facts, seconds);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct conntrack_config *config = config_at;
    struct conntrack_looking looking = {.config = config};
    int r = known_replicas_find(run, &config->targets, &looking.known);

    return r < 0 ? r : rounds_run(run, &config->rounds, look, &looking, data);
}

const struct command command_conntrack = {
    .name = "conntrack",
    .group = "Look at the node",
    .summary = "connection tracking: fill, drops, DNS entries, port collisions",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct conntrack_config),
    .targets_offset = offsetof(struct conntrack_config, targets),
    .takes_targets = true,
    .shape = &conntrack_facts_shape,
    .example = "k8sdns conntrack --interval 1s --cluster-ip 10.96.0.10",
    .run = run,
    .render = conntrack_text_render,
    .render_part = conntrack_text_render_part,
};
