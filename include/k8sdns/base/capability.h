/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_CAPABILITY_H
#define K8SDNS_BASE_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/* A set of capabilities, one bit each, as /proc/PID/status shows them. Source: capabilities(7). */
#define CAPABILITY(name) (UINT64_C(1) << (name))

/* Whether this thread has it in effect. */
bool capability_has(int capability);

/*
 * Give up for good all but `kept`, in this thread and in what it starts. What it had not it has not then
 * either. A process without any is left as it is. On kernels before CAP_BPF (Linux 5.8) CAP_SYS_ADMIN stands
 * for it, and is kept with it. Return 0 or a negative errno.
 */
int capability_keep(uint64_t kept);

/* Have only those of `effective` in effect that it may have; UINT64_MAX: all again. Return as above. */
int capability_lower(uint64_t effective);

#endif
