/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_RETRY_H
#define K8SDNS_MODEL_LOG_RETRY_H

#include <k8sdns/model/logs/log_stream.h>
#include <k8sdns/model/logs/logs_facts.h>

/*
 * Questions that come again from the same client 5 s (glibc, Go) or 2.5 s (musl) after the last time: what a
 * resolver does that had no answer. CoreDNS answered, or it would not be logged, so the answer was lost or
 * late.
 *
 * A client that asks every five seconds for reasons of its own looks alike; a resolver that sends again keeps
 * the port and the id (glibc, musl), which is counted apart.
 */
struct log_retry;

struct log_retry *log_retry_new(struct arena *arena);

/* A query line with a time; `hash` is that of client, name and type. */
void log_retry_add(struct log_retry *retry, const struct log_entry *query, uint64_t hash);

/* That hash comes next: its place may be fetched meanwhile. */
void log_retry_expect(const struct log_retry *retry, uint64_t hash);

void log_retry_facts(const struct log_retry *retry, struct arena *arena, struct logs_facts *facts);

#endif
