/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lookup_run.h"
#include <k8sdns/wire/dns_words.h>
#include <string.h>

uint64_t lookup_now(const struct lookup_run *run)
{
    return run->wire->now_us(run->wire->user) - run->began_us;
}

size_t lookup_send(struct lookup_run *run, const char *name, uint16_t type, size_t server, int transport,
                   uint64_t socket, uint64_t attempt)
{
    struct lookup_result *result = run->result;
    size_t number = result->queries_count;
    struct lookup_query *query = ARENA_PUSH(run->arena, result->queries, result->queries_count);

    *query = (struct lookup_query){
        .at_us = lookup_now(run),
        .rtt_us = SHAPE_UNSET,
        .server = server,
        .name = name,
        .type = type,
        .transport = transport,
        .socket = socket,
        .attempt = attempt,
        .status = PROBE_TIMEOUT,
    };
    run->wire->send(run->wire->user, number, query);
    return number;
}

bool lookup_wait(struct lookup_run *run, uint64_t until_us, struct lookup_reply *ret_reply)
{
    struct lookup_query *query;

    *ret_reply = (struct lookup_reply){0};
    if (!run->wire->wait(run->wire->user, until_us + run->began_us, ret_reply))
        return false;
    query = &run->result->queries[ret_reply->query];
    if (query->rtt_us == SHAPE_UNSET) {
        query->rtt_us = lookup_now(run) - query->at_us;
        query->status = ret_reply->status;
    }
    return true;
}

void lookup_close(struct lookup_run *run, uint64_t socket)
{
    run->wire->close(run->wire->user, socket);
}

void lookup_add_addresses(struct lookup_run *run, const struct lookup_reply *reply)
{
    for (size_t i = 0; i < reply->addresses_count; i++)
        *ARENA_PUSH(run->arena, run->result->addresses, run->result->addresses_count) = reply->addresses[i];
}

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

void lookup_replay(struct arena *arena, const struct resolver_view *view, const struct plan *plan,
                   const struct lookup_chance *chance, const struct lookup_wire *wire,
                   struct lookup_result *ret_result)
{
    static const char *const unasked[] = {
        [RESOLVER_GLIBC] = "Name or service not known",
        [RESOLVER_MUSL] = "Name does not resolve",
        [RESOLVER_GO] = "no such host",
    };
    struct lookup_run run = {
        .arena = arena, .view = view, .plan = plan, .chance = chance, .wire = wire, .result = ret_result};

    *ret_result = (struct lookup_result){0};
    run.began_us = wire->now_us(wire->user);
    gather(&run, plan);
    if ((!run.candidates_count && !plan->waits_out) || !view->nameservers_count)
        ret_result->error = unasked[view->resolver];
    else if (view->resolver == RESOLVER_GLIBC)
        lookup_glibc(&run);
    else if (view->resolver == RESOLVER_MUSL)
        lookup_musl(&run);
    else
        lookup_go(&run);
    ret_result->total_us = lookup_now(&run);
}
