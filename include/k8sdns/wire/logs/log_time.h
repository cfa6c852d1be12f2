/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_LOG_TIME_H
#define K8SDNS_WIRE_LOG_TIME_H

#include <stddef.h>
#include <stdint.h>

/*
 * Read a time at the beginning of a text: RFC 3339 with any fraction and either "Z" or an offset. Return the
 * characters that it takes, 0 when it is none. `ret_ns` is since 1970; times before are none.
 */
size_t log_time_read(const char *text, size_t len, uint64_t *ret_ns);

/*
 * The same, and the other forms that have a date and are found in logs and in exports of them; a time without
 * an offset is taken for UTC:
 *
 *     2024-03-01T10:00:00.123      2024-03-01 10:00:00.123 UTC      2024-03-01T10:00:00+0000
 *     2018/11/21 06:48:51.123456   Go's log package: CoreDNS before 1.2.6, node-cache of every version
 *     12/Mar/2018:09:41:34 +0000   the log plugin's {when}
 *     3/1/2024, 10:00:00.123 AM    portals of clouds in American English (month first)
 *     1709287200123                since 1970, in s, ms, us or ns by the number of digits; seconds with a
 * fraction
 */
size_t log_time_read_any(const char *text, size_t len, uint64_t *ret_ns);

#endif
