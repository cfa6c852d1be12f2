/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_MOMENT_H
#define K8SDNS_BASE_MOMENT_H

#include <k8sdns/base/err.h>
#include <stdint.h>

/* A stretch of time of the wall clock, in ns since 1970: from the first to before the second. */
struct wall_moment {
    uint64_t from_ns, to_ns;
};

/*
 * A moment as people write it, in UTC, as all times that are printed are; `newest_ns` is the newest that can
 * be meant.
 *
 *     14:32, 14:32:10                      the last time that it was so, not after the newest
 *     2026-01-31T14:32[:10[.5]][Z]         also with a blank for the T
 *     2h, 90s, 1h30m                       so long before the newest
 *
 * What names a minute is that minute, all others are a second. Return 0, or -EINVAL with a message of kind
 * ERR_USAGE.
 */
int moment_parse(const char *text, uint64_t newest_ns, struct wall_moment *ret_moment,
                 struct err *err) MUST_USE;

#endif
