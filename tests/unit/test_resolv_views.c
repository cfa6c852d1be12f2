/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/base/text.h>
#include <k8sdns/model/resolv_facts.h>
#include <k8sdns/wire/resolv_conf.h>
#include <stdlib.h>
#include <string.h>

static void read_text(struct arena *arena, const char *text, size_t len, struct resolv_facts *facts)
{
    const struct resolv_environment environment = {.hostname = "host.zone.example"};

    *facts = (struct resolv_facts){0};
    resolv_facts_read(arena, text, len, &environment, facts);
}

/* "SERVERS | SEARCH | NDOTS" of one view. */
static const char *view_text(struct arena *arena, const struct resolver_view *view)
{
    struct text t = {0};
    const char *copy;

    for (size_t i = 0; i < view->nameservers_count; i++)
        text_addf(&t, "%s ", view->nameservers[i]);
    text_add(&t, "|");
    for (size_t i = 0; i < view->search_count; i++)
        text_addf(&t, " %s", *view->search[i] ? view->search[i] : ".");
    text_addf(&t, " | %llu", (unsigned long long)view->ndots);
    copy = arena_text(arena, text_string(&t));
    text_fini(&t);
    return copy;
}

static void test_views(void **state)
{
    static const struct {
        const char *text;
        const char *views[RESOLVERS]; /* NULL: as the one before */
    } cases[] = {
        {"nameserver 10.96.0.10\nsearch a.b c\noptions ndots:5\n", {"10.96.0.10 | a.b c | 5"}},
        {"nameserver 10.96.0.10\nsearch a.b c\noptions ndots:5", {"10.96.0.10 | a.b c | 5"}},
        {"search a\nsearch b\nnameserver 10.0.0.1\noptions ndots:2\noptions ndots:3\n", {"10.0.0.1 | b | 3"}},
        {"nameserver 10.0.0.1\nsearch a\noptions ndots:99\n",
         {"10.0.0.1 | a | 15", NULL, "10.0.0.1 | a | 15"}},
        {"nameserver 1.0.0.1\nnameserver 1.0.0.2\nnameserver 1.0.0.3\nnameserver 1.0.0.4\nsearch a\n",
         {"1.0.0.1 1.0.0.2 1.0.0.3 | a | 1"}},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct resolv_facts facts;
        const char *expected = NULL;

        read_text(*state, cases[i].text, strlen(cases[i].text), &facts);
        assert_int_equal(facts.views_count, RESOLVERS);
        for (size_t r = 0; r < RESOLVERS; r++) {
            expected = cases[i].views[r] ? cases[i].views[r] : expected;
            assert_string_equal(view_text(*state, &facts.views[r]), expected);
        }
    }
}

/* A megabyte of anything is read, and fast; what is left out is said. */
static void test_large(void **state)
{
    size_t len = 1 << 20;
    char *text = malloc(len + 1);
    struct resolv_facts facts;

    for (size_t i = 0; i < len; i++)
        text[i] = "nameserver x\nsearch \toptions ndots:\001#;"[(i * 7 + i / 41) % 39];
    text[len] = '\0';
    read_text(*state, text, len, &facts);
    assert_true(facts.views_count == RESOLVERS);
    memset(text, 'a', len); /* one line */
    read_text(*state, text, len, &facts);
    assert_true(facts.views_count == RESOLVERS);
    for (size_t i = 0; i + 4 < len; i += 4)
        memcpy(text + i, "a.b ", 4);
    memcpy(text, "search ", 7);
    read_text(*state, text, len, &facts);
    assert_true(facts.search_count <= RESOLV_ITEMS_MAX);
    assert_true(facts.warnings_count > 0);
    free(text);
}

static void test_policy(void **state)
{
    static const struct {
        const char *text, *policy;
    } cases[] = {
        {"nameserver 10.96.0.10\nsearch ns.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n",
         "ClusterFirst"},
        {"nameserver 192.168.1.1\nsearch lan\n", "Default"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct resolv_facts facts;

        read_text(*state, cases[i].text, strlen(cases[i].text), &facts);
        assert_string_equal(facts.dns_policy, cases[i].policy);
    }
}

/* Warnings name their line and whom they concern. */
static void test_warnings(void **state)
{
    static const char text[] =
        "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver ten\nnameserver 10.0.0.3\n"
        "nameserver 10.0.0.4\nsearch a.example\noptions ndots:16\n";
    struct resolv_facts facts;
    bool bad_address = false, fourth = false, ndots = false;

    read_text(*state, text, strlen(text), &facts);
    for (size_t i = 0; i < facts.warnings_count; i++) {
        bad_address = bad_address || facts.warnings[i].line == 3;
        fourth = fourth || facts.warnings[i].line == 5;
        ndots = ndots || facts.warnings[i].line == 7;
        assert_true(facts.warnings[i].resolvers_count >= 1);
    }
    assert_true(bad_address && fourth && ndots);
    assert_true(resolv_facts_loses(&facts, KIND_GLIBC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_views),
        ARENA_TEST(test_large),
        ARENA_TEST(test_policy),
        ARENA_TEST(test_warnings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
