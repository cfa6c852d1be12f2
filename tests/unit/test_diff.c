/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/report/diff_facts.h>
#include <math.h>

/* By a table of the normal distribution: z 1.96 is 0.05. */
static void test_shares(void **state)
{
    (void)state;
    assert_true(isnan(diff_share_chance(0, 0, 1, 2)));
    assert_true(fabs(diff_share_chance(5, 10, 50, 100) - 1) < 1e-12);
    assert_true(fabs(diff_share_chance(0, 10, 0, 20) - 1) < 1e-12);
    /* 45 of 100 against 30 of 100: pooled 0.375, error 0.068465, z 2.1909. */
    assert_true(fabs(diff_share_chance(45, 100, 30, 100) - 0.02846) < 1e-4);
    assert_true(fabs(diff_share_chance(30, 100, 45, 100) - 0.02846) < 1e-4);
}

/* Two octaves: 8 and 2 against 2 and 8; U by hand, ties of ten each. */
static void test_latencies(void **state)
{
    const struct histogram_octave_facts a[] = {{128, 8}, {256, 2}}, b[] = {{128, 2}, {256, 8}},
                                        c[] = {{1024, 50}};
    double chance;

    (void)state;
    assert_true(isnan(diff_latency_chance(a, 2, NULL, 0)));
    assert_true(fabs(diff_latency_chance(a, 2, a, 2) - 1) < 1e-12);
    /* Rank sum 8 * 5.5 + 2 * 15.5 = 75, mean 105, variance 100 / 12 * (21 - 1980 / 380) = 131.579, z 2.6153.
     */
    chance = diff_latency_chance(a, 2, b, 2);
    assert_true(fabs(chance - 0.008915) < 1e-5);
    assert_true(fabs(diff_latency_chance(b, 2, a, 2) - chance) < 1e-12);
    assert_true(diff_latency_chance(a, 2, c, 1) < 1e-6);
    assert_true(fabs(diff_latency_chance(c, 1, c, 1) - 1) < 1e-12); /* all alike */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_latencies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
