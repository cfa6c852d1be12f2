/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_LATENCY_H
#define K8SDNS_DIAG_LATENCY_H

#include <k8sdns/diag/rule.h>

/*
 * The median time of the answers of the matrix, in us; SHAPE_UNSET without any. `id` NULL: of all servers;
 * `type` NULL: of all types; `names`: CONCERNS_CLUSTER, CONCERNS_EXTERNAL or both. Errors do not count.
 */
uint64_t matrix_latency_us(const struct diagnosis *diagnosis, const char *id, const char *type,
                           unsigned names);

/* Slow by the thresholds: SEVERITY_WARNING, SEVERITY_INFO, or -1 for what is fast enough or not known. */
int latency_severity(const struct diagnosis *diagnosis, uint64_t us);

/* Stands out from what is compared with it: some times as long, and some more. Neither is SHAPE_UNSET. */
bool latency_stands_out(const struct diagnosis *diagnosis, uint64_t us, uint64_t peers_us);

#endif
