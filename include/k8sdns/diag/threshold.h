/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_THRESHOLD_H
#define K8SDNS_DIAG_THRESHOLD_H

#include <k8sdns/base/err.h>
#include <stddef.h>

/* Where a rule draws its line. Each can be set by its name: `--set conntrack.near_full_ratio=0.8`. */
struct thresholds {
    double amplification_queries;
    double loss_warning_ratio, loss_critical_ratio;
    double servfail_warning_ratio, servfail_critical_ratio;
    double latency_p99_s;
    double forward_servfail_warning_ratio, forward_servfail_critical_ratio, forward_latency_p99_s;
    double cpu_cores, cpu_limit_ratio;
    double slow_factor, slow_more_ms;
    double lookup_slow_ms, lookup_very_slow_ms;
    double near_full_ratio, full_ratio;
    double port_use_ratio;
    double limit_ratio;
    double pressure_percent;
    double nodes_per_replica;
    double trace_fewest, trace_slow_ratio, trace_share_ratio;
    double recent_minutes;
};

struct threshold_row {
    const char *name;
    size_t offset;
    double usual, min, max;
    const char *doc; /* what it decides, and whose number it is */
};
extern const struct threshold_row threshold_rows[]; /* ends with a row without a name */

void thresholds_init(struct thresholds *ret_thresholds);

/* Read "NAME=VALUE". Return 0, or -EINVAL with a message that names the nearest, or the range. */
int threshold_set(struct thresholds *thresholds, const char *text, struct err *err) MUST_USE;

#endif
