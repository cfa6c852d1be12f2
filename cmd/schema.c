/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <jansson.h>
#include <k8sdns/model/shape/page_facts.h>
#include <k8sdns/model/shape/version_facts.h>
#include <k8sdns/render/page/json_schema.h>
#include <k8sdns/render/page/page_text.h>
#include <stdlib.h>

#define COMMANDS_MAX 64

static int run(struct run *run, const void *config, void *data)
{
    struct schema_command list[COMMANDS_MAX];
    struct page_facts *facts = data;
    json_t *schema;
    size_t n = 0;
    char *text;

    (void)config;
    for (; commands[n] && n < COMMANDS_MAX - 1; n++)
        list[n] = (struct schema_command){commands[n]->name, commands[n]->shape, commands[n]->part_shapes};
    list[n++] = (struct schema_command){"version", &version_facts_shape, NULL};
    schema = schema_make(list, n);
    text = json_dumps(schema, JSON_INDENT(2));
    facts->text = arena_printf(run->arena, "%s\n", text ? text : "");
    free(text);
    json_decref(schema);
    return STATUS_OK;
}

const struct command command_schema = {
    .name = "schema",
    .group = GROUP_ABOUT,
    .summary = "the JSON Schema of everything that --json prints",
    .arguments = "",
    .sandbox = SANDBOX_FILES,
    .shape = &page_facts_shape,
    .example = "k8sdns schema > k8sdns.schema.json",
    .run = run,
    .render = page_text_render,
};
