/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/resolver/resolv_text.h>

struct resolv_config {
    int as; /* enum resolver, or AS_DETECTED */
};

static const struct resolv_config defaults = {.as = AS_DETECTED};

static const struct option_row options[] = {
    {.name = "as",
     .value = "RESOLVER",
     .words = resolver_names,
     OPTION_AT(WORD, struct resolv_config, as),
     .help = "judge it for glibc, musl or go (default: the resolver detected)"},
    {0},
};

static int resolv_status(const void *data)
{
    const struct resolv_facts *facts = data;

    if (resolv_facts_fatal(facts, facts->resolver.kind))
        return STATUS_CRITICAL;
    return resolv_facts_loses(facts, facts->resolver.kind) ? STATUS_WARNING : STATUS_OK;
}

static int run(struct run *run, const void *config_at, void *data)
{
    static const int kinds[RESOLVERS] = {
        [RESOLVER_GLIBC] = KIND_GLIBC, [RESOLVER_MUSL] = KIND_MUSL, [RESOLVER_GO] = KIND_GO};
    const struct resolv_config *config = config_at;
    struct resolv_facts *facts = data;
    const struct resolver_view *view;
    int r;

    r = resolver_choose(&run->survey, config->as, facts, &view);
    if (r < 0)
        return r;
    if (config->as >= 0 && facts->resolver.kind != kinds[config->as])
        facts->resolver = (struct resolver_identity){.kind = kinds[config->as], .how = "named with --as"};
    return resolv_status(facts);
}

const struct command command_resolv = {
    .name = "resolv",
    .group = GROUP_CONFIGURATION,
    .observes_process = true,
    .summary = "what glibc, musl and Go each make of resolv.conf",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct resolv_config),
    .shape = &resolv_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct resolv_facts, status),
    .local = true,
    .part_offset = offsetof(struct facts, resolv),
    .part_missing = "no resolv.conf",
    .part_status = resolv_status,
    .example = "k8sdns resolv --pid 4711",
    .run = run,
    .render = resolv_text_render,
};
