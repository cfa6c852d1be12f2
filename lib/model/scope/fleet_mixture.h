/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_FLEET_MIXTURE_H
#define K8SDNS_MODEL_FLEET_MIXTURE_H

#include <k8sdns/base/arena.h>
#include <stddef.h>

/*
 * Which nodes stand out of a fleet whose nodes differ in health already.
 *
 * Of `asked` queries of a node `failed` fail. The nodes' true shares are taken as log-normal, with a median
 * and a spread that are fitted, beside a part of nodes whose share may be anything that is large: at least
 * `floor`, and five times the median. Both are fitted together (maximum likelihood over a grid), so that
 * neither a wide spread passes for outliers nor many outliers for a spread. What is observed is binomial.
 *
 * A model of our choice: real fleets are uneven, and fixed limits call every one of them ill.
 */
struct fleet_mixture {
    double median, spread; /* of the usual shares; the spread is the standard deviation of their logarithm */
    double part;           /* of nodes that stand out */
    double *outlier; /* of each node: how probable it is that it stands out; 0 where too little is known */
    double evidence; /* how much better it fits than without outliers, in natural logarithms */
};

/* Nodes with fewer queries are left out. */
#define FLEET_ASKED_MIN 30

void fleet_mixture_fit(struct arena *arena, const double *asked, const double *failed, size_t count,
                       double floor, struct fleet_mixture *ret_mixture);

#endif
