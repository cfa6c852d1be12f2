/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "question_set.h"
#include <errno.h>
#include <k8sdns/collect/pod_view.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/collect/targets.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <string.h>

#define NAMES_MAX 1024

static int parse_types(const struct text_list *words, struct question_set *set, struct err *err)
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

/* On a node, as a Pod does: with the domain that the servers are of. */
static void complete_as_pod(struct run *run, const struct target_options *targets, struct question_set *set)
{
    bool has_cluster = targets->cluster_ip.count || targets->replica.count || targets->endpoints;
    struct address *servers;
    size_t count = targets_of_cluster(run->arena, set->targets, set->targets_count, &servers);

    pod_view_complete(&run->survey, has_cluster || count, &set->resolv);
    pod_view_ask(&run->survey, &set->resolv, servers, count);
    /* The node's own nameservers are none that Pods ask. */
    for (size_t i = 0, all = set->targets_count; count && set->resolv.as_pod && i < all; i++) {
        if (i == 0)
            set->targets_count = 0;
        if (set->targets[i].role != TARGET_NAMESERVER)
            set->targets[set->targets_count++] = set->targets[i];
    }
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
        r = resolver_choose_if_any(&run->survey, questions->as, &set->resolv, &set->view);
    else
        r = resolver_choose(&run->survey, questions->as, &set->resolv, &set->view);
    if (r < 0)
        return r;
    if (!set->view) {
        resolv_facts_read(run->arena, "", 0, &(struct resolv_environment){0}, &set->resolv);
        set->view = &set->resolv.views[RESOLVER_GLIBC];
    }
    r = targets_collect(&run->survey, targets, &set->resolv, set->view, &set->targets);
    if (r < 0)
        return r;
    set->targets_count = (size_t)r;
    if (!questions->no_search)
        complete_as_pod(run, targets, set);
    for (size_t i = 0; i < run->args_count; i++) {
        r = expand(run->arena, set, !questions->no_search, run->args[i], &run->err);
        if (r < 0)
            return r;
    }
    return 0;
}
