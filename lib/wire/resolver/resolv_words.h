/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_LIB_WIRE_RESOLV_WORDS_H
#define K8SDNS_LIB_WIRE_RESOLV_WORDS_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stddef.h>

extern const char *const resolv_keywords[]; /* ends with NULL */
bool resolv_is_keyword(const char *word, size_t len);

/* What no editor shows of a word, in words: "a no-break space (U+00A0)"; NULL: nothing. */
const char *resolv_invisible(const char *text, size_t len);

/* Why a search domain cannot be what was meant, as a sentence in the arena; NULL: it can. */
const char *resolv_domain_fault(struct arena *arena, const char *domain, size_t len);

#endif
