/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_JSON_EXCERPT_H
#define K8SDNS_WIRE_JSON_EXCERPT_H

#include <k8sdns/base/text.h>
#include <stddef.h>

/*
 * Of a large JSON text the few members that are wanted, as a small JSON text: who reads a hundred thousand
 * documents for five members each need not make a tree of all. What is left out is looked at as closely as
 * jansson would: RFC 8259, UTF-8, escapes, depth. Only the size of numbers is not.
 */

/* A member of an object by its key; the last of a list has none. */
struct json_wanted {
    const char *key;
    /* Of an object, or of the objects of a list, these members alone; NULL: all of it. */
    const struct json_wanted *of;
};

enum json_excerpt_end {
    JSON_EXCERPT_WHOLE,
    JSON_EXCERPT_CUT, /* `bytes` end before the value does */
    JSON_EXCERPT_BAD, /* it is no JSON, or begins with another value than an object or a list */
};

/*
 * Read the one value that `bytes` begin with, after blanks, and add it to `text` without the members that are
 * not wanted. A value of another kind than `wanted` expects is taken as it is, as are a key that stands twice
 * and one that is written with escapes. `*ret_used` is where the value ends when it is whole. `text` is worth
 * something only then.
 */
enum json_excerpt_end json_excerpt(const struct json_wanted *wanted, const char *bytes, size_t len,
                                   struct text *text, size_t *ret_used);

#endif
