/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_PATH_QUESTIONS_H
#define K8SDNS_SOURCE_PATH_QUESTIONS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/tracing/path_facts.h>
#include <k8sdns/model/tracing/path_join.h>
#include <stdbool.h>

#include "../../bpf/path_record.h"

/* The questions that are followed, as they were read on the way. The oldest make room for new ones. */
struct path_questions;

struct path_questions *path_questions_new(struct arena *arena);

/* Keep a copy of it. */
void path_questions_add(struct path_questions *questions, const struct path_question *question);

/* NULL: it was not read, or is forgotten. */
const struct path_question *path_questions_find(const struct path_questions *questions,
                                                const struct path_event_key *key);

/* Whether the filter's name is the begin or the end of its name, as the programs in the kernel compare too.
 */
bool path_questions_fits(const struct path_question *question, const struct path_filter *filter);

/* Fill name, type and id of a packet, if they are known. */
void path_questions_name(const struct path_questions *questions, struct arena *arena,
                         const struct path_event_key *key, struct path_packet_facts *packet);

#endif
