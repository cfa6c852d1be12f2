/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_FACTS_READ_H
#define K8SDNS_MODEL_FACTS_READ_H

#include <jansson.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/facts.h>

/*
 * Facts from the JSON of their shape, of this version or an earlier one: what that one had in words alone is
 * filled in. They live in `arena`. Return 0, or a negative errno with a message (kind ERR_FORMAT).
 */
int facts_from_json(struct arena *arena, json_t *json, struct facts *ret_facts, struct err *err);

#endif
