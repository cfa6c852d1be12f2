/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_YAML_JSON_H
#define K8SDNS_WIRE_YAML_JSON_H

#include <jansson.h>
#include <k8sdns/base/err.h>
#include <stdbool.h>

/*
 * YAML documents as JSON: an array of them. A plain true, false, null or whole number keeps its type, as
 * kubectl quotes what is a text; all other scalars become strings. Aliases are refused, as kubectl writes
 * none and they can make a small text huge. With `kube` only the members that kube_wants() are kept. Return
 * 0, or -EBADMSG with a message that names the line. The caller owns the array.
 */
int yaml_json_read(const char *bytes, size_t len, bool kube, json_t **ret_documents,
                   struct err *err) MUST_USE;

#endif
