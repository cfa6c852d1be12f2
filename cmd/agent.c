/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection_rows.h"
#include "emit.h"
#include "record_rows.h"
#include <errno.h>
#include <k8sdns/agent/agent_run.h>
#include <string.h>

/* A free one of those that exporters share among them (9100 to 9999), and it ends as DNS's own does. */
#define PORT_DEFAULT     9953
#define REPLICAS_DEFAULT 3

struct agent_config {
    struct collection_options collection;
    struct text_list set, without;
    const char *listen, *web_config, *zone;
    uint64_t interval_us, check_us, duration_us, replicas;
    bool no_listen;
    struct record_options record;
};

static const struct agent_config defaults = {.collection = COLLECTION_DEFAULTS,
                                             .listen = "127.0.0.1",
                                             .interval_us = 5000000,
                                             .check_us = 300000000,
                                             .replicas = REPLICAS_DEFAULT};

#define ROW(kind, member) OPTION_AT(kind, struct agent_config, member)

static const struct option_row options[] = {
    {.name = "listen",
     .value = "ADDR:PORT",
     ROW(TEXT, listen),
     .help = "serve metrics there (default 127.0.0.1:9953)"},
    {.name = "no-listen", ROW(FLAG, no_listen), .help = "serve none: only lines on standard output"},
    {.name = "interval",
     .value = "DURATION",
     .min = 500000,
     .max = UINT64_C(3600000000),
     ROW(DURATION, interval_us),
     .help = "ask each server for each name, and judge, each (default 5s)"},
    {.name = "check",
     .value = "DURATION",
     .min = 1000000,
     .max = UINT64_C(86400000000),
     ROW(DURATION, check_us),
     .help = "look for servers, and check all as diagnose does, each (default 5m)"},
    {.name = "replicas",
     .value = "N",
     .min = 0,
     .max = AGENT_SERVERS_MAX,
     ROW(NUMBER, replicas),
     .help = "ask N replicas, which the node's name chooses (default 3)"},
    {.name = "without",
     .value = "PART",
     .words = agent_part_names,
     ROW(WORDS, without),
     .help = "leave out probes, lookups, drops, conntrack, flows or node"},
    {.name = "web-config",
     .value = "FILE",
     ROW(TEXT, web_config),
     .help = "TLS and users of the metrics, in the form that exporters have"},
    {.name = "zone", .value = "TEXT", ROW(TEXT, zone), .help = "the node's zone, for k8sdns_node_info"},
    RECORD_OPTION_ROWS(struct agent_config, record),
    DURATION_OPTION_ROW(struct agent_config, duration_us),
    COLLECTION_OPTION_ROWS(struct agent_config, collection),
    {.name = "set",
     .value = "NAME=VALUE",
     ROW(WORDS, set),
     .help = "change the threshold of a rule; see k8sdns-findings(7)"},
    {0},
};

static int tell(void *user, const struct agent_event_facts *event)
{
    struct run *run = user;
    int r = emit_piece(run, &agent_event_facts_shape, event, NULL);

    /* A full disk is no reason to stop looking. */
    if (r == -EDQUOT)
        r = -ENOSPC;
    if (r == -ENOSPC)
        run->err = (struct err){0};
    return r;
}

static int read_set(struct run *run, const struct text_list *set, struct thresholds *thresholds)
{
    int r = 0;

    thresholds_init(thresholds);
    for (size_t i = 0; r == 0 && i < set->count; i++)
        r = threshold_set(thresholds, set->items[i], &run->err);
    return r;
}

static void read_without(const struct text_list *without, bool parts[AGENT_PARTS])
{
    for (size_t i = 0; i < without->count; i++)
        for (int part = 0; part < AGENT_PARTS; part++)
            parts[part] = parts[part] || strcmp(without->items[i], agent_part_names[part]) == 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct agent_config *config = config_at;
    struct thresholds thresholds;
    struct agent_options agent = {.collection = &config->collection,
                                  .thresholds = &thresholds,
                                  .interval_us = config->interval_us,
                                  .check_us = config->check_us,
                                  .duration_us = config->duration_us,
                                  .replicas = config->replicas,
                                  .web_config = config->web_config,
                                  .zone = config->zone,
                                  .version = VERSION,
                                  .tell = tell,
                                  .user = run};
    int r = read_set(run, &config->set, &thresholds);

    if (r == 0)
        r = record_options_take(&config->record, &agent.record, &run->err);
    if (r < 0)
        return r;
    read_without(&config->without, agent.without);
    if (config->no_listen && (config->listen != defaults.listen || config->web_config))
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "--no-listen goes with neither --listen nor --web-config");
    if (!config->no_listen && address_parse(config->listen, PORT_DEFAULT, &agent.listen, NULL) < 0)
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "--listen: '%s' is no address to listen at; write it like 127.0.0.1:9953, 0.0.0.0:9953 or "
            "[::1]:9953",
            config->listen);
    r = agent_run(&run->survey, &agent, data);
    return r < 0 ? r : STATUS_OK;
}

static uint64_t capabilities_for(const void *config_at)
{
    const struct agent_config *config = config_at;

    bool without[AGENT_PARTS] = {false};

    /* Libraries of new processes get probes as long as it runs; drops keep it for probes in modules. */
    read_without(&config->without, without);
    return (config->record.folder ? CAPABILITIES_RECORD : 0) |
           (without[AGENT_LOOKUPS] && without[AGENT_DROPS] ? 0 : CAPABILITY(CAP_SYS_ADMIN));
}

const struct command command_agent = {
    .name = "agent",
    .group = GROUP_CAUSE,
    .summary = "stay on a node: ask, watch, judge, serve metrics",
    .arguments = "[NAME...]",
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct agent_config),
    .targets_offset = offsetof(struct agent_config, collection.targets),
    .takes_targets = true,
    .json_only = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN) | CAPABILITIES_BPF,
    .capabilities_for = capabilities_for,
    .chooses_ports = true,
    .shape = &agent_facts_shape,
    .part_shapes = (const struct shape *const[]){&agent_event_facts_shape, NULL},
    .example = "k8sdns agent --listen 10.0.0.5:9953",
    .run = run,
};
