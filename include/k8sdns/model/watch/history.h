/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_HISTORY_H
#define K8SDNS_MODEL_HISTORY_H

#include <k8sdns/model/watch/history_facts.h>
#include <k8sdns/model/watch/watch_record.h>

/*
 * The last minutes of a watch, question by question, in constant memory: what a screen shows, and what is
 * judged as "now" while the record of the watch counts since its beginning.
 */
#define HISTORY_WINDOW_NS UINT64_C(60000000000)

struct history;

/*
 * For questions of record->types at the targets, whose ids are copied; `interval_us` is how often each is
 * asked. Ownership: history_free(); NULL is allowed there.
 */
struct history *history_new(const struct target_facts *targets, size_t targets_count,
                            const char *const *types, size_t types_count, uint64_t interval_us);
void history_free(struct history *history);

/* Take over what `from` knows of the same targets and types. */
void history_carry(struct history *history, const struct history *from);

void history_add(struct history *history, const struct watch_outcome *outcome);

/* A target began to fail, or answers again, at or after `since_ns` (monotonic). */
bool history_turned(const struct history *history, uint64_t since_ns);

/* The facts at `now_ns`, in `arena`; the last answers only with `answers`, since they must be decoded. */
void history_facts_of(const struct history *history, uint64_t now_ns, bool answers, struct arena *arena,
                      struct history_facts *ret_facts);

/*
 * Make the summary of a watch one of the window: counts, latencies and outcomes of its first candidate. A
 * target that began to fail, or answers again, counts from then on, so that what was before does not veil
 * what is; a ClusterIP from when the last replica did. How often it fails stays that of the whole watch.
 */
void history_narrow(const struct history *history, uint64_t now_ns, struct arena *arena,
                    struct watch_facts *facts);

#endif
