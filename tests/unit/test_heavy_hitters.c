/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/logs/log_rate.h>
#include <k8sdns/model/statistics/heavy_hitters.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 64
#define TEXTS  500

static void add(struct heavy_hitters *c, unsigned number, uint64_t *truth)
{
    char text[300];

    /* Long ones differ at their end alone. */
    memset(text, 'x', sizeof(text));
    snprintf(text + (number % 2 ? 100 : 0), 20, "n%u", number);
    heavy_hitters_add(c, text, strlen(text), top_hash(text, strlen(text)));
    truth[number]++;
}

/* By any order of texts: no count too small, none too large by more than its error. */
static void test_bounds(void **state)
{
    struct heavy_hitters *c = heavy_hitters_new(*state, PLACES);
    uint64_t truth[TEXTS] = {0}, sum = 0;
    struct top_item *items;
    uint32_t random = 1;
    size_t n;

    for (unsigned i = 0; i < 50000; i++) {
        random = random * 1664525 + 1013904223;
        add(c, (random >> 8) % (i % 3 ? 20 : TEXTS), truth);
    }
    n = heavy_hitters_list(c, *state, TEXTS, &items);
    assert_int_equal(n, PLACES);
    assert_false(heavy_hitters_is_exact(c));
    for (size_t i = 0; i < n; i++) {
        uint64_t right = truth[strtoul(strrchr(items[i].text, 'n') + 1, NULL, 10)];

        assert_true(items[i].count >= right && items[i].count - items[i].error <= right);
        assert_true(i == 0 || items[i].count <= items[i - 1].count);
        sum += items[i].count;
    }
    assert_int_equal(sum, 50000);
    for (unsigned i = 0; i < 20; i++)
        assert_true(truth[i] > heavy_hitters_floor(c));
}

static void test_exact(void **state)
{
    struct heavy_hitters *c = heavy_hitters_new(*state, PLACES);
    uint64_t truth[TEXTS] = {0};
    struct top_item *items;

    for (unsigned i = 0; i < PLACES * 10; i++)
        add(c, i % PLACES, truth);
    assert_true(heavy_hitters_is_exact(c));
    assert_int_equal(heavy_hitters_floor(c), 0);
    assert_int_equal(heavy_hitters_list(c, *state, 5, &items), 5);
    assert_int_equal(items[0].count, 10);
    assert_int_equal(items[0].error, 0);
}

/* Whatever the times and their order, nothing is lost, and the intervals cover them. */
static void test_rate(void **state)
{
    static const uint64_t seconds[] = {1000000, 1000001, 999000, 5000000, 1000000, 12, 1700000000};
    struct log_rate *rate = ARENA_NEW(*state, struct log_rate);
    struct logs_facts facts = {0};
    uint64_t sum = 0, failed = 0;

    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        log_rate_add(rate, seconds[i] * UINT64_C(1000000000), i % 2);
        assert_true(rate->used <= LOG_RATE_INTERVALS);
    }
    log_rate_facts(rate, *state, &facts);
    for (size_t i = 0; i < facts.rate_count; i++) {
        sum += facts.rate[i].queries;
        failed += facts.rate[i].failed;
    }
    assert_int_equal(sum, 7);
    assert_int_equal(failed, 3);
    assert_true(facts.rate_interval_s * LOG_RATE_INTERVALS >= 1700000000 - 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_bounds), ARENA_TEST(test_exact),
                                       ARENA_TEST(test_rate)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
