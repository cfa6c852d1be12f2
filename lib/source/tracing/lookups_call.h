/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_LOOKUPS_CALL_H
#define K8SDNS_SOURCE_LOOKUPS_CALL_H

#include <k8sdns/model/tracing/traced_lookups_facts.h>

/* Of lib/bpf/lookups_record.h. */
struct lookups_record;

extern const char *const lookups_function_names[]; /* by enum lookups_function */
#define LOOKUPS_FUNCTIONS 5

/*
 * A record of the kernel's programs as facts, all but who the process is. `real_offset_ns` is what the wall
 * clock is ahead of the monotonic one, `now_ns` the time for the age of one that has not ended. Return false
 * for one whose question cannot be read, or that asks for nothing (an address, an empty name).
 */
bool lookups_call_read(struct arena *arena, const struct lookups_record *record, int64_t real_offset_ns,
                       uint64_t now_ns, struct lookups_call_facts *ret_call);

#endif
