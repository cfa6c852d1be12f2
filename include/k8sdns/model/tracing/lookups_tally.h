/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOOKUPS_TALLY_H
#define K8SDNS_MODEL_LOOKUPS_TALLY_H

#include <k8sdns/model/tracing/traced_lookups_facts.h>

/* So many processes, and so many names, are told apart in a run; what comes later is counted together. */
#define LOOKUPS_GROUPS_MAX 1024

/* What is kept of a run's lookups: a fixed size, however long it is. */
struct lookups_tally;

/* `slow_us`: what counts as slow; UINT64_MAX for nothing. */
struct lookups_tally *lookups_tally_new(struct arena *arena, uint64_t slow_us);

/* Whether it took as long as what counts as slow, or has not ended after as long. */
bool lookups_tally_is_slow(const struct lookups_tally *tally, const struct lookups_call_facts *call);

void lookups_tally_add(struct lookups_tally *tally, const struct lookups_call_facts *call);

/* Fill the sums of `facts`, and with `whole` its groups and histograms too, which are taken from the arena.
 */
void lookups_tally_facts(const struct lookups_tally *tally, bool whole, struct arena *arena,
                         struct traced_lookups_facts *facts);

/* The word for what getaddrinfo returned: "ok", "EAI_AGAIN", "EAI -99"; NULL h_errno's: "HOST_NOT_FOUND". */
const char *lookups_eai_word(struct arena *arena, int64_t code);
const char *lookups_h_errno_word(int64_t code);

/*
 * Whether `name` is the wanted one, is under it ("x.WANTED"), or completes it by a search list ("WANTED.x").
 * A final dot and case do not count.
 */
bool lookups_name_fits(const char *name, const char *wanted);

#endif
