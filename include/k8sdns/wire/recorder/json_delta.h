/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_JSON_DELTA_H
#define K8SDNS_WIRE_JSON_DELTA_H

#include <jansson.h>
#include <k8sdns/base/err.h>

/*
 * What has changed between two JSON values, as JSON; where most of a large document stays the same this is
 * small. One of:
 *
 *     {}                                     nothing
 *     {"=": VALUE}                           it is another one now
 *     {"o": {KEY: DELTA, ...}, "-": [KEY]}   members of an object that changed or are new, and that are gone
 *     {"a": {INDEX: DELTA, ...}, "n": COUNT} elements of a list likewise, and how many there are now
 *
 * What has no counterpart before is told by "=". Unlike RFC 7396 it keeps null apart from absent.
 */

/* Ownership: a new reference. Memory that runs out gives NULL. */
json_t *json_delta(json_t *before, json_t *now);

/*
 * Make of `before` what it was that `delta` led to, in place where it can. Ownership: `before` is taken, a
 * new reference is returned; NULL when the delta is none, or of another value.
 */
json_t *json_delta_apply(json_t *before, json_t *delta) MUST_USE;

#endif
