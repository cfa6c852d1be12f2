/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <k8sdns/collect/collect_ipvs.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/node/ipvs_text.h>
#include <k8sdns/wire/dns/dns_message.h>

struct ipvs_config {
    struct target_options targets;
    uint64_t dns_port;
};

static const struct ipvs_config defaults = {.dns_port = DNS_PORT};

static const struct option_row options[] = {
    PORT_OPTION_ROWS(struct ipvs_config, dns_port, "the port that clients ask (default 53)"),
    {0},
};

static int run(struct run *run, const void *config_at, void *data)
{
    const struct ipvs_config *config = config_at;
    struct known_replicas known;
    int r = known_replicas_find(&run->survey, &config->targets, &known);

    if (r == 0)
        r = collect_ipvs(&run->survey, (uint16_t)config->dns_port, &known, data);
    return r < 0 ? r : STATUS_OK;
}

const struct command command_ipvs = {
    .name = "ipvs",
    .group = GROUP_NODE,
    .summary = "IPVS: DNS services, their backends, connections to removed ones",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct ipvs_config),
    .targets_offset = offsetof(struct ipvs_config, targets),
    .takes_targets = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN),
    .shape = &ipvs_facts_shape,
    .part_offset = offsetof(struct facts, ipvs),
    .part_missing = "no IPVS",
    .example = "k8sdns ipvs --cluster-ip 10.96.0.10",
    .run = run,
    .render = ipvs_text_render,
};
