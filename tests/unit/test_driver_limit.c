/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/node/driver_limit.h>
#include <string.h>

/* Each is found by the driver's name for it, and by no other. */
static void test_find(void **state)
{
    (void)state;
    for (int i = 0; driver_limits[i].counter; i++) {
        assert_int_equal(driver_limit_find(driver_limits[i].counter), i);
        assert_true(driver_limits[i].id && driver_limits[i].label && driver_limits[i].affects);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(driver_limits[k].id, driver_limits[i].id);
    }
    assert_int_equal(driver_limit_find("linklocal_allowance"), -1);
    assert_int_equal(driver_limit_find("linklocal_allowance_exceeded_2"), -1);
    assert_int_equal(driver_limit_find("rx_packets"), -1);
    assert_int_equal(driver_limit_find(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_find),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
