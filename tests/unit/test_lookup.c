/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every recorded lookup, replayed against its policy on a clock that only moves when something waits. */
#include "unit.h"
#include <jansson.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/lookup.h>
#include <k8sdns/model/plan_facts.h>
#include <k8sdns/wire/dns_words.h>
#include <k8sdns/wire/resolv_conf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reply takes so long. */
#define REPLY_US 200

struct pending {
    uint64_t at_us, socket;
    struct lookup_reply reply;
};

/* The recorded server. */
struct world {
    struct arena *arena;
    const struct resolver_view *view;
    json_t *policy, *recorded;
    uint64_t now_us;
    struct pending *pending;
    size_t pending_count;
};

static uint64_t world_now(void *user)
{
    return ((struct world *)user)->now_us;
}

/* The most specific key wins. */
static const char *decide(const struct world *w, const struct lookup_query *q)
{
    const char *server = w->view->nameservers[q->server], *type = q->type == DNS_TYPE_A ? "A" : "AAAA";
    const char *keys[] = {arena_printf(w->arena, "%s|%s/%s", server, q->name, type),
                          arena_printf(w->arena, "%s|%s", server, q->name),
                          arena_printf(w->arena, "%s|*", server),
                          arena_printf(w->arena, "%s/%s", q->name, type),
                          q->name,
                          "*"};

    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *word = json_string_value(json_object_get(w->policy, keys[i]));

        if (word)
            return word;
    }
    return "NXDOMAIN";
}

/* Where the same query stands in the recording: of servers asked at once, the replies come in that order. */
static size_t recorded_place(const struct world *w, const struct lookup_query *q)
{
    json_t *query;
    size_t i;

    json_array_foreach(w->recorded, i, query)
    {
        if (strcmp(json_string_value(json_object_get(query, "name")), q->name) == 0 &&
            strcmp(json_string_value(json_object_get(query, "server")), w->view->nameservers[q->server]) ==
                0 &&
            strcmp(json_string_value(json_object_get(query, "type")), q->type == DNS_TYPE_A ? "A" : "AAAA") ==
                0)
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
    const char *word = decide(w, q);
    struct pending *p;

    if (strcmp(word, "DROP") == 0)
        return;
    p = ARENA_PUSH(w->arena, w->pending, w->pending_count);
    *p = (struct pending){
        .at_us = w->now_us + REPLY_US + recorded_place(w, q), .socket = q->socket, .reply.query = number};
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i].word, word) == 0)
            p->reply.status = words[i].status;
    if (p->reply.status == PROBE_TRUNCATED && q->transport == TRANSPORT_TCP)
        p->reply.status = PROBE_ANSWER;
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

/*
 * Queries as lines in one order: what chance leaves open is taken out. With Go the order of the families and,
 * with rotate, which family gets which server; with musl the order of the servers; sockets of Go are one a
 * query.
 */
static const char *digest(struct arena *arena, const char *client, const char **lines, size_t count)
{
    struct text all = {0};
    const char *copy;

    if (strcmp(client, "glibc") != 0)
        text_sort(lines, count);
    for (size_t i = 0; i < count; i++)
        text_addf(&all, "%s\n", lines[i]);
    copy = arena_text(arena, text_string(&all));
    text_fini(&all);
    return copy;
}

static const char *line_of(struct arena *arena, const char *client, bool rotate, double ms,
                           const char *server, const char *name, const char *type, const char *transport,
                           uint64_t socket)
{
    /* Recorded times are late by a few milliseconds; timeouts here are half a second and more. */
    unsigned tick = (unsigned)((ms + 20) / 250);

    if (strcmp(client, "go") == 0)
        return arena_printf(arena, "%06u %s %s %s %s", tick, name, rotate ? "" : type, rotate ? "" : server,
                            transport);
    return arena_printf(arena, "%06u %s %s %s %s %llu", tick, server, name, type, transport,
                        (unsigned long long)socket);
}

static bool replay_case(struct arena *arena, json_t *one)
{
    const char *client = json_string_value(json_object_get(one, "client"));
    const char *conf = json_string_value(json_object_get(one, "resolv_conf"));
    const char *id = json_string_value(json_object_get(one, "id"));
    json_t *queries = json_object_get(one, "queries"), *env = json_object_get(one, "env"), *query;
    struct resolv_environment environment = {
        .res_options = json_string_value(json_object_get(env, "RES_OPTIONS")), .musl_version = "1.2.3"};
    struct resolv_facts facts = {0};
    struct lookup_result result;
    struct world world = {.arena = arena, .policy = json_object_get(one, "policy")};
    struct lookup_wire wire = {&world, world_now, world_send, world_wait, world_close};
    struct lookup_chance chance = {0};
    const char **got = NULL, **wanted = NULL, *asked, *recorded;
    size_t got_count = 0, wanted_count = 0, i;
    double secs = json_number_value(json_object_get(one, "secs")), total;
    bool rotate = strstr(conf, "rotate");
    struct plan plan;

    world.recorded = queries;
    resolv_facts_read(arena, conf, strlen(conf), &environment, &facts);
    for (i = 0; i < facts.views_count; i++)
        if (strcmp(resolver_words[facts.views[i].resolver], client) == 0)
            world.view = &facts.views[i];
    plan_make(arena, world.view, json_string_value(json_object_get(one, "name")), &plan);
    json_array_foreach(queries, i, query)
    {
        const char *server = json_string_value(json_object_get(query, "server"));

        /* A process of Go begins with the first server, glibc with any. */
        if (i == 0 && strcmp(client, "glibc") == 0)
            for (size_t s = 0; s < world.view->nameservers_count; s++)
                if (strcmp(world.view->nameservers[s], server) == 0)
                    chance.rotation = s;
        *ARENA_PUSH(arena, wanted, wanted_count) =
            line_of(arena, client, rotate, json_number_value(json_object_get(query, "ms")), server,
                    json_string_value(json_object_get(query, "name")),
                    json_string_value(json_object_get(query, "type")),
                    json_string_value(json_object_get(query, "proto")),
                    (uint64_t)json_integer_value(json_object_get(query, "socket")));
    }
    lookup_replay(arena, world.view, &plan, &chance, &wire, &result);
    for (i = 0; i < result.queries_count; i++) {
        const struct lookup_query *q = &result.queries[i];

        *ARENA_PUSH(arena, got, got_count) = line_of(
            arena, client, rotate, (double)q->at_us / 1000, world.view->nameservers[q->server], q->name,
            q->type == DNS_TYPE_A ? "A" : "AAAA", q->transport == TRANSPORT_TCP ? "tcp" : "udp", q->socket);
    }
    total = (double)result.total_us / 1e6;
    asked = digest(arena, client, got, got_count);
    recorded = digest(arena, client, wanted, wanted_count);
    /* A name that is never asked for is answered before there is a lookup. */
    if (strcmp(asked, recorded) == 0 &&
        (!wanted_count ||
         (result.ok == (strcmp(json_string_value(json_object_get(one, "result")), "ok") == 0) &&
          total < secs * 1.1 + 0.02 && total > secs * 0.9 - 0.02)))
        return true;
    print_error("%s: %s, %s, %.3f s, recorded %.3f s %s; asked\n%srecorded\n%s\n", id,
                result.ok ? "ok" : "fail", result.error ? result.error : "-", total, secs,
                json_string_value(json_object_get(one, "message")), asked, recorded);
    return false;
}

static json_t *cases;

#define PART(name, client_word)                                                              \
    static void test_##name(void **state)                                                    \
    {                                                                                        \
        json_t *one;                                                                         \
        size_t i, ran = 0, wrong = 0;                                                        \
                                                                                             \
        json_array_foreach(cases, i, one)                                                    \
        {                                                                                    \
            if (strcmp(json_string_value(json_object_get(one, "client")), client_word) != 0) \
                continue;                                                                    \
            wrong += !replay_case(*state, one);                                              \
            ran++;                                                                           \
        }                                                                                    \
        assert_true(ran >= 60);                                                              \
        assert_int_equal(wrong, 0);                                                          \
    }

PART(glibc, "glibc")
PART(musl, "musl")
PART(go, "go")

/* musl from 1.2.4 on asks for what is truncated over TCP, of the server that gave it; before, it takes
 * nothing. */
static void test_musl_and_truncation(void **state)
{
    static const struct {
        const char *version;
        bool ok;
        size_t over_tcp;
    } rows[] = {{"1.2.3", false, 0}, {"1.2.4", true, 2}, {"1.2.5", true, 2}};
    const char conf[] = "nameserver 10.96.0.10\n";

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct resolv_environment environment = {.musl_version = rows[i].version};
        struct resolv_facts facts = {0};
        struct lookup_result result;
        struct lookup_chance chance = {0};
        struct world world = {.arena = *state, .policy = json_pack("{s:s}", "*", "TC")};
        struct lookup_wire wire = {&world, world_now, world_send, world_wait, world_close};
        size_t over_tcp = 0;
        struct plan plan;

        resolv_facts_read(*state, conf, strlen(conf), &environment, &facts);
        world.view = &facts.views[RESOLVER_MUSL];
        plan_make(*state, world.view, "big.example", &plan);
        lookup_replay(*state, world.view, &plan, &chance, &wire, &result);
        for (size_t q = 0; q < result.queries_count; q++)
            over_tcp += result.queries[q].transport == TRANSPORT_TCP;
        assert_int_equal(result.ok, rows[i].ok);
        assert_int_equal(over_tcp, rows[i].over_tcp);
        assert_int_equal(result.addresses_count, rows[i].ok ? 2 : 0);
        json_decref(world.policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_glibc), ARENA_TEST(test_musl), ARENA_TEST(test_go),
                                       ARENA_TEST(test_musl_and_truncation)};
    int r;

    cases = json_load_file(DATA "/oracle/cases.json", 0, NULL);
    if (!cases)
        return 1;
    r = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(cases);
    return r;
}
