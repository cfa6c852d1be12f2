/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conntrack_look.h"
#include "rounds.h"
#include <k8sdns/model/facts.h>
#include <k8sdns/render/conntrack_text.h>

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

/* What a look needs besides the options. */
struct conntrack_looking {
    const struct conntrack_config *config;
    struct known_replicas known;
};

/* What takes a privilege that is not there is left out, and said once. */
static int look(struct run *run, const void *looking_at, bool first, const void *before, double seconds,
                void *data)
{
    const struct conntrack_looking *looking = looking_at;
    struct conntrack_facts *facts = data;
    int r = conntrack_look(run, (uint16_t)looking->config->dns_port, &looking->known, facts);

    if (r < 0)
        return r;
    if (!facts->dns && first)
        conntrack_look_unobserved(run);
    run->err = (struct err){0};
    if (before)
        conntrack_facts_rates(run->arena, before, facts, seconds);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct conntrack_config *config = config_at;
    struct conntrack_looking looking = {.config = config};
    int r = known_replicas_find(run, &config->targets, &looking.known);

    return r < 0 ? r : rounds_run(run, &config->rounds, look, &looking, false, data);
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
    .capabilities = CAPABILITY(CAP_NET_ADMIN),
    .shape = &conntrack_facts_shape,
    .part_offset = offsetof(struct facts, conntrack),
    .part_missing = "no connection tracking",
    .example = "k8sdns conntrack --interval 1s --cluster-ip 10.96.0.10",
    .run = run,
    .render = conntrack_text_render,
    .render_part = conntrack_text_render_part,
};
