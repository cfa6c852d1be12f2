/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <jansson.h>
#include <k8sdns/model/shape/gap.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/model/shape/shape_json.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct inner {
    uint64_t number;
};

struct outer {
    bool flag;
    uint64_t count;
    double real;
    const char *text;
    int word;
    const char **texts;
    size_t texts_count;
    struct inner in_place;
    struct inner *pointer;
    struct inner *list;
    size_t list_count;
    struct shape_tally *tallies;
    size_t tallies_count;
    struct shape_keyed *map;
    size_t map_count;
    struct shape_keyed keyed;
};

static const char *const words[] = {"zero", "one", NULL};
static const struct shape_field inner_fields[] = {SHAPE_FIELD_COUNT(struct inner, number, "number", "n")};
static const struct shape inner_shape = SHAPE(struct inner, inner_fields, "inner");
static const struct shape_field fields[] = {
    SHAPE_FIELD_BOOL(struct outer, flag, "flag", ""),
    SHAPE_FIELD_COUNT(struct outer, count, "count", ""),
    SHAPE_FIELD_REAL(struct outer, real, "real", ""),
    SHAPE_FIELD_TEXT(struct outer, text, "text", ""),
    SHAPE_FIELD_WORD(struct outer, word, "word", words, ""),
    SHAPE_FIELD_TEXTS(struct outer, texts, "texts", ""),
    SHAPE_FIELD_OBJECT(struct outer, in_place, "in_place", &inner_shape, ""),
    SHAPE_FIELD_POINTER(struct outer, pointer, "pointer", &inner_shape, ""),
    SHAPE_FIELD_OBJECTS(struct outer, list, "list", &inner_shape, ""),
    SHAPE_FIELD_TALLIES(struct outer, tallies, "tallies", ""),
    SHAPE_FIELD_MAP(struct outer, map, "map", ""),
    SHAPE_FIELD_KEYED(struct outer, keyed, "key_", ""),
};
static const struct shape shape = SHAPE(struct outer, fields, "outer");

static void check(const struct outer *data, const char *expected)
{
    json_t *json = shape_to_json(&shape, data);
    char *text = json_dumps(json, JSON_COMPACT);

    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void test_unset(void **state)
{
    struct outer data = {
        .count = SHAPE_UNSET, .real = (double)NAN, .word = -1, .in_place.number = SHAPE_UNSET};

    (void)state;
    check(&data, "{\"flag\":false,\"count\":null,\"real\":null,\"text\":null,\"word\":null,\"texts\":[],"
                 "\"in_place\":{\"number\":null},\"pointer\":null,\"list\":[],\"tallies\":{},\"map\":{}}");
}

static void test_set(void **state)
{
    const char *texts[] = {"x", "\xff"};
    struct inner one = {1}, list[] = {{2}, {3}};
    struct shape_tally tallies[] = {{"NOERROR", 4}};
    struct shape_keyed map[] = {{"ndots", "5"}};
    struct outer data = {.flag = true,
                         .count = UINT32_MAX,
                         .real = 0.5,
                         .text = "\033",
                         .word = 1,
                         .texts = texts,
                         .texts_count = 2,
                         .in_place = {7},
                         .pointer = &one,
                         .list = list,
                         .list_count = 2,
                         .tallies = tallies,
                         .tallies_count = 1,
                         .map = map,
                         .map_count = 1,
                         .keyed = {"A", "v"}};

    (void)state;
    check(&data,
          "{\"flag\":true,\"count\":4294967295,\"real\":0.5,\"text\":\"\\u001B\",\"word\":\"one\","
          "\"texts\":[\"x\",\"\\\\255\"],\"in_place\":{\"number\":7},\"pointer\":{\"number\":1},"
          "\"list\":[{\"number\":2},{\"number\":3}],\"tallies\":{\"NOERROR\":4},\"map\":{\"ndots\":\"5\"},"
          "\"key_A\":\"v\"}");
}

/* Every gap has an id of its own; what rules need has words too, which nobody gives them elsewhere. */
static void test_gaps(void **state)
{
    (void)state;
    for (size_t i = 0; i < GAP_COUNT; i++) {
        assert_true(gap_names[i] && *gap_names[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(gap_names[i], gap_names[k]);
        if (i < GAP_NEEDS_END)
            assert_true(gap_rows[i].what && gap_rows[i].how);
    }
    assert_null(gap_names[GAP_COUNT]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unset), cmocka_unit_test(test_set),
                                       cmocka_unit_test(test_gaps)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
