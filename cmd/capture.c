/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection.h"

struct capture_config {
    struct collection_options collection;
    const char *redact;
};

static const struct capture_config defaults = {.collection = COLLECTION_DEFAULTS};

static const struct option_row options[] = {
    COLLECTION_OPTION_ROWS(struct capture_config, collection),
    {.name = "redact",
     .value = "WORD",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct capture_config, redact),
     .help = "hide names and addresses; alike in captures with the same WORD"},
    {0},
};

static int run(struct run *run, const void *config_at, void *data)
{
    const struct capture_config *config = config_at;
    int r = collection_run(run, &config->collection, data);

    run->redact = config->redact;
    return r < 0 ? r : STATUS_OK;
}

const struct command command_capture = {
    .name = "capture",
    .group = "Find the cause",
    .summary = "write down all that diagnose would look at, as one JSON file",
    .arguments = "[NAME...]",
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct capture_config),
    .targets_offset = offsetof(struct capture_config, collection.targets),
    .takes_targets = true,
    .json_only = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN) | CAPABILITIES_BPF,
    .shape = &facts_shape,
    .example = "k8sdns capture > here.json",
    .run = run,
};
