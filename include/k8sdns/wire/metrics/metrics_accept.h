/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_METRICS_ACCEPT_H
#define K8SDNS_WIRE_METRICS_ACCEPT_H

#include <stdbool.h>

/*
 * Whether whoever sends this Accept header is to get OpenMetrics rather than the text format: when it is
 * named (versions 1.0.0 and 0.0.1, or none), and wanted at least as much as the other. Wildcards count for
 * the text format alone, which everybody can read. NULL and what is not of that form want the text. Source:
 * RFC 9110, 12.5.1.
 */
bool metrics_accept_openmetrics(const char *accept);

#endif
