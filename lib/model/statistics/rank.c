/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rank.h"
#include <math.h>

void rank_values(const double *values, size_t count, double *ret_ranks)
{
    for (size_t i = 0; i < count; i++) {
        size_t less = 0, equal = 0;

        for (size_t k = 0; k < count; k++) {
            less += values[k] < values[i];
            equal += !(values[k] < values[i]) && !(values[k] > values[i]);
        }
        ret_ranks[i] = (double)less + ((double)equal - 1) / 2;
    }
}

double rank_correlation(const double *a, const double *b, size_t count)
{
    double mean = ((double)count - 1) / 2, both = 0, squares_a = 0, squares_b = 0;

    for (size_t i = 0; i < count; i++) {
        double x = a[i] - mean, y = b[i] - mean;

        both += x * y;
        squares_a += x * x;
        squares_b += y * y;
    }
    return squares_a > 0 && squares_b > 0 ? both / sqrt(squares_a * squares_b) : 0;
}
