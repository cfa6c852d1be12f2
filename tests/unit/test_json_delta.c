/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/wire/recorder/json_delta.h>
#include <stdlib.h>

static uint64_t random_state = 12345;

static uint64_t random_below(uint64_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (random_state >> 33) % n;
}

static json_t *random_json(int depth)
{
    static const char *const keys[] = {"a", "b", "=", "o", "-", "n", ""};
    json_t *json;

    switch (random_below(depth > 0 ? 7 : 5)) {
    case 0:
        return json_null();
    case 1:
        return json_boolean(random_below(2));
    case 2:
        return json_integer((json_int_t)random_below(5));
    case 3:
        return json_real((double)random_below(5) / 2);
    case 4:
        return json_string(keys[random_below(COUNT(keys))]);
    case 5:
        json = json_object();
        for (size_t n = random_below(6); n > 0; n--)
            json_object_set_new(json, keys[random_below(COUNT(keys))], random_json(depth - 1));
        return json;
    default:
        json = json_array();
        for (size_t n = random_below(6); n > 0; n--)
            json_array_append_new(json, random_json(depth - 1));
        return json;
    }
}

static json_t *reread(json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    json_t *again = json_loads(text, JSON_DECODE_ANY, NULL);

    free(text);
    json_decref(json);
    return again;
}

/* Whatever the two are, the delta leads from one to the other; what is no delta of it is refused. */
static void test_delta(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        json_t *before = random_json(4), *now = random_json(4), *other = random_json(3), *applied;
        json_t *delta = reread(json_delta(before, now));

        applied = json_delta_apply(json_deep_copy(before), delta);
        assert_non_null(applied);
        assert_true(json_equal(applied, now));
        json_decref(applied);
        /* Of another value, or something else: an answer or none, and nothing is read that is not there. */
        json_decref(json_delta_apply(json_deep_copy(other), delta));
        json_decref(json_delta_apply(json_deep_copy(before), other));
        json_decref(delta);
        delta = json_delta(now, now);
        assert_true(json_is_object(delta) && json_object_size(delta) == 0);
        json_decref(delta);
        json_decref(before);
        json_decref(now);
        json_decref(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_delta)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
