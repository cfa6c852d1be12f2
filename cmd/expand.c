/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <errno.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/render/resolver/expand_text.h>
#include <string.h>

/* A search list may have thousands of domains: so many questions in all are shown, the rest is refused. */
#define QUERIES_MAX 1000000
#define NAMES_MAX   1024

struct expand_config {
    struct text_list as; /* none: the one detected */
};

static const struct expand_config defaults = {0};

static const struct option_row options[] = {
    {.name = "as",
     .value = "RESOLVER,...",
     .words = resolver_as_names,
     OPTION_AT(WORDS, struct expand_config, as),
     .help =
         "whose queries: glibc, musl, go, all three, c-ares, nginx, busybox-nslookup, ..., everything (default: of the resolver detected)"},
    {0},
};

static int run(struct run *run, const void *config_at, void *data)
{
    const struct expand_config *config = config_at;
    struct expand_facts *facts = data;
    struct resolv_facts resolv;
    const char **names;
    struct resolver_view *views;
    size_t queries = 0, count, views_count;
    int r;

    names_choose(&run->survey, &names, &count);
    if (count > NAMES_MAX)
        return err_set(&run->err, ERR_USAGE, E2BIG, "more than %d names", NAMES_MAX);
    r = resolvers_choose(&run->survey, &config->as, false, &resolv, &views, &views_count);
    if (r < 0)
        return r;
    facts->names_as = resolv.names_as;
    facts->detected = resolv.resolver.kind;
    for (size_t i = 0; i < count; i++) {
        struct name_plans *plans = ARENA_PUSH(run->arena, facts->names, facts->names_count);

        plans->name = names[i];
        for (size_t v = 0; v < views_count; v++) {
            struct plan *plan = ARENA_PUSH(run->arena, plans->plans, plans->plans_count);

            plan_make(run->arena, &views[v], plans->name, plan);
            queries += plan->queries_count;
        }
        if (queries > QUERIES_MAX)
            return err_set(&run->err, ERR_USAGE, E2BIG, "over %d queries; ask for fewer names at once",
                           QUERIES_MAX);
    }
    return STATUS_OK;
}

const struct command command_expand = {
    .name = "expand",
    .group = GROUP_CONFIGURATION,
    .observes_process = true,
    .summary = "the queries that a resolver sends for a name",
    .arguments = "NAME...",
    .args_min = 1,
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct expand_config),
    .from_facts = true,
    .shape = &expand_facts_shape,
    .local = true,
    .example = "k8sdns expand www.aliyun.com --as all",
    .run = run,
    .render = expand_text_render,
};
