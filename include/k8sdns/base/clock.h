/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_CLOCK_H
#define K8SDNS_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds: since boot and never stepped, and since 1970. */
uint64_t clock_monotonic_ns(void);
uint64_t clock_realtime_ns(void);

/* The kernel's HZ, by its coarse clock, which moves with each of its ticks. Source: clock_getres(2). */
uint32_t clock_ticks_a_second(void);

/* A moment by both clocks. */
struct clock_stamp {
    uint64_t mono_ns, real_ns;
};
struct clock_stamp clock_stamp_now(void);
/*
 * Microseconds from `sent` to an arrival that the kernel stamped with `arrived_real_ns` and the program saw
 * at `seen_mono_ns`. The kernel's stamp counts when it can be trusted: the wall clock may have been stepped
 * since.
 */
uint64_t clock_elapsed_us(const struct clock_stamp *sent, uint64_t arrived_real_ns, uint64_t seen_mono_ns);

/* "2026-01-31T12:00:00.000Z" (RFC 3339, UTC, milliseconds). Return buf. */
const char *clock_format(uint64_t realtime_ns, char *buf, size_t size);
#define CLOCK_TEXT 32

/*
 * Read "2026-01-31T12:00:00Z", with or without a fraction (RFC 3339, UTC alone, as Kubernetes writes it),
 * into nanoseconds since 1970. Return false when it is no such time.
 */
bool clock_parse(const char *text, uint64_t *ret_ns);

#endif
