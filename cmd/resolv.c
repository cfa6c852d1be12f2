/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver_choice.h"
#include <k8sdns/model/facts.h>
#include <k8sdns/render/resolv_text.h>

static int run(struct run *run, const void *config, void *data)
{
    struct resolv_facts *facts = data;
    const struct resolver_view *view;
    int r;

    (void)config;
    r = resolver_choose(run, -1, facts, &view);
    if (r < 0)
        return r;
    return resolv_facts_loses(facts, facts->resolver.kind) ? STATUS_WARNING : STATUS_OK;
}

const struct command command_resolv = {
    .name = "resolv",
    .group = "Read the configuration",
    .summary = "what glibc, musl and Go each make of resolv.conf",
    .arguments = "",
    .shape = &resolv_facts_shape,
    .local = true,
    .part_offset = offsetof(struct facts, resolv),
    .part_missing = "no resolv.conf",
    .example = "k8sdns resolv --pid 4711",
    .run = run,
    .render = resolv_text_render,
};
