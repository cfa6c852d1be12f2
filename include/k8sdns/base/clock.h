/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_CLOCK_H
#define K8SDNS_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds: since boot and never stepped, and since 1970. */
uint64_t clock_monotonic_ns(void);
uint64_t clock_realtime_ns(void);

/* "2026-01-31T12:00:00.000Z" (RFC 3339, UTC, milliseconds). Return buf. */
const char *clock_format(uint64_t realtime_ns, char *buf, size_t size);
#define CLOCK_TEXT 32

#endif
