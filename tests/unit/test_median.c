/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/statistics/median.h>
#include <math.h>

static void test_median(void **state)
{
    static const struct {
        double values[5];
        size_t count;
        double is;
    } rows[] = {
        {{7}, 1, 7},
        {{9, 1}, 2, 1}, /* the lower one */
        {{3, 1, 2}, 3, 2},
        {{4, 1, 3, 2}, 4, 2},
        {{5, 5, 5, 1, 9}, 5, 5},
        {{-1, 0.5, (double)INFINITY}, 3, 0.5},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        double values[5];

        for (size_t k = 0; k < COUNT(values); k++)
            values[k] = rows[i].values[k];
        assert_true(median(values, rows[i].count) == rows[i].is);
    }
    assert_true(isnan(median(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_median)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
