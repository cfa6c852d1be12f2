/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SHAPE_JSON_H
#define K8SDNS_MODEL_SHAPE_JSON_H

#include <jansson.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/shape/shape.h>

/*
 * Write `data`, a struct that `shape` describes, as a JSON object. Every member is present; what is not set
 * is null. Ownership: a new reference. Memory that runs out gives NULL.
 */
json_t *shape_to_json(const struct shape *shape, const void *data);

/*
 * Fill `data`, zeroed memory of shape->size, from what shape_to_json() wrote. A member that is absent, or
 * null, is unset; one that the shape does not know is passed over, so that a newer version's file can be
 * read. Return 0, or -EBADMSG with a message that names the member: it is of another type, a word that is not
 * known, or missing though required. Ownership: texts and lists live in the arena; `json` may go.
 */
int shape_from_json(struct arena *arena, const struct shape *shape, json_t *json, void *data,
                    struct err *err) MUST_USE;

#endif
