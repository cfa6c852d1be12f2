/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_HISTOGRAM_H
#define K8SDNS_MODEL_HISTOGRAM_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/shape/shape.h>

/*
 * Latencies in constant memory, each kept to within HISTOGRAM_ERROR of its value.
 *
 * The idea is HDR Histogram's: every octave (from 2^k to 2^(k+1) us) has the same number of equal steps, so
 * that the relative error is the same everywhere. Below 2^HISTOGRAM_STEP_BITS us each microsecond has a step
 * of its own.
 *
 *     us    0..63    64..127      128..255     ...   2^31..2^32-1
 *     step  1        1            2                  2^25
 *
 * Longer ones count as 2^32 - 1 us (71 minutes).
 */
#define HISTOGRAM_STEP_BITS 6
#define HISTOGRAM_STEPS     (1 << HISTOGRAM_STEP_BITS)
#define HISTOGRAM_BITS      32
#define HISTOGRAM_SIZE      ((HISTOGRAM_BITS - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS)
/* A value is reported as the middle of its step. */
#define HISTOGRAM_ERROR (0.5 / HISTOGRAM_STEPS)

struct histogram {
    uint64_t count, sum_us, min_us, max_us; /* exact; the extremes mean nothing while count is 0 */
    uint64_t steps[HISTOGRAM_SIZE];
};

void histogram_add(struct histogram *histogram, uint64_t us);

/*
 * The value that the fraction `ratio` (in 0..1) of all are at or below, by the nearest rank; never outside
 * the exact extremes. SHAPE_UNSET when there are none.
 */
uint64_t histogram_value_us(const struct histogram *histogram, double ratio);

/* All of one octave. */
struct histogram_octave_facts {
    uint64_t below_us; /* a power of two */
    uint64_t count;
};
extern const struct shape histogram_octave_facts_shape;

/* From the first octave with a count to the last, those between them included. Return how many. */
size_t histogram_octaves(struct arena *arena, const struct histogram *histogram,
                         struct histogram_octave_facts **ret_octaves);

#endif
