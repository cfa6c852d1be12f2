/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_MEDIAN_H
#define K8SDNS_MODEL_MEDIAN_H

#include <stddef.h>

/*
 * The median of values, none of which is NAN: of an even number the lower of the two in the middle, so that
 * it is always one of them. It sorts them. NAN of none.
 */
double median(double *values, size_t count);

#endif
