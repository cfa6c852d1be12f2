/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last minutes of a watch: the window, turns, and what stands behind whom. */
#include "unit.h"
#include <k8sdns/model/watch/history.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static struct arena *test_arena; /* of the test that runs */

static struct clock_stamp at(uint64_t seconds)
{
    return (struct clock_stamp){seconds * SECOND, seconds * SECOND};
}

static void ask_target(struct history *history, size_t target, uint64_t second, uint64_t rtt_us,
                       int unreachable)
{
    struct watch_outcome outcome = {.target = target,
                                    .sent = at(second),
                                    .unreachable = unreachable,
                                    .rtt_us = rtt_us,
                                    .status = rtt_us == SHAPE_UNSET ? PROBE_TIMEOUT : PROBE_ANSWER,
                                    .rcode = rtt_us == SHAPE_UNSET ? -1 : 0,
                                    .name = "a."};

    history_add(history, &outcome);
}

static void ask(struct history *history, uint64_t second, uint64_t rtt_us)
{
    ask_target(history, 0, second, rtt_us, -1);
}

static void test_history(__attribute__((unused)) void **state)
{
    static const char *const types[] = {"A"};
    const struct target_facts target = {.id = "10.0.0.1", .role = TARGET_REPLICA};
    struct history *history = history_new(&target, 1, types, 1, 1000000);
    struct history_facts facts;
    const struct history_series_facts *s;

    for (uint64_t i = 0; i < 100; i++)
        ask(history, 1000 + i, 100 * (i + 1));
    history_facts_of(history, 1099 * SECOND, true, test_arena, &facts);
    s = &facts.series[0];
    /* The window is a minute: of 1039 and later. */
    assert_int_equal(s->sent, 61);
    assert_int_equal(s->last_us, 10000);
    assert_int_equal(s->max_us, 10000);
    assert_int_equal(s->p50_us, 100 * (39 + 31));
    assert_int_equal(s->ticks[s->ticks_count - 1].us, 10000);
    assert_int_equal(s->ticks[s->ticks_count - 2].us, 9000);
    assert_int_equal(s->ticks[0].status, -1);
    assert_int_equal(s->answers_count, 4);
    history_free(history);
}

/* Of a server that falls silent only the silence counts, and of one that is back only what came since. */
static void test_history_turns(__attribute__((unused)) void **state)
{
    static const char *const types[] = {"A"};
    const struct target_facts target = {.id = "10.0.0.1", .role = TARGET_REPLICA};
    struct history *history = history_new(&target, 1, types, 1, 1000000);
    struct watch_type_facts type = {.type = "A"};
    struct watch_target_facts narrowed = {.id = "10.0.0.1", .types = &type, .types_count = 1};
    struct watch_facts watch = {.targets = &narrowed, .targets_count = 1};

    for (uint64_t i = 0; i < 20; i++)
        ask(history, 1000 + i, 100);
    assert_false(history_turned(history, 1));
    ask(history, 1020, SHAPE_UNSET);
    history_narrow(history, 1021 * SECOND, test_arena, &watch);
    assert_true(narrowed.sent == 21 && narrowed.lost == 1 && type.lost == 1);
    for (uint64_t i = 1; i < 8; i++)
        ask(history, 1020 + i, SHAPE_UNSET);
    assert_true(history_turned(history, 1020 * SECOND));
    assert_false(history_turned(history, 1021 * SECOND));
    history_narrow(history, 1028 * SECOND, test_arena, &watch);
    assert_true(narrowed.sent == 8 && narrowed.lost == 8 && narrowed.answered == 0);
    for (uint64_t i = 0; i < 7; i++)
        ask(history, 1030 + i, 100);
    history_narrow(history, 1037 * SECOND, test_arena, &watch);
    assert_true(narrowed.sent == 7 && narrowed.lost == 0 && narrowed.p50_us == 100);
    history_free(history);
}

/* What stands behind a ClusterIP is back: what it lost meanwhile is not its own. */
static void test_history_behind(__attribute__((unused)) void **state)
{
    static const char *const types[] = {"A"};
    static const struct target_facts targets[] = {{.id = "10.0.0.1", .role = TARGET_CLUSTER_IP},
                                                  {.id = "10.0.0.2", .role = TARGET_REPLICA}};
    struct history *history = history_new(targets, 2, types, 1, 1000000);
    struct watch_type_facts type = {.type = "A"};
    struct watch_target_facts narrowed[] = {{.id = "10.0.0.1", .types = &type, .types_count = 1},
                                            {.id = "10.0.0.2", .types = &type, .types_count = 1}};
    struct watch_facts watch = {.targets = narrowed, .targets_count = 2};

    for (uint64_t i = 0; i < 30; i++) {
        ask_target(history, 0, 1000 + i, i < 20 && i % 3 == 0 ? SHAPE_UNSET : 100, -1);
        ask_target(history, 1, 1000 + i, i < 20 ? SHAPE_UNSET : 100, -1);
    }
    history_narrow(history, 1030 * SECOND, test_arena, &watch);
    assert_true(narrowed[1].sent == 10 && narrowed[1].lost == 0);
    assert_true(narrowed[0].sent == 10 && narrowed[0].lost == 0);
    /* What it loses with nobody to blame stays. */
    ask_target(history, 0, 1030, SHAPE_UNSET, -1);
    history_narrow(history, 1031 * SECOND, test_arena, &watch);
    assert_true(narrowed[0].sent == 11 && narrowed[0].lost == 1);
    history_free(history);
}

/* Errors that came are those of the window, like all else. */
static void test_history_unreachable(__attribute__((unused)) void **state)
{
    static const char *const types[] = {"A"};
    const struct target_facts target = {.id = "10.0.0.1", .role = TARGET_REPLICA};
    struct history *history = history_new(&target, 1, types, 1, 1000000);
    struct shape_tally ever = {"port", 9};
    struct watch_target_facts narrowed = {
        .id = "10.0.0.1", .unreachables = &ever, .unreachables_count = 1, .rejected_by = "10.0.0.9"};
    struct watch_facts watch = {.targets = &narrowed, .targets_count = 1};
    struct watch_type_facts type = {.type = "A"};

    narrowed.types = &type;
    narrowed.types_count = 1;
    for (uint64_t i = 0; i < 5; i++)
        ask_target(history, 0, 998 + i, SHAPE_UNSET, UNREACHABLE_PORT);
    ask_target(history, 0, 1003, SHAPE_UNSET, UNREACHABLE_LOCAL_RULE);
    history_narrow(history, 1004 * SECOND, test_arena, &watch);
    assert_int_equal(narrowed.unreachables_count, 2);
    assert_true(narrowed.unreachables[0].count == 5 && narrowed.unreachables[1].count == 1);
    assert_string_equal(narrowed.rejected_by, "10.0.0.9");
    for (uint64_t i = 0; i < 8; i++)
        ask(history, 1004 + i, 100);
    history_narrow(history, 1012 * SECOND, test_arena, &watch);
    assert_true(narrowed.unreachables_count == 0 && !narrowed.rejected_by && narrowed.sent == 8);
    history_free(history);
}

static void test_history_carries(__attribute__((unused)) void **state)
{
    static const char *const types[] = {"A"};
    const struct target_facts one = {.id = "10.0.0.1"}, other[] = {{.id = "10.0.0.2"}, {.id = "10.0.0.1"}};
    struct history *history = history_new(&one, 1, types, 1, 1000000), *next;
    struct history_facts facts;

    ask(history, 1000, 100);
    next = history_new(other, 2, types, 1, 1000000);
    history_carry(next, history);
    history_free(history);
    history_facts_of(next, 1001 * SECOND, true, test_arena, &facts);
    assert_int_equal(facts.series[0].sent, 0);
    assert_int_equal(facts.series[1].sent, 1);
    assert_int_equal(facts.series[1].answers_count, 0);
    history_free(next);
}

static int setup(void **state)
{
    (void)state;
    test_arena = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(test_arena);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_history),         TEST(test_history_turns),
        TEST(test_history_behind),  TEST(test_history_unreachable),
        TEST(test_history_carries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
