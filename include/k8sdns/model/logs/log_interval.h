/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_INTERVAL_H
#define K8SDNS_MODEL_LOG_INTERVAL_H

#include <k8sdns/model/logs/log_record.h>

/* What came since the last report of --follow. */
struct log_interval_facts {
    uint64_t interval; /* 1 is the first */
    double span_ms;
    uint64_t lines, queries, failed, nxdomain, slow, errors, panics, unknown;
    double p50_ms, p99_ms; /* NAN without answers */
};
extern const struct shape log_interval_facts_shape;

struct log_interval {
    uint64_t number, began_ns;
    struct log_interval_facts before; /* sums so far */
    struct histogram latency;
};

void log_interval_begin(struct log_interval *interval, uint64_t now_ns);
/* The difference between a record and what it was at the last call. */
void log_interval_next(struct log_interval *interval, const struct log_record *record, uint64_t now_ns,
                       struct log_interval_facts *ret_facts);

#endif
