/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection_rows.h"
#include <string.h>

struct capture_config {
    struct collection_options collection;
    const char *redact;
};

static const struct capture_config defaults = {.collection = COLLECTION_DEFAULTS};

static const struct option_row options[] = {
    COLLECTION_OPTION_ROWS(struct capture_config, collection),
    {.name = "redact",
     .value = "WORD",
     OPTION_AT(TEXT, struct capture_config, redact),
     .help = "hide names and addresses; alike in captures with the same WORD"},
    {0},
};

static int run(struct run *run, const void *config_at, void *data)
{
    const struct capture_config *config = config_at;
    int r = 0;

    run->redact = config->redact;
    if (run->captured)
        memcpy(data, run->captured, sizeof(*run->captured)); /* to be redacted */
    else
        r = collection_run(&run->survey, &config->collection, data);
    return r < 0 ? r : STATUS_OK;
}

const struct command command_capture = {
    .name = "capture",
    .group = GROUP_CAUSE,
    .summary = "write down all that diagnose would look at, as one JSON file",
    .arguments = "[NAME...]",
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct capture_config),
    .targets_offset = offsetof(struct capture_config, collection.targets),
    .takes_targets = true,
    .json_only = true,
    .from_facts = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN) | CAPABILITIES_BPF,
    .shape = &facts_shape,
    .example = "k8sdns capture > here.json",
    .run = run,
};
