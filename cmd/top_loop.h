/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_TOP_LOOP_H
#define K8SDNS_CMD_TOP_LOOP_H

#include "command.h"
#include <k8sdns/collect/collection.h>
#include <k8sdns/diag/threshold.h>
#include <k8sdns/model/top/top_facts.h>

struct top_options {
    struct collection_options collection;
    struct thresholds thresholds;
    uint64_t interval_us;
    uint64_t count; /* screens of a batch; 0: no end */
    bool batch;
};

/*
 * Show facts until somebody has enough: on the screen, or with options->batch as text or JSON on standard
 * output. Those of run->captured do not change, and a batch of them ends at once. All is told then, and
 * `last` says so. Return an exit status, or a negative errno with a message in run->err.
 */
int top_loop_run(struct run *run, const struct top_options *options, struct top_facts *last) MUST_USE;

#endif
