/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_EXTERNAL_H
#define K8SDNS_DIAG_EXTERNAL_H

#include <k8sdns/diag/rule.h>

/* What became of queries for external names. */
struct external_tally {
    uint64_t asked, failed;
    const struct probe_facts *example; /* one that failed; NULL for none */
    unsigned types;                    /* of those that failed: CONCERNS_A, CONCERNS_AAAA */
    unsigned failures;                 /* what came back of them: CONCERNS_SILENCE, ... */
};

/*
 * Add what became of external names at one server, NULL: at all of them; the second tally is of names that no
 * cache can know. *ret_failing: some failed where cluster names fail alike, so that they tell nothing and are
 * not counted.
 */
void external_tally_server(const struct diagnosis *diagnosis, const char *id,
                           struct external_tally ret_tally[2], bool *ret_failing);

/* Whether every external name fails at this server, and there is more than one query. */
bool external_fails_all(const struct diagnosis *diagnosis, const char *id,
                        struct external_tally ret_tally[2]);

/* Queries for cluster names that were answered well there; NULL: by all servers. */
uint64_t cluster_answers(const struct diagnosis *diagnosis, const char *id);

#endif
