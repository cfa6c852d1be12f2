/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_FLEET_WIDTH_H
#define K8SDNS_MODEL_FLEET_WIDTH_H

#include <k8sdns/model/scope/fleet.h>
#include <k8sdns/model/scope/scope_facts.h>

/* How wide one signal of a fleet fails, in numbers. */
struct fleet_width {
    int scope;      /* enum scope: NONE, WHOLE_CLUSTER, SOME_NODES, RANDOM_PODS (here: changing nodes) */
    int confidence; /* enum scope_confidence */
    double asked, failed;
    size_t nodes;                    /* with enough queries to be judged */
    size_t failing;                  /* of these */
    bool *fails;                     /* of each node of the fleet */
    bool windows[FLEET_WINDOWS_MAX]; /* those that were looked at: where more fails than usually */
    size_t windows_count;
    bool part_of_time;    /* they are not all */
    double usual_ratio;   /* what a typical node fails when nothing is wrong with it */
    double spread;        /* see fleet_mixture.h */
    double failing_ratio; /* of the failing nodes, over these windows */
    double worst_ratio;   /* of the worst node that is not among them */
    bool history;         /* nodes were compared with themselves a day before */
    size_t as_before;     /* nodes that fail much, but as much as a day before */
    double crowding;      /* the chance that failing windows crowd on nodes so; NAN: not tested */
    const char *zone;     /* the failing nodes are those of it; NULL */
};

void fleet_width_judge(const struct fleet *fleet, enum fleet_signal signal, struct fleet_width *ret_width);

#endif
