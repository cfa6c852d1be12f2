/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_PROCESS_BOOK_H
#define K8SDNS_SOURCE_PROCESS_BOOK_H

#include <k8sdns/model/traced_lookups_facts.h>

/*
 * Who processes are: Pod and container by their control groups, the Pod's name by its host name, the resolver
 * by their program. What was learned is kept for a while, so that of a process that has ended it is still
 * known when its last deed is told. Of a fixed size; a process that is forgotten is read again.
 */
struct process_book;

struct process_book *process_book_new(struct arena *arena);

/* The process has a new program: learn it anew. */
void process_book_learn(struct process_book *book, uint64_t pid);

/* Fill resolver, pod, pod_uid and container of `process` by its pid, in texts of the arena. */
void process_book_find(struct process_book *book, struct arena *arena, struct process_facts *process);

#endif
