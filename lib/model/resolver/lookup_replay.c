/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lookup by a plan's candidates: hands each to the rules of its resolver and keeps what was sent and
 * when.
 */
#include "rules/rules.h"
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

/* The plan's queries, gathered to candidates: those of one name stand together. */
static void gather(struct lookup_run *run, const struct plan *plan)
{
    struct lookup_candidate *last = NULL;

    for (size_t i = 0; i < plan->queries_count; i++) {
        const struct planned_query *query = &plan->queries[i];
        uint16_t type = DNS_TYPE_A;

        (void)!dns_type_parse(query->type, &type); /* the plan has words of its own making */
        if (!last || last->types_count == FAMILIES_MAX || strcmp(last->name, query->name) != 0) {
            last = ARENA_PUSH(run->arena, run->candidates, run->candidates_count);
            *last = (struct lookup_candidate){.name = query->name, .as_is = query->stage == 1};
        }
        last->types[last->types_count++] = type;
    }
}

/* What the resolver offers. Source: glibc resolv/resolv-internal.h, Go net/dnsclient_unix.go. */
static uint16_t udp_size_of(const struct resolver_view *view, const struct resolver_rules *rules)
{
    if (rules && rules->udp_size)
        return rules->udp_size;
    if (view->resolver == RESOLVER_GO)
        return 1232;
    return !resolver_is_musl(view->resolver) && resolver_view_has(view, "edns0") ? 1200 : 0;
}

void lookup_replay(struct arena *arena, const struct resolver_view *view, const struct plan *plan,
                   const struct lookup_chance *chance, const struct lookup_wire *wire,
                   struct lookup_result *ret_result)
{
    static const char *const unasked[] = {
        [RESOLVER_GLIBC] = "Name or service not known",
        [RESOLVER_MUSL] = "Name does not resolve",
        [RESOLVER_GO] = "no such host",
        [RESOLVER_MUSL_OLD] = "Name does not resolve",
    };
    struct lookup_run run = {
        .arena = arena, .view = view, .plan = plan, .chance = chance, .wire = wire, .result = ret_result};

    const struct resolver_rules *rules = resolver_rules_of(view->resolver);

    *ret_result = (struct lookup_result){0};
    run.began_us = wire->now_us(wire->user);
    run.name = plan->asked_for;
    run.families = chance->families ? chance->families : FAMILY_ANY;
    run.rotation = chance->rotation;
    run.udp_size = udp_size_of(view, rules);
    if (rules) {
        if (view->fatal)
            ret_result->error = ret_result->note = view->fatal;
        else
            rules->look_up(&run);
        ret_result->total_us = lookup_now(&run);
        return;
    }
    gather(&run, plan);
    if ((!run.candidates_count && !plan->waits_out) || !view->nameservers_count)
        ret_result->error = unasked[view->resolver];
    else if (view->resolver == RESOLVER_GLIBC)
        lookup_glibc(&run);
    else if (resolver_is_musl(view->resolver))
        lookup_musl(&run);
    else
        lookup_go(&run);
    ret_result->total_us = lookup_now(&run);
}
