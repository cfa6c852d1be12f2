/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_BRACES_H
#define K8SDNS_BASE_BRACES_H

#include <k8sdns/base/arena.h>

/* What stands for a word of `len` bytes, without its braces; NULL for one that is not known. */
typedef const char *braces_value(void *user, const char *word, size_t len);

/*
 * A text with what `value` gives in place of each {word}; braces around another word stay. The text itself
 * where it has none, or is NULL.
 */
const char *braces_expand(struct arena *arena, const char *text, braces_value *value, void *user);

#endif
