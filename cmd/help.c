/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "dispatch.h"
#include "usage.h"
#include <errno.h>
#include <k8sdns/model/shape/page_facts.h>
#include <k8sdns/render/page/page_text.h>

static int run(struct run *run, const void *config, void *data)
{
    struct page_facts *facts = data;
    struct text text = {0};

    (void)config;
    if (run->args_count) {
        const struct command *command = dispatch_find(run->args[0], &run->err);

        if (!command)
            return -EINVAL;
        usage_command(&text, command);
    } else {
        usage_overview(&text);
    }
    facts->text = arena_text(run->arena, text_string(&text));
    text_fini(&text);
    return STATUS_OK;
}

const struct command command_help = {
    .name = "help",
    .group = GROUP_ABOUT,
    .summary = "the commands, or the options of one",
    .arguments = "[COMMAND]",
    .args_max = 1,
    .sandbox = SANDBOX_FILES,
    .shape = &page_facts_shape,
    .example = "k8sdns help probe",
    .run = run,
    .render = page_text_render,
};
