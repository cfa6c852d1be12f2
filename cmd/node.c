/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rounds.h"
#include <errno.h>
#include <k8sdns/collect/known_replicas.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/node/node_text.h>
#include <k8sdns/source/node/node_limits.h>
#include <k8sdns/wire/dns/dns_message.h>

struct node_config {
    struct target_options targets;
    struct round_options rounds;
    uint64_t dns_port;
};

static const struct node_config defaults = {.dns_port = DNS_PORT};

static const struct option_row options[] = {
    ROUND_OPTION_ROWS(struct node_config, rounds),
    PORT_OPTION_ROWS(struct node_config, dns_port, "the port of DNS servers here (default 53)"),
    {0},
};

static int look(struct run *run, const void *question, bool first, const void *before, double seconds,
                void *data)
{
    (void)first;
    if (!node_limits_read(run->arena, question, data))
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "nothing of /proc and rtnetlink can be read here");
    if (before)
        node_facts_compare(before, data, seconds);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct node_config *config = config_at;
    struct node_question question = {.pid = run->globals->pid, .dns_port = (uint16_t)config->dns_port};
    struct address *targets = NULL;
    struct known_replicas known;
    int r = known_replicas_find(&run->survey, &config->targets, &known);

    if (r < 0)
        return r;
    for (size_t i = 0; i < known.cluster_ips_count; i++)
        *ARENA_PUSH(run->arena, targets, question.targets_count) = known.cluster_ips[i];
    for (size_t i = 0; i < known.replicas_count; i++)
        *ARENA_PUSH(run->arena, targets, question.targets_count) = known.replicas[i];
    for (size_t i = 0; i < config->targets.target.count; i++)
        *ARENA_PUSH(run->arena, targets, question.targets_count) = config->targets.target.items[i];
    question.targets = targets;
    return rounds_run(run, &config->rounds, look, &question, false, data);
}

const struct command command_node = {
    .name = "node",
    .group = GROUP_NODE,
    .summary = "the other limits of a node: neighbours, sockets, buffers, CPU",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct node_config),
    .targets_offset = offsetof(struct node_config, targets),
    .takes_targets = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN),
    .shape = &node_facts_shape,
    .part_offset = offsetof(struct facts, node),
    .part_missing = "no limits of a node",
    .example = "k8sdns node --interval 1s",
    .run = run,
    .render = node_text_render,
    .render_part = node_text_render_part,
};
