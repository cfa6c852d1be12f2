/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "question_set.h"
#include "resolver_choice.h"
#include "targets.h"
#include <errno.h>
#include <k8sdns/model/plan_facts.h>
#include <k8sdns/wire/dns_message.h>
#include <k8sdns/wire/dns_name.h>
#include <k8sdns/wire/dns_words.h>
#include <k8sdns/wire/resolv_conf.h>
#include <string.h>

#define NAMES_MAX 1024

static int parse_types(const struct option_words *words, struct question_set *set, struct err *err)
{
    if (words->count > QUESTION_TYPES_MAX)
        return err_set(err, ERR_USAGE, E2BIG, "--type: more than %d types", QUESTION_TYPES_MAX);
    for (size_t i = 0; i < words->count; i++)
        if (dns_type_parse(words->items[i], &set->types[i]) < 0)
            return err_set(err, ERR_USAGE, EINVAL,
                           "--type: '%s' is no DNS type; write a name like MX, or TYPE65280",
                           words->items[i]);
    set->types_count = words->count;
    if (!set->types_count) {
        set->types[set->types_count++] = DNS_TYPE_A;
        set->types[set->types_count++] = DNS_TYPE_AAAA;
    }
    return 0;
}

static void add_candidate(struct arena *arena, struct question_set *set, const char *name,
                          const char *candidate)
{
    for (size_t i = 0; i < set->candidates_count; i++)
        if (strcmp(set->candidates[i].name, name) == 0 &&
            dns_name_equal(set->candidates[i].candidate, candidate))
            return;
    *ARENA_PUSH(arena, set->candidates, set->candidates_count) = (struct probe_candidate){name, candidate};
}

/* The full names to ask for, in the order in which the resolver of the view would try them. */
static int expand(struct arena *arena, struct question_set *set, bool search, const char *name,
                  struct err *err)
{
    uint8_t wire[DNS_NAME_WIRE_MAX];
    size_t len = strlen(name);
    struct plan plan;
    int r;

    r = dns_name_from_text(name, wire, err);
    if (r < 0) {
        err->kind = ERR_USAGE;
        return r;
    }
    plan_make(arena, set->view, name, &plan);
    for (size_t i = 0; search && i < plan.queries_count; i++)
        add_candidate(arena, set, name, plan.queries[i].name);
    /* A name that this resolver never sends can still be asked for. */
    if (!search || !plan.queries_count) {
        if (len > 1 && name[len - 1] == '.')
            len--;
        add_candidate(arena, set, name, arena_text_n(arena, name, len));
    }
    return 0;
}

int question_set_collect(struct run *run, const struct question_options *questions,
                         const struct target_options *targets, struct question_set *set)
{
    size_t named;
    int r;

    *set = (struct question_set){0};
    r = parse_types(&questions->types, set, &run->err);
    if (r < 0)
        return r;
    if (run->args_count > NAMES_MAX)
        return err_set(&run->err, ERR_USAGE, E2BIG, "more than %d names", NAMES_MAX);
    /* Where nothing of the file is needed it may be missing. */
    named = targets->target.count + targets->replica.count + targets->cluster_ip.count;
    if (questions->no_search && (targets->no_discovery || named))
        r = resolver_choose_if_any(run, questions->as, &set->resolv, &set->view);
    else
        r = resolver_choose(run, questions->as, &set->resolv, &set->view);
    if (r < 0)
        return r;
    if (!set->view) {
        resolv_facts_read(run->arena, "", 0, &(struct resolv_environment){0}, &set->resolv);
        set->view = &set->resolv.views[RESOLVER_GLIBC];
    }
    for (size_t i = 0; i < run->args_count; i++) {
        r = expand(run->arena, set, !questions->no_search, run->args[i], &run->err);
        if (r < 0)
            return r;
    }
    r = targets_collect(run, targets, &set->resolv, set->view, &set->targets);
    if (r < 0)
        return r;
    set->targets_count = (size_t)r;
    return 0;
}
