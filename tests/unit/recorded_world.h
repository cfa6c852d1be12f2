/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TESTS_UNIT_RECORDED_WORLD_H
#define K8SDNS_TESTS_UNIT_RECORDED_WORLD_H

#include "unit.h"
#include <jansson.h>
#include <k8sdns/model/resolver/lookup.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

/* A reply takes so long. */
#define REPLY_US 200

struct pending {
    uint64_t at_us, socket;
    struct lookup_reply reply;
};

/* The server of a recording, with a clock that only moves when something waits. */
struct world {
    struct arena *arena;
    const struct resolver_view *view;
    json_t *policy, *recorded;
    bool authoritative;
    uint64_t now_us;
    struct pending *pending;
    size_t pending_count;
};

static uint64_t world_now(void *user)
{
    return ((struct world *)user)->now_us;
}

/* The most specific key wins. */
static const char *world_decide(const struct world *w, const struct lookup_query *q)
{
    char word[DNS_WORD];
    const char *server = w->view->nameservers[q->server], *type = dns_type_word(q->type, word);
    const char *keys[] = {arena_printf(w->arena, "%s|%s/%s", server, q->name, type),
                          arena_printf(w->arena, "%s|%s", server, q->name),
                          arena_printf(w->arena, "%s|*", server),
                          arena_printf(w->arena, "%s/%s", q->name, type),
                          q->name,
                          "*"};

    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *decision = json_string_value(json_object_get(w->policy, keys[i]));

        if (decision)
            return decision;
    }
    return "NXDOMAIN";
}

/* Where the same query stands in the recording: of servers asked at once, the replies come in that order. */
static size_t world_place(const struct world *w, const struct lookup_query *q)
{
    char word[DNS_WORD];
    json_t *query;
    size_t i;

    json_array_foreach(w->recorded, i, query)
    {
        if (strcmp(json_string_value(json_object_get(query, "name")), q->name) == 0 &&
            strcmp(json_string_value(json_object_get(query, "server")), w->view->nameservers[q->server]) ==
                0 &&
            strcmp(json_string_value(json_object_get(query, "type")), dns_type_word(q->type, word)) == 0)
            return i;
    }
    return 0;
}

static void world_send(void *user, size_t number, const struct lookup_query *q)
{
    static const struct {
        const char *word;
        int status;
    } words[] = {{"IP", PROBE_ANSWER},         {"NODATA", PROBE_NODATA},   {"NXDOMAIN", PROBE_NXDOMAIN},
                 {"SERVFAIL", PROBE_SERVFAIL}, {"REFUSED", PROBE_REFUSED}, {"FORMERR", PROBE_FORMERR},
                 {"NOTIMP", PROBE_NOTIMP},     {"TC", PROBE_TRUNCATED}};
    struct world *w = user;
    const char *word = world_decide(w, q);
    bool nobody = strcmp(w->view->nameservers[q->server], "::1") == 0;
    struct pending *p;

    if (strcmp(word, "DROP") == 0)
        return;
    p = ARENA_PUSH(w->arena, w->pending, w->pending_count);
    *p = (struct pending){.at_us = w->now_us + REPLY_US + world_place(w, q),
                          .socket = q->socket,
                          .reply = {.query = number, .authoritative = w->authoritative}};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i].word, word) == 0)
            p->reply.status = words[i].status;
    if (strcmp(word, "LAME") == 0) {
        p->reply.status = PROBE_NODATA;
        p->reply.lame = true;
    }
    if (p->reply.status == PROBE_TRUNCATED && q->transport == TRANSPORT_TCP)
        p->reply.status = PROBE_ANSWER;
    if (p->reply.status == PROBE_ANSWER && q->type != DNS_TYPE_A && q->type != DNS_TYPE_AAAA)
        p->reply.status = PROBE_NODATA;
    if (nobody)
        p->reply.status = PROBE_UNREACHABLE;
    if (p->reply.status == PROBE_ANSWER) {
        size_t count = 0;

        *ARENA_PUSH(w->arena, p->reply.addresses, count) = q->type == DNS_TYPE_A ? "10.1.2.3" : "fd00::3";
        p->reply.addresses_count = count;
    }
}

static bool world_wait(void *user, uint64_t until_us, struct lookup_reply *ret_reply)
{
    struct world *w = user;
    struct pending *first = NULL;

    for (size_t i = 0; i < w->pending_count; i++)
        if (w->pending[i].at_us && (!first || w->pending[i].at_us < first->at_us))
            first = &w->pending[i];
    if (!first || first->at_us > until_us) {
        w->now_us = until_us;
        return false;
    }
    if (first->at_us > w->now_us)
        w->now_us = first->at_us;
    *ret_reply = first->reply;
    first->at_us = 0;
    return true;
}

static void world_close(void *user, uint64_t socket)
{
    struct world *w = user;

    for (size_t i = 0; i < w->pending_count; i++)
        if (w->pending[i].socket == socket)
            w->pending[i].at_us = 0;
}

#endif
