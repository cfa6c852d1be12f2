/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plain way, which a machine without the instruction goes; the other is seen by test_coredns_log. */
#undef __SSE2__
#include "../../lib/wire/logs/octet_marks.h"
#include "unit.h"
#include <stdio.h>

static void test_marks(void **state)
{
    char block[MARKS_BLOCK];
    uint32_t random = 1;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        uint64_t right = 0, others = 0;
        bool other = false;

        for (size_t i = 0; i < sizeof(block); i++) {
            random = random * 1664525 + 1013904223;
            /* Octets that differ from a blank in a single bit, too. */
            block[i] = random >> 28 ? (char)(random >> 20) : (char)(' ' ^ 1 << (random >> 20 & 7));
            block[i] = (random >> 10) % 5 ? block[i] : ' ';
            right |= (uint64_t)(block[i] == ' ') << i;
            other = other || block[i] == '\\';
        }
        assert_true(block_marks(block, ' ', '\\', &others) == right);
        assert_int_equal(others != 0, other);
    }
}

static void test_digits(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        uint32_t number;
    } rows[] = {{"xxxxxxx7", 1, 7},
                {"99999990", 1, 0},
                {"   12345", 5, 12345},
                {"\xff\xff\xff\xff\xff\xff\xff"
                 "9",
                 1, 9},
                {"00000000", 8, 0},
                {"99999999", 8, 99999999}};
    static const char *const wrong[] = {"1234567:",          "1234/678", "12345 78",
                                        "12345\xb0\xb0\xb0", ":2345678", "a2345678"};
    uint32_t number;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(digits_before(rows[i].text + 8, rows[i].len, &number));
        assert_int_equal(number, rows[i].number);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(digits_before(wrong[i] + 8, 8, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_marks), cmocka_unit_test(test_digits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
