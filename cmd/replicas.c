/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <errno.h>
#include <k8sdns/collect/discovery.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/cluster/replicas_text.h>

struct replicas_config {
    struct target_options targets;
    bool no_identity;
    uint64_t timeout_us;
};

static const struct replicas_config defaults = {.timeout_us = 1000000};

static const struct option_row options[] = {
    {.name = "no-identity",
     OPTION_AT(FLAG, struct replicas_config, no_identity),
     .help = "do not ask the servers who they are"},
    {.name = "timeout",
     .value = "DURATION",
     .min = 1000,
     .max = 60000000,
     OPTION_AT(DURATION, struct replicas_config, timeout_us),
     .help = "how long a server may take to say who it is (default 1s)"},
    {0},
};

static int run(struct run *run, const void *config_at, void *data)
{
    const struct replicas_config *config = config_at;
    struct replicas_facts *facts = data;
    const struct resolver_view *view;
    const struct discovery_asks asks = {.kernel = true,
                                        .identity_us = config->no_identity ? 0 : config->timeout_us};
    struct resolv_facts resolv;
    int r;

    /* Without the file there may still be options, and the API. */
    r = resolver_choose_if_any(&run->survey, RESOLVER_GLIBC, &resolv, &view);
    if (r < 0)
        return r;
    r = discovery_run(&run->survey, &config->targets, view ? &resolv : NULL, view, &asks, facts);
    if (r < 0)
        return r;
    facts->dns = run->survey.dns;
    discovery_unobserved(&run->survey, facts);
    if (!facts->replicas_count && !run->unobserved_count)
        survey_unobserved_as(&run->survey, GAP_REPLICAS, NULL, "no source shows them here",
                             discovery_remedy(&run->survey));
    return facts->replicas_count ? STATUS_OK : STATUS_UNKNOWN;
}

const struct command command_replicas = {
    .name = "replicas",
    .group = GROUP_SERVERS,
    .summary = "the ClusterIP and every CoreDNS replica, and how each was found",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct replicas_config),
    .targets_offset = offsetof(struct replicas_config, targets),
    .takes_targets = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN),
    .shape = &replicas_facts_shape,
    .part_offset = offsetof(struct facts, replicas),
    .part_missing = "no replicas",
    .example = "k8sdns replicas --endpoints endpoints.json",
    .run = run,
    .render = replicas_text_render,
};
