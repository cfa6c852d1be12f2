/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "rounds.h"
#include <errno.h>
#include <k8sdns/render/node_text.h>
#include <k8sdns/source/node_limits.h>

struct node_config {
    struct round_options rounds;
    uint64_t dns_port;
};

static const struct node_config defaults = {.dns_port = 53};

static const struct option_row options[] = {
    ROUND_OPTION_ROWS(struct node_config, rounds),
    {.name = "dns-port",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 65535,
     .offset = offsetof(struct node_config, dns_port),
     .help = "the port of DNS servers here (default 53)"},
    {0},
};

static int look(struct run *run, const void *config_at, bool first, const void *before, double seconds,
                void *data)
{
    const struct node_config *config = config_at;

    (void)first;
    if (!node_limits_read(run->arena, run->globals->pid, (uint16_t)config->dns_port, data))
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "nothing of /proc and rtnetlink can be read here");
    if (before)
        node_facts_compare(before, data, seconds);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct node_config *config = config_at;

    return rounds_run(run, &config->rounds, look, config_at, data);
}

const struct command command_node = {
    .name = "node",
    .group = "Look at the node",
    .summary = "the other limits of a node: neighbours, sockets, buffers, CPU",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct node_config),
    .shape = &node_facts_shape,
    .example = "k8sdns node --interval 1s",
    .run = run,
    .render = node_text_render,
    .render_part = node_text_render_part,
};
