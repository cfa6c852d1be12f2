/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a resolver of rules.h sends when every answer is NXDOMAIN: found by running it on such a wire. */
#include "rules.h"
#include <k8sdns/wire/dns/dns_name.h>
#include <string.h>

struct absent {
    struct arena *arena;
    uint64_t now_us;
    struct absent_reply {
        size_t number;
        uint64_t socket;
        bool told;
    } * replies;
    size_t replies_count, first; /* before `first` all are told */
};

static uint64_t absent_now(void *user)
{
    return ((const struct absent *)user)->now_us;
}

static void absent_send(void *user, size_t number, const struct lookup_query *query)
{
    struct absent *a = user;

    *ARENA_PUSH(a->arena, a->replies, a->replies_count) = (struct absent_reply){number, query->socket, false};
}

static bool absent_wait(void *user, uint64_t until_us, struct lookup_reply *ret_reply)
{
    struct absent *a = user;

    for (; a->first < a->replies_count; a->first++) {
        struct absent_reply *reply = &a->replies[a->first];

        if (reply->told)
            continue;
        reply->told = true;
        *ret_reply = (struct lookup_reply){.query = reply->number, .status = PROBE_NXDOMAIN};
        return true;
    }
    a->now_us = until_us > a->now_us ? until_us : a->now_us;
    return false;
}

static void absent_close(void *user, uint64_t socket)
{
    struct absent *a = user;

    for (size_t i = a->first; i < a->replies_count; i++)
        a->replies[i].told = a->replies[i].told || a->replies[i].socket == socket;
}

/* The search domain of a query: what stands behind the name; NULL as it is. */
static const char *suffix_of(const char *asked_for, const char *name)
{
    size_t len = strlen(asked_for);

    return strncasecmp(name, asked_for, len) == 0 && name[len] == '.' && name[len + 1] ? name + len + 1
                                                                                       : NULL;
}

void plan_by_rules(struct arena *arena, const struct resolver_view *view, const char *name, struct plan *plan)
{
    struct absent absent = {.arena = arena};
    const struct lookup_wire wire = {&absent, absent_now, absent_send, absent_wait, absent_close};
    const struct lookup_chance chance = {0};
    struct lookup_result result;

    plan->asked_for = name;
    lookup_replay(arena, view, plan, &chance, &wire, &result);
    plan->note = result.note;
    plan->address = result.ok && result.addresses_count == 1 ? result.addresses[0] : NULL;
    for (size_t i = 0; i < result.queries_count; i++) {
        const struct lookup_query *query = &result.queries[i];
        const char *suffix = suffix_of(name, query->name);
        char word[DNS_WORD];

        /* What comes after a pause is the same again. */
        if (query->at_us)
            break;
        *ARENA_PUSH(arena, plan->queries, plan->queries_count) = (struct planned_query){
            .name = query->name,
            .type = arena_text(arena, dns_type_word(query->type, word)),
            .socket = query->socket,
            .stage = suffix ? 0 : 1,
            .suffix = suffix,
            .server = view->nameservers[query->server],
        };
    }
}
