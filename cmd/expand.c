/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver_choice.h"
#include <errno.h>
#include <k8sdns/model/plan_facts.h>
#include <k8sdns/render/expand_text.h>
#include <string.h>

/* A search list may have thousands of domains: so many questions in all are shown, the rest is refused. */
#define QUERIES_MAX 1000000
#define NAMES_MAX   1024

struct expand_config {
    int as; /* enum resolver, AS_ALL or AS_DETECTED */
};

static const struct expand_config defaults = {.as = AS_DETECTED};

static const struct option_row options[] = {
    {.name = "as",
     .value = "glibc|musl|go|all",
     .kind = OPTION_WORD,
     .words = as_words,
     .offset = offsetof(struct expand_config, as),
     .help = "whose questions (default: of the resolver detected)"},
    {0},
};

static int run(struct run *run, const void *config_at, void *data)
{
    const struct expand_config *config = config_at;
    struct expand_facts *facts = data;
    struct resolv_facts resolv;
    const char **names;
    size_t queries = 0, count;
    int first, last, r;

    names_choose(run, &names, &count);
    if (count > NAMES_MAX)
        return err_set(&run->err, ERR_USAGE, E2BIG, "more than %d names", NAMES_MAX);
    r = resolvers_choose(run, config->as, &resolv, &first, &last);
    if (r < 0)
        return r;
    facts->detected = resolv.resolver.kind;
    for (size_t i = 0; i < count; i++) {
        struct name_plans *plans = ARENA_PUSH(run->arena, facts->names, facts->names_count);

        plans->name = names[i];
        for (int resolver = first; resolver <= last; resolver++) {
            struct plan *plan = ARENA_PUSH(run->arena, plans->plans, plans->plans_count);

            plan_make(run->arena, &resolv.views[resolver], plans->name, plan);
            queries += plan->queries_count;
        }
        if (queries > QUERIES_MAX)
            return err_set(&run->err, ERR_USAGE, E2BIG, "over %d questions; ask for fewer names at once",
                           QUERIES_MAX);
    }
    return STATUS_OK;
}

const struct command command_expand = {
    .name = "expand",
    .group = "Read the configuration",
    .summary = "the questions that a resolver sends for a name",
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
