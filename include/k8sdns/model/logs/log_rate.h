/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_RATE_H
#define K8SDNS_MODEL_LOG_RATE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/logs/logs_facts.h>

/*
 * Queries over time in a fixed number of intervals. They begin with a second each; whenever a time lies
 * outside of all of them, in either direction, they become twice as long until it fits.
 */
#define LOG_RATE_INTERVALS 120

struct log_rate_interval {
    uint64_t queries, failed;
};

struct log_rate {
    uint64_t width_s;        /* 0: nothing was counted yet */
    uint64_t base;           /* the first interval begins at base * width_s */
    uint64_t from_ns, to_ns; /* of the interval that was counted last */
    size_t last;             /* its place */
    size_t used;             /* from the first to the last that has any */
    struct log_rate_interval intervals[LOG_RATE_INTERVALS];
};

void log_rate_add(struct log_rate *rate, uint64_t time_ns, bool failed);
void log_rate_facts(const struct log_rate *rate, struct arena *arena, struct logs_facts *facts);

#endif
