/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_LOOKUP_LIVE_H
#define K8SDNS_SOURCE_LOOKUP_LIVE_H

#include <k8sdns/base/err.h>
#include <k8sdns/model/resolver/lookup.h>

/*
 * Replay a lookup over real sockets, as the resolver of `view` would do it: connected ones for glibc and Go,
 * which so hear of ICMP errors, one that is not connected for musl, which does not. Replies with a wrong id,
 * question or sender, and damaged ones, are passed over, as the resolvers do. Blocks as long as the resolver
 * would, but no longer than until `end_us` (monotonic; 0: no end): nothing is sent then, and the result has
 * what came before and is marked as cut. Return 0, or a negative errno when no socket can be had.
 */
int lookup_live(struct arena *arena, const struct resolver_view *view, const struct plan *plan,
                uint64_t end_us, struct lookup_result *ret_result, struct err *err) MUST_USE;

#endif
