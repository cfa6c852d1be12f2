/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection_rows.h"
#include "rounds.h"
#include <errno.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/render/diagnosis/diagnose_text.h>

struct diagnose_config {
    struct collection_options collection;
    struct text_list set;
    struct round_options rounds;
};

static const struct diagnose_config defaults = {.collection = COLLECTION_DEFAULTS};

static const struct option_row options[] = {
    COLLECTION_OPTION_ROWS(struct diagnose_config, collection),
    {.name = "set",
     .value = "NAME=VALUE",
     OPTION_AT(WORDS, struct diagnose_config, set),
     .help = "change the threshold of a rule; see k8sdns-findings(7)"},
    ROUND_OPTION_ROWS(struct diagnose_config, rounds),
    {0},
};

static int status_of(const struct run *run, const struct diagnose_facts *facts)
{
    static const int statuses[] = {[HEALTH_OK] = STATUS_OK,
                                   [HEALTH_DEGRADED] = STATUS_WARNING,
                                   [HEALTH_FAILING] = STATUS_CRITICAL,
                                   [HEALTH_UNKNOWN] = STATUS_UNKNOWN};
    bool is_well = facts->status == HEALTH_OK || facts->status == HEALTH_UNKNOWN;

    if (is_well && run->findings_count && run->globals->fail_on == FAIL_ON_INFO)
        return STATUS_WARNING;
    return statuses[facts->status];
}

/* What each diagnosis needs besides the run. */
struct diagnosing {
    const struct diagnose_config *config;
    struct thresholds thresholds;
};

static int look(struct run *run, const void *diagnosing_at, bool first, const void *before, double seconds,
                void *data)
{
    const struct diagnosing *diagnosing = diagnosing_at;
    const struct facts *facts = run->captured;

    (void)first;
    (void)before;
    (void)seconds;
    if (!facts) {
        struct facts *seen = ARENA_NEW(run->arena, struct facts);
        int r;

        run->unobserved = NULL;
        run->unobserved_count = 0;
        r = collection_run(&run->survey, &diagnosing->config->collection, seen);
        if (r < 0)
            return r;
        facts = seen;
    }
    diagnose(run->arena, facts, &diagnosing->thresholds, &run->findings, &run->findings_count, data);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct diagnose_config *config = config_at;
    struct diagnosing diagnosing = {.config = config};
    int r;

    if (run->captured && config->rounds.interval_us)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "a capture does not change: --interval does not go with --from");
    thresholds_init(&diagnosing.thresholds);
    for (size_t i = 0; i < config->set.count; i++) {
        r = threshold_set(&diagnosing.thresholds, config->set.items[i], &run->err);
        if (r < 0)
            return r;
    }
    r = rounds_run(run, &config->rounds, look, &diagnosing, true, data);
    return r < 0 ? r : status_of(run, data);
}

const struct command command_diagnose = {
    .name = "diagnose",
    .group = GROUP_CAUSE,
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
    .capabilities = CAPABILITY(CAP_NET_ADMIN) | CAPABILITIES_BPF,
    .shape = &diagnose_facts_shape,
    .example = "k8sdns diagnose www.aliyun.com",
    .run = run,
    .render = diagnose_text_render,
    .render_part = diagnose_text_render_part,
};
