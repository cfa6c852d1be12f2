/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_NUMBER_H
#define K8SDNS_BASE_NUMBER_H

#include <k8sdns/base/err.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Strict numbers: the whole text is the number, digits only, in [min, max]. A wrong one is refused with a
 * message that names the range. Return 0, -EINVAL (no number) or -ERANGE.
 */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value, struct err *err) MUST_USE;

/*
 * A duration with its unit, "500ms", "2s", "1.5s", "10m", "2h", "250us", into microseconds. A bare "0" needs
 * no unit; any other number without one is refused, since "5" could mean either.
 */
int duration_parse_us(const char *text, uint64_t min_us, uint64_t max_us, uint64_t *ret_us,
                      struct err *err) MUST_USE;

/* A size in bytes with its unit of 1024, "64K", "512M", "2G". As duration_parse_us(). */
int size_parse(const char *text, uint64_t min, uint64_t max, uint64_t *ret_bytes, struct err *err) MUST_USE;

/* A number out of a file as a whole one: what is negative, or none, is 0, and what is too large the largest.
 */
uint64_t number_whole(double value);

/* "350 us", "2.4 ms", "1.20 s", "2 m 05 s": three significant digits, for people. */
const char *duration_format_us(char *buf, size_t size, uint64_t us);
#define DURATION_TEXT 24

/* How often, for people: "once", "12 times". */
#define TIMES_TEXT 28
const char *times_format(char buf[TIMES_TEXT], uint64_t count);

/*
 * Compare "1.9.4" with "1.11": three numbers with dots between them; what is missing is 0, and what follows
 * a number ("1.11.1-eks") is passed over. Return less than, equal to or greater than 0.
 */
int version_compare(const char *a, const char *b);

#endif
