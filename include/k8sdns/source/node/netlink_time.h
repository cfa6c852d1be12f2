/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_NETLINK_TIME_H
#define K8SDNS_SOURCE_NETLINK_TIME_H

#include <stdint.h>

/*
 * The kernel answers at once, but a dump of a large table takes a while, and what stands in for a kernel (a
 * sandbox, a filter of system calls) may never end one. So each socket has ten seconds for its answers; and
 * from now on all of them together have `us`, after which they fail with ETIMEDOUT. 0: no such bound.
 */
void netlink_time_set(uint64_t us);

#endif
