/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SHAPE_JSON_H
#define K8SDNS_MODEL_SHAPE_JSON_H

#include <jansson.h>
#include <k8sdns/model/shape.h>

/*
 * Write `data`, a struct that `shape` describes, as a JSON object. Every member is present; what is not set
 * is null. Ownership: a new reference. Memory that runs out gives NULL.
 */
json_t *shape_to_json(const struct shape *shape, const void *data);

#endif
