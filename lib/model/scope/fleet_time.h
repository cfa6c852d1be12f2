/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_FLEET_TIME_H
#define K8SDNS_MODEL_FLEET_TIME_H

#include "fleet_width.h"
#include <k8sdns/model/scope/scope_peak.h>

/* How often the nodes that fail do, in numbers. */
struct fleet_time {
    int frequency;                 /* enum frequency */
    int confidence;                /* enum scope_confidence */
    size_t windows, failing, runs; /* with queries; of these; and how often failing windows begin */
    bool fails[FLEET_WINDOWS_MAX];
    size_t first, last;    /* failing window */
    bool load_known;       /* something told the load */
    bool has_peak;         /* `peak` is filled */
    const char *load_from; /* what told it: "lookups", "coredns" */
    struct scope_peak_facts peak;
    double busiest_ratio,
        quietest_ratio; /* the share that fails in the busiest fifth, in the quietest half */
};

void fleet_time_judge(const struct fleet *fleet, enum fleet_signal signal, const struct fleet_width *width,
                      struct fleet_time *ret_time);

#endif
