/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/tracing/lookups_tally.h>
#include <stdio.h>
#include <string.h>

static void test_names(void **state)
{
    static const struct {
        const char *name, *wanted;
        bool fits;
    } rows[] = {
        {"www.example.com", "example.com", true},
        {"www.example.com.", "example.com", true},
        {"www.example.com", "EXAMPLE.com.", true},
        {"example.com", "example.com", true},
        {"example.com.default.svc.cluster.local.", "example.com", true},
        {"kubernetes.default", "kubernetes", true},
        {"myexample.com", "example.com", false},
        {"example.community", "example.com", false},
        {"a.example.com.b", "example.com", false},
        {"com", "example.com", false},
        {"x", "", false},
        {"", "x", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(lookups_name_fits(rows[i].name, rows[i].wanted), rows[i].fits);
}

static void test_words(void **state)
{
    assert_string_equal(lookups_eai_word(*state, 0), "ok");
    assert_string_equal(lookups_eai_word(*state, -3), "EAI_AGAIN");
    assert_string_equal(lookups_eai_word(*state, -99), "EAI -99");
    assert_string_equal(lookups_h_errno_word(2), "TRY_AGAIN");
    assert_string_equal(lookups_h_errno_word(-1), "no address");
}

static struct lookups_call_facts call(const char *name, const char *process, uint64_t latency_us, bool failed)
{
    return (struct lookups_call_facts){.method = LOOKUPS_BY_CALL,
                                       .name = name,
                                       .latency_us = latency_us,
                                       .age_us = latency_us == SHAPE_UNSET ? 9000 : SHAPE_UNSET,
                                       .failed = failed,
                                       .process = {.name = process}};
}

static void test_sums(void **state)
{
    struct lookups_tally *tally = lookups_tally_new(*state, 1000);
    struct traced_lookups_facts facts = {0};
    const struct lookups_call_facts calls[] = {
        call("a", "p", 100, false),
        call("a", "p", 300, false),
        call("b", "p", 5000, true),
        call("b", NULL, SHAPE_UNSET, true),
    };

    for (size_t i = 0; i < COUNT(calls); i++)
        lookups_tally_add(tally, &calls[i]);
    lookups_tally_facts(tally, true, *state, &facts);
    assert_int_equal(facts.lookups, 4);
    assert_int_equal(facts.failed, 2);
    assert_int_equal(facts.slow, 2);
    assert_int_equal(facts.methods_count, 1);
    assert_int_equal(facts.methods[0].min_us, 100);
    assert_int_equal(facts.methods[0].max_us, 5000);
    assert_int_equal(facts.methods[0].avg_us, 1800);
    assert_int_equal(facts.by_process_count, 2);
    assert_string_equal(facts.by_process[0].name, "p");
    assert_int_equal(facts.by_process[0].lookups, 3);
    assert_string_equal(facts.by_process[1].name, "?");
    assert_true(facts.by_process[1].max_us == SHAPE_UNSET);
    assert_string_equal(facts.by_name[0].name, "a");
    assert_int_equal(facts.by_name[0].avg_us, 200);
    assert_int_equal(facts.by_name[1].slow, 2);
}

/* Names beyond those that are kept are counted together. */
static void test_limit(void **state)
{
    struct lookups_tally *tally = lookups_tally_new(*state, UINT64_MAX);
    struct traced_lookups_facts facts = {0};

    for (int i = 0; i < LOOKUPS_GROUPS_MAX + 5; i++) {
        char name[32];
        struct lookups_call_facts one;

        snprintf(name, sizeof(name), "n%d", i);
        one = call(name, "p", 1, false);
        lookups_tally_add(tally, &one);
    }
    lookups_tally_facts(tally, true, *state, &facts);
    assert_int_equal(facts.by_name_count, LOOKUPS_GROUPS_MAX);
    assert_int_equal(facts.ungrouped, 5);
    assert_int_equal(facts.lookups, LOOKUPS_GROUPS_MAX + 5);
    assert_true(facts.slow_us == SHAPE_UNSET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        ARENA_TEST(test_words),
        ARENA_TEST(test_sums),
        ARENA_TEST(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
