/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection.h"
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/render/diagnose_text.h>

struct diagnose_config {
    struct collection_options collection;
    struct option_words set;
};

static const struct diagnose_config defaults = {.collection = COLLECTION_DEFAULTS};

static const struct option_row options[] = {
    COLLECTION_OPTION_ROWS(struct diagnose_config, collection),
    {.name = "set",
     .value = "NAME=VALUE",
     .kind = OPTION_WORDS,
     .offset = offsetof(struct diagnose_config, set),
     .help = "draw a rule's line elsewhere; see k8sdns-findings(7)"},
    {0},
};

static int status_of(const struct run *run, const struct diagnose_facts *facts)
{
    int worst = SEVERITY_INFO + 1;

    for (size_t i = 0; i < run->findings_count; i++)
        worst = run->findings[i].severity < worst ? run->findings[i].severity : worst;
    if (worst == SEVERITY_CRITICAL)
        return STATUS_CRITICAL;
    if (worst == SEVERITY_WARNING || (worst == SEVERITY_INFO && run->globals->fail_on == FAIL_ON_INFO))
        return STATUS_WARNING;
    return facts->asked ? STATUS_OK : STATUS_UNKNOWN;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct diagnose_config *config = config_at;
    const struct facts *facts = run->captured;
    struct thresholds thresholds;
    int r;

    thresholds_init(&thresholds);
    for (size_t i = 0; i < config->set.count; i++) {
        r = threshold_set(&thresholds, config->set.items[i], &run->err);
        if (r < 0)
            return r;
    }
    if (!facts) {
        struct facts *seen = ARENA_NEW(run->arena, struct facts);

        r = collection_run(run, &config->collection, seen);
        if (r < 0)
            return r;
        facts = seen;
    }
    diagnose(run->arena, facts, &thresholds, &run->findings, &run->findings_count, data);
    return status_of(run, data);
}

const struct command command_diagnose = {
    .name = "diagnose",
    .group = "Find the cause",
    .summary = "look at everything, name the cause, its evidence and a remedy",
    .arguments = "[NAME...]",
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct diagnose_config),
    .targets_offset = offsetof(struct diagnose_config, collection.targets),
    .takes_targets = true,
    .tells_gaps = true,
    .from_facts = true,
    .shape = &diagnose_facts_shape,
    .example = "k8sdns diagnose www.aliyun.com",
    .run = run,
    .render = diagnose_text_render,
};
