/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RANK_H
#define K8SDNS_MODEL_RANK_H

#include <stddef.h>

/* The rank of each value among all, from 0; equal ones share the mean of theirs. In the square of `count`. */
void rank_values(const double *values, size_t count, double *ret_ranks);

/* The correlation of two lists of ranks (Spearman's, of what they rank); 0 when one of them is all equal. */
double rank_correlation(const double *a, const double *b, size_t count);

#endif
