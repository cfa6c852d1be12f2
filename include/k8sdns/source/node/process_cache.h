/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_PROCESS_CACHE_H
#define K8SDNS_SOURCE_PROCESS_CACHE_H

#include <k8sdns/model/tracing/traced_lookups_facts.h>

/*
 * Who processes are: Pod and container by their control groups, the Pod's name by its host name, the resolver
 * by their program. What was learned is kept for a while, so that of a process that has ended it is still
 * known when its last deed is told. Of a fixed size; a process that is forgotten is read again.
 */
struct process_cache;

struct process_cache *process_cache_new(struct arena *arena);

/* The process has a new program: learn it anew. */
void process_cache_learn(struct process_cache *book, uint64_t pid);

/* Fill resolver, pod, pod_uid, pod_namespace and container of `process` by its pid, in texts of the arena. */
void process_cache_find(struct process_cache *book, struct arena *arena, struct process_facts *process);

#endif
