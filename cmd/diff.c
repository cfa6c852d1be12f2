/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_file.h"
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/report/diff_facts.h>
#include <k8sdns/render/report/diff_text.h>

struct diff_config {
    struct text_list set;
};

static const struct diff_config defaults = {{0}};

static const struct option_row options[] = {
    {.name = "set",
     .value = "NAME=VALUE",
     OPTION_AT(WORDS, struct diff_config, set),
     .help = "change the threshold of a rule; see k8sdns-findings(7)"},
    {0},
};

/* Read a capture and judge it. */
static int look(struct run *run, const char *path, const struct thresholds *thresholds,
                struct diff_side *side)
{
    struct diagnose_facts *diagnosis = ARENA_NEW(run->arena, struct diagnose_facts);
    struct finding *findings = NULL;
    size_t count = 0;
    int r = capture_moment_read(run, path);

    if (r < 0)
        return r;
    diagnose(run->arena, run->captured, thresholds, &findings, &count, diagnosis);
    *side = (struct diff_side){run->captured, diagnosis};
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct diff_config *config = config_at;
    struct diff_facts *facts = data;
    struct diff_side before, after;
    struct thresholds thresholds;
    int r = 0;

    thresholds_init(&thresholds);
    for (size_t i = 0; r == 0 && i < config->set.count; i++)
        r = threshold_set(&thresholds, config->set.items[i], &run->err);
    if (r == 0)
        r = look(run, run->args[0], &thresholds, &before);
    /* What the first could not see is no gap of the second. */
    run->unobserved = NULL;
    run->unobserved_count = 0;
    if (r == 0)
        r = look(run, run->args[1], &thresholds, &after);
    if (r < 0)
        return r;
    run->captured_gaps = run->unobserved_count;
    diff_make(run->arena, &before, &after, facts);
    return facts->change == DIFF_WORSE ? STATUS_WARNING : STATUS_OK;
}

const struct command command_diff = {
    .name = "diff",
    .group = GROUP_CAUSE,
    .summary = "two captures or moments: what is better, worse, or changed",
    .arguments = "BEFORE AFTER",
    .args_min = 2,
    .args_max = 2,
    .reads_folders = true,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct diff_config),
    .sandbox = SANDBOX_FILES,
    .local = true,
    .shape = &diff_facts_shape,
    .example = "k8sdns diff before.json after.json",
    .run = run,
    .render = diff_text_render,
};
