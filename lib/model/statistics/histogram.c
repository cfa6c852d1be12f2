/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/statistics/histogram.h>
#include <math.h>

static size_t step_of(uint64_t us)
{
    unsigned shift;

    if (us < HISTOGRAM_STEPS)
        return (size_t)us;
    shift = (unsigned)(63 - __builtin_clzll(us)) - HISTOGRAM_STEP_BITS;
    return (size_t)(shift + 1) * HISTOGRAM_STEPS + (size_t)(us >> shift) - HISTOGRAM_STEPS;
}

/* The middle of a step. */
static uint64_t value_of(size_t step)
{
    size_t shift = step / HISTOGRAM_STEPS;

    if (shift <= 1)
        return step;
    shift--;
    return ((uint64_t)(step % HISTOGRAM_STEPS + HISTOGRAM_STEPS) << shift) + (UINT64_C(1) << (shift - 1));
}

void histogram_add(struct histogram *h, uint64_t us)
{
    if (us >> HISTOGRAM_BITS)
        us = (UINT64_C(1) << HISTOGRAM_BITS) - 1;
    if (!h->count || us < h->min_us)
        h->min_us = us;
    if (!h->count || us > h->max_us)
        h->max_us = us;
    h->count++;
    h->sum_us += us;
    h->steps[step_of(us)]++;
}

uint64_t histogram_value_us(const struct histogram *h, double ratio)
{
    uint64_t rank = (uint64_t)ceil(ratio * (double)h->count), seen = 0, value = 0;

    if (!h->count)
        return SHAPE_UNSET;
    if (!rank)
        return h->min_us;
    if (rank >= h->count)
        return h->max_us;
    for (size_t i = 0; i < HISTOGRAM_SIZE; i++) {
        seen += h->steps[i];
        if (seen >= rank) {
            value = value_of(i);
            break;
        }
    }
    return value < h->min_us ? h->min_us : value > h->max_us ? h->max_us : value;
}

size_t histogram_octaves(struct arena *arena, const struct histogram *h,
                         struct histogram_octave_facts **ret_octaves)
{
    size_t count = 0, last = 0;

    *ret_octaves = NULL;
    for (size_t i = 0; i < HISTOGRAM_SIZE; i++) {
        /* Below the first full octave the steps are single microseconds. */
        unsigned octave = i < HISTOGRAM_STEPS ? (i ? (unsigned)(64 - __builtin_clzll(i)) : 0)
                                              : (unsigned)(i / HISTOGRAM_STEPS) + HISTOGRAM_STEP_BITS;

        if (!h->steps[i])
            continue;
        for (; count && last < octave; last++)
            ARENA_PUSH(arena, *ret_octaves, count)->below_us = UINT64_C(1) << (last + 1);
        if (!count) {
            ARENA_PUSH(arena, *ret_octaves, count)->below_us = UINT64_C(1) << octave;
            last = octave;
        }
        (*ret_octaves)[count - 1].count += h->steps[i];
    }
    return count;
}

static const struct shape_field octave_fields[] = {
    SHAPE_FIELD_COUNT(struct histogram_octave_facts, below_us, "below_us",
                      "answers faster than this, and not than the row before"),
    SHAPE_FIELD_COUNT(struct histogram_octave_facts, count, "count", "how many"),
};
const struct shape histogram_octave_facts_shape =
    SHAPE(struct histogram_octave_facts, octave_fields, "latency_octave");
