/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/base/text.h>
#include <k8sdns/render/page/printer.h>
#include <k8sdns/render/page/table.h>
#include <string.h>

static const struct table_column columns[] = {
    {.heading = "NAME"}, {.heading = "N", .right = true}, {.heading = "WORDS", .elastic = true}};

static void test_columns(void **state)
{
    struct table *table = table_new(*state, columns, COUNT(columns));
    struct text out = {0};
    struct printer printer = {.out = &out, .width = 30};

    table_row(table);
    table_cell(table, STYLE_PLAIN, "a");
    table_cellf(table, STYLE_PLAIN, "%d", 5);
    table_cell(table, STYLE_PLAIN, "some words that wrap here");
    table_row(table);
    table_cell(table, STYLE_BAD, "long\033");
    table_cell(table, STYLE_PLAIN, "123");
    table_print(table, &printer, 0);
    for (const char *line = text_string(&out); line && *line; line = strchr(line, '\n') + 1)
        assert_true(strcspn(line, "\n") <= 30);
    assert_non_null(strstr(text_string(&out), "long\\027  123"));
    assert_non_null(strstr(text_string(&out), "a           5  some"));
    assert_null(strchr(text_string(&out), '\033'));
    text_fini(&out);
}

static void test_style(void **state)
{
    struct text out = {0};
    struct printer printer = {.out = &out, .width = 80, .color = true};

    (void)state;
    printer_style(&printer, STYLE_BAD, "bad\033");
    assert_memory_equal(text_string(&out), "\033[", 2);
    assert_non_null(strstr(text_string(&out), "bad\\027"));
    text_fini(&out);
}

static void test_paragraph(void **state)
{
    struct text out = {0};
    struct printer printer = {.out = &out, .width = 20};

    (void)state;
    printer_paragraph(&printer, "* ", "%s", "one two three four five");
    assert_string_equal(text_string(&out), "* one two three four\n  five\n");
    text_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_columns), cmocka_unit_test(test_style),
                                       cmocka_unit_test(test_paragraph)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
