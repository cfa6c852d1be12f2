/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOOKUP_MATRIX_H
#define K8SDNS_MODEL_LOOKUP_MATRIX_H

#include <k8sdns/model/resolver/lookup.h>

/*
 * Replay the lookup of `plan`, which was made with `view`, on answers that were recorded: each question is
 * answered as the matrix says, after the time that it took there, on a clock of its own. Pure.
 *
 * The matrix has each question once: what was lost once is lost at every attempt here, and its questions had
 * a larger UDP size than some resolvers give. Answers with a wrong id, question or sender and damaged ones
 * are silence, as they are to resolvers.
 *
 * Return true, or false when the resolver would ask what the matrix has not; `*ret_missing` then says what.
 */
bool lookup_from_matrix(struct arena *arena, const struct resolver_view *view, const struct plan *plan,
                        const struct matrix_facts *matrix, struct lookup_result *ret_result,
                        const char **ret_missing) MUST_USE;

#endif
