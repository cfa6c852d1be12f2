/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/statistics/median.h>
#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double median(double *values, size_t count)
{
    if (!count)
        return (double)NAN;
    qsort(values, count, sizeof(*values), by_value);
    return values[(count - 1) / 2];
}
