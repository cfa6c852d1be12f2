/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_JSON_YAML_H
#define K8SDNS_RENDER_JSON_YAML_H

#include <jansson.h>
#include <k8sdns/base/text.h>

/*
 * A JSON value as a YAML document in block style, without its "---". Texts stand in double quotes, written as
 * in JSON, which YAML 1.2 has taken over; plain ones only where no version of YAML takes them for anything
 * else. `digits` are those of reals.
 */
void json_yaml_write(struct text *out, json_t *json, int digits);

#endif
