/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_HOP_PROBE_H
#define K8SDNS_SOURCE_HOP_PROBE_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/model/probe/interception_facts.h>
#include <stdint.h>

/* So many addresses are tried, one of documentation besides: routers tell of few lost packets a second. */
#define HOP_TARGETS_MAX 2

/*
 * Send a query for `name` with a TTL of 1 to port 53 of each address, and of an address for documentation of
 * the family of the first; where that is answered or refused, and the last is not, a datagram to another port
 * as well. Wait until all are decided, twice `timeout_us` at the most. It takes no privilege; nothing goes
 * further than the first router. What cannot be sent is HOP_OTHER.
 */
void hop_probe_run(struct arena *arena, const char *name, const struct address *addresses, size_t count,
                   uint64_t timeout_us, struct interception_facts *ret_facts);

#endif
