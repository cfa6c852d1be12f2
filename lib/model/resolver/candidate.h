/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_LIB_MODEL_CANDIDATE_H
#define K8SDNS_LIB_MODEL_CANDIDATE_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>

/* One name that a resolver tries: the bytes that a program gave, with a search domain behind them or not. */
struct candidate {
    const char *text; /* in presentation form without the final dot ("." for the root); NULL: no valid name */
    bool is_hostname; /* letters, digits, '-', '_' and dots only, and no '-' at the start */
};

/*
 * Join `name` (without its final dot) and `domain` (NULL: as it is; "" is the root) as a resolver does before
 * it packs them. `escapes`: a backslash escapes, as for glibc; else it is a byte like any other.
 */
struct candidate candidate_make(struct arena *arena, const char *name, size_t name_len, const char *domain,
                                bool escapes);

#endif
