/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <k8sdns/diag/explanation.h>
#include <k8sdns/render/explain_text.h>

static int run(struct run *run, const void *config, void *data)
{
    const char *asked =
        run->args_count ? arena_join(run->arena, (const char *const *)run->args, run->args_count, " ") : NULL;

    (void)config;
    return explanation_write(run->arena, asked, data, &run->err);
}

const struct command command_explain = {
    .name = "explain",
    .group = "Find the cause",
    .summary = "a finding, or an application's error message, in words",
    .arguments = "[ID|\"ERROR TEXT\"]",
    .args_max = SIZE_MAX,
    .local = true,
    .shape = &explain_facts_shape,
    .example = "k8sdns explain \"Temporary failure in name resolution\"",
    .run = run,
    .render = explain_text_render,
};
