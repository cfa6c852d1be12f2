/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every recorded lookup, replayed against its policy on a clock that only moves when something waits. */
#include "recorded_world.h"
#include <k8sdns/base/text.h>
#include <k8sdns/model/resolver/lookup.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        if (strcmp(resolver_names[facts.views[i].resolver], client) == 0)
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

/* NODATA of a server that knows nothing about the name sends glibc and Go to the next; musl takes what comes
 * first. */
static void test_lame(void **state)
{
    static const struct {
        enum resolver resolver;
        const char *first;
        bool ok;
    } rows[] = {{RESOLVER_GLIBC, "LAME", true}, {RESOLVER_GLIBC, "NODATA", false},
                {RESOLVER_GO, "LAME", true},    {RESOLVER_GO, "NODATA", false},
                {RESOLVER_MUSL, "LAME", false}, {RESOLVER_MUSL, "NODATA", false}};
    const char conf[] = "nameserver 10.96.0.10\nnameserver 10.96.0.11\n";

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct resolv_environment environment = {.musl_version = "1.2.5"};
        struct resolv_facts facts = {0};
        struct lookup_result result;
        struct lookup_chance chance = {0};
        struct world world = {.arena = *state,
                              .policy = json_pack("{s:s, s:s}", "10.96.0.10|*", rows[i].first, "*", "IP")};
        struct lookup_wire wire = {&world, world_now, world_send, world_wait, world_close};
        struct plan plan;

        resolv_facts_read(*state, conf, strlen(conf), &environment, &facts);
        world.view = &facts.views[rows[i].resolver];
        plan_make(*state, world.view, "db.example", &plan);
        lookup_replay(*state, world.view, &plan, &chance, &wire, &result);
        if (result.ok != rows[i].ok)
            print_error("%s, %s\n", resolver_names[rows[i].resolver], rows[i].first);
        assert_int_equal(result.ok, rows[i].ok);
        json_decref(world.policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_glibc), ARENA_TEST(test_musl), ARENA_TEST(test_go),
                                       ARENA_TEST(test_musl_and_truncation), ARENA_TEST(test_lame)};
    int r;

    cases = json_load_file(DATA "/oracle/cases.json", 0, NULL);
    if (!cases)
        return 1;
    r = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(cases);
    return r;
}
