/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/statistics/histogram.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Every percentile is within the stated error of the true one, over eight decades. */
static void test_error(void **state)
{
    struct histogram *h = ARENA_NEW(*state, struct histogram);
    size_t count = 20000;
    uint64_t *all = arena_array(*state, count, sizeof(*all)), value = 1;

    for (size_t i = 0; i < count; i++) {
        value = value * UINT64_C(6364136223846793005) + 1442695040888963407u;
        all[i] = value >> (32 + (value >> 8) % 28);
        histogram_add(h, all[i]);
    }
    qsort(all, count, sizeof(*all), by_value);
    for (int percent = 1; percent <= 100; percent++) {
        uint64_t exact = all[count * (size_t)percent / 100 - 1],
                 told = histogram_value_us(h, percent / 100.0);

        assert_true((double)told <= (double)exact * (1 + HISTOGRAM_ERROR) + 1e-9);
        assert_true((double)told >= (double)exact * (1 - HISTOGRAM_ERROR) - 1e-9);
    }
    assert_int_equal(h->min_us, all[0]);
    assert_int_equal(h->max_us, all[count - 1]);
}

static void test_small_values_are_exact(void **state)
{
    struct histogram *h = ARENA_NEW(*state, struct histogram);

    for (uint64_t us = 0; us < 128; us++) {
        *h = (struct histogram){0};
        histogram_add(h, us);
        assert_int_equal(histogram_value_us(h, 0.5), us);
    }
}

static void test_extremes(void **state)
{
    struct histogram *h = ARENA_NEW(*state, struct histogram);

    assert_true(histogram_value_us(h, 0.5) == SHAPE_UNSET);
    histogram_add(h, UINT64_MAX);
    histogram_add(h, 7);
    assert_int_equal(h->max_us, UINT32_MAX);
    assert_int_equal(histogram_value_us(h, 0), 7);
    assert_int_equal(histogram_value_us(h, 0.5), 7);
    assert_int_equal(histogram_value_us(h, 1), UINT32_MAX);
}

static void test_octaves(void **state)
{
    static const uint64_t values[] = {0, 1, 63, 64, 127, 128, 1000, 1023, 1024};
    struct histogram *h = ARENA_NEW(*state, struct histogram);
    struct histogram_octave_facts *octaves;
    uint64_t total = 0;
    size_t count;

    assert_int_equal(histogram_octaves(*state, h, &octaves), 0);
    for (size_t i = 0; i < COUNT(values); i++)
        histogram_add(h, values[i]);
    count = histogram_octaves(*state, h, &octaves);
    assert_int_equal(octaves[0].below_us, 1);
    assert_int_equal(octaves[count - 1].below_us, 2048);
    for (size_t i = 0; i < count; i++) {
        uint64_t expected = 0;

        if (i)
            assert_int_equal(octaves[i].below_us, 2 * octaves[i - 1].below_us);
        for (size_t k = 0; k < COUNT(values); k++)
            expected += values[k] < octaves[i].below_us && (!i || values[k] >= octaves[i - 1].below_us);
        assert_int_equal(octaves[i].count, expected);
        total += expected;
    }
    assert_int_equal(total, COUNT(values));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_error),
        ARENA_TEST(test_small_values_are_exact),
        ARENA_TEST(test_extremes),
        ARENA_TEST(test_octaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
