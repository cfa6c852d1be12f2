/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet_mixture.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Shares from a millionth to one, in steps of their logarithm. */
#define GRID   72
#define LOWEST 1e-6
/* Every other of these may be the median. */
#define MEDIANS (GRID / 2)
/* No more nodes are fitted; all are judged. */
#define FITTED_MAX 2500
/* Outliers fail at least so many times as much as the median. */
#define FACTOR 5

static const double spreads[] = {0.15, 0.4, 0.7, 1.0, 1.3, 1.6, 2.0};
static const double parts[] = {0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct mixture_fit {
    double share_log[GRID], fail_log[GRID], pass_log[GRID];
    size_t fitted;
    float *likelihood; /* [fitted][GRID], each row's largest is 1 */
};

static void grid_init(struct mixture_fit *fit)
{
    for (size_t g = 0; g < GRID; g++) {
        /* The highest is a little under one, where a query that was answered would be impossible. */
        double share = LOWEST * pow(0.999 / LOWEST, (double)g / (GRID - 1));

        fit->share_log[g] = fit->fail_log[g] = log(share);
        fit->pass_log[g] = log1p(-share);
    }
}

/* How likely it is to see this at each share of the grid, the most likely as 1. */
static void row_fill(const struct mixture_fit *fit, double asked, double failed, float *row)
{
    double values[GRID], most = -HUGE_VAL;

    for (size_t g = 0; g < GRID; g++) {
        values[g] = failed * fit->fail_log[g] + (asked > failed ? asked - failed : 0) * fit->pass_log[g];
        most = values[g] > most ? values[g] : most;
    }
    for (size_t g = 0; g < GRID; g++)
        row[g] = (float)exp(values[g] - most);
}

static void usual_weights(const struct mixture_fit *fit, double median_log, double spread, float *weights)
{
    double sum = 0, value[GRID];

    for (size_t g = 0; g < GRID; g++) {
        double z = (fit->share_log[g] - median_log) / spread;

        sum += value[g] = exp(-z * z / 2);
    }
    for (size_t g = 0; g < GRID; g++)
        weights[g] = (float)(value[g] / sum);
}

/* Alike over the logarithms; false when there is no room above the median. */
static bool outlier_weights(const struct mixture_fit *fit, double median_log, double floor, float *weights)
{
    double lowest = fmax(log(floor), median_log + log(FACTOR));
    size_t above = 0;

    for (size_t g = 0; g < GRID; g++)
        above += fit->share_log[g] >= lowest;
    for (size_t g = 0; g < GRID; g++)
        weights[g] = above && fit->share_log[g] >= lowest ? 1.0F / (float)above : 0;
    return above > 0;
}

static double product(const float *a, const float *b)
{
    float sum = 0;

    for (size_t g = 0; g < GRID; g++)
        sum += a[g] * b[g];
    return (double)sum;
}

/* The logarithm of the likelihood of all, of a mixture of both. */
static double total(const double *usual, const double *outlier, size_t count, double part)
{
    double sum = 0, some = 1;

    for (size_t i = 0; i < count; i++) {
        /* Logarithms are taken of many factors at once. */
        some *= (1 - part) * usual[i] + part * outlier[i] + 1e-30;
        if (some < 1e-200 || i + 1 == count) {
            sum += log(some);
            some = 1;
        }
    }
    return sum;
}

void fleet_mixture_fit(struct arena *arena, const double *asked, const double *failed, size_t count,
                       double floor, struct fleet_mixture *ret)
{
    struct mixture_fit *fit = ARENA_NEW(arena, struct mixture_fit);
    size_t stride = count / FITTED_MAX + 1;
    double *usual = arena_array(arena, count + 1, sizeof(double)), best = -HUGE_VAL, alone = -HUGE_VAL;
    double *outlier = arena_array(arena, count + 1, sizeof(double)), median_log = log(LOWEST);
    float weights[GRID], above[GRID], row[GRID];
    /* One node of all is the least part that can be told; a smaller one is no cheaper. */
    double least = count ? 1.0 / (double)count : 0;

    *ret = (struct fleet_mixture){
        .median = LOWEST, .spread = spreads[0], .outlier = arena_array(arena, count + 1, sizeof(double))};
    grid_init(fit);
    fit->likelihood = calloc(count / stride + 1, GRID * sizeof(float));
    if (!fit->likelihood)
        err_out_of_memory();
    for (size_t i = 0; i < count; i += stride)
        if (asked[i] >= FLEET_ASKED_MIN)
            row_fill(fit, asked[i], failed[i], fit->likelihood + GRID * fit->fitted++);
    for (size_t m = 0; m < MEDIANS && fit->fitted; m++) {
        double middle = fit->share_log[2 * m];
        bool room = outlier_weights(fit, middle, floor, above);

        for (size_t i = 0; i < fit->fitted; i++)
            outlier[i] = product(fit->likelihood + GRID * i, above);
        for (size_t s = 0; s < COUNT(spreads); s++) {
            usual_weights(fit, middle, spreads[s], weights);
            for (size_t i = 0; i < fit->fitted; i++)
                usual[i] = product(fit->likelihood + GRID * i, weights);
            for (size_t e = 0; e < COUNT(parts) + 1 && (e == 0 || room); e++) {
                double part = e < COUNT(parts) ? parts[e] : least, value;

                value = total(usual, outlier, fit->fitted, part);
                if (part <= 0 && value > alone)
                    alone = value;
                if (value <= best)
                    continue;
                best = value;
                median_log = middle;
                ret->median = exp(middle);
                ret->spread = spreads[s];
                ret->part = part;
            }
        }
    }
    free(fit->likelihood);
    ret->evidence = fit->fitted ? best - alone : 0;
    usual_weights(fit, median_log, ret->spread, weights);
    outlier_weights(fit, median_log, floor, above);
    for (size_t i = 0; i < count; i++) {
        double part = fmax(ret->part, least), of_usual, of_outlier;

        if (asked[i] < FLEET_ASKED_MIN)
            continue;
        row_fill(fit, asked[i], failed[i], row);
        of_usual = (1 - part) * product(row, weights);
        of_outlier = part * product(row, above);
        ret->outlier[i] = of_outlier > 0 ? of_outlier / (of_usual + of_outlier) : 0;
    }
}
