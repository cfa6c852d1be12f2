/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/source/kernel/kernel_refusal.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 1, 2))) static void take(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    kernel_refusal_take(fmt, args);
    va_end(args);
}

/* The last lines are kept, in order, whatever the pieces; a line that is too long is cut. */
static void test_the_last_lines_are_kept(void **state)
{
    const char *lines[REFUSAL_LINES];
    char expected[32], longest[REFUSAL_WIDTH * 2];

    (void)state;
    assert_int_equal(kernel_refusal_lines(lines), 0);
    take("libbpf: %s\n", "first");
    assert_int_equal(kernel_refusal_lines(lines), 1);
    assert_string_equal(lines[0], "libbpf: first");
    for (int i = 0; i < 100; i += 2)
        take("line %d\nline %d\n", i, i + 1);
    assert_int_equal(kernel_refusal_lines(lines), REFUSAL_LINES);
    for (int i = 0; i < REFUSAL_LINES; i++) {
        snprintf(expected, sizeof(expected), "line %d", 100 - REFUSAL_LINES + i);
        assert_string_equal(lines[i], expected);
    }
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    take("%s", longest);
    assert_int_equal(kernel_refusal_lines(lines), REFUSAL_LINES);
    assert_int_equal(strlen(lines[REFUSAL_LINES - 1]), REFUSAL_WIDTH - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_last_lines_are_kept)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
