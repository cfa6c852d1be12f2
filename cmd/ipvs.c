/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "known_replicas.h"
#include <errno.h>
#include <k8sdns/model/host_facts.h>
#include <k8sdns/render/ipvs_text.h>
#include <k8sdns/source/ipvs_dump.h>
#include <string.h>

struct ipvs_config {
    struct target_options targets;
    uint64_t dns_port;
};

static const struct ipvs_config defaults = {.dns_port = 53};

static const struct option_row options[] = {
    {.name = "dns-port",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 65535,
     .offset = offsetof(struct ipvs_config, dns_port),
     .help = "the port that clients ask (default 53)"},
    {0},
};

struct adding {
    struct arena *arena;
    struct ipvs_facts *facts;
};

static void on_connection(void *user, const struct ipvs_connection *connection)
{
    struct adding *adding = user;

    ipvs_summary_add(adding->arena, connection, adding->facts);
}

static int run(struct run *run, const void *config_at, void *data)
{
    static const char privilege[] = "run it as root on the node, or in a Pod with NET_ADMIN and hostNetwork";
    const struct ipvs_config *config = config_at;
    struct ipvs_facts *facts = data;
    struct adding adding = {run->arena, facts};
    struct known_replicas known;
    struct ipvs_table table;
    int r = known_replicas_find(run, &config->targets, &known);

    if (r == 0)
        r = ipvs_table_read(run->arena, (uint16_t)config->dns_port, &table, &run->err);
    if (r < 0)
        return r;
    if (!table.services_count)
        return err_set(&run->err, ERR_UNOBSERVED, ESRCH,
                       "IPVS has no virtual service on port %u in this network namespace, and %llu in all",
                       (unsigned)config->dns_port, (unsigned long long)table.services_total);
    facts->replicas = known.names;
    facts->replicas_count = known.names_count;
    ipvs_summary_begin(run->arena, &table, known.replicas, known.replicas_count, facts);
    if (strcmp(table.how, "netlink") != 0)
        run_unobserved(run, "packets and timeouts of IPVS", "it takes CAP_NET_ADMIN", privilege);
    if (ipvs_connections_read(on_connection, &adding, &run->err) < 0) {
        run_unobserved(run, "the connections of IPVS", arena_text(run->arena, run->err.text), privilege);
        run->err = (struct err){0};
        facts->connections_total = facts->stale_total = SHAPE_UNSET;
    }
    ipvs_sysctls_read(run->arena, facts);
    ipvs_summary_behaviour(run->arena, run->host->kernel ? run->host->kernel : "", facts);
    return STATUS_OK;
}

const struct command command_ipvs = {
    .name = "ipvs",
    .group = "Look at the node",
    .summary = "IPVS: DNS services, their backends, connections to removed ones",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct ipvs_config),
    .targets_offset = offsetof(struct ipvs_config, targets),
    .takes_targets = true,
    .shape = &ipvs_facts_shape,
    .example = "k8sdns ipvs --cluster-ip 10.96.0.10",
    .run = run,
    .render = ipvs_text_render,
};
