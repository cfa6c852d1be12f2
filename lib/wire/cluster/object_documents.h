/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_OBJECT_DOCUMENTS_H
#define K8SDNS_WIRE_OBJECT_DOCUMENTS_H

#include <jansson.h>
#include <k8sdns/base/err.h>
#include <stdbool.h>

/*
 * What kubectl prints of objects, as an array of JSON objects: one JSON document or several one after the
 * other, or YAML documents. Return 0, or -EBADMSG with a message that says where it is neither, or what it is
 * instead (the output of kubectl describe, a table) and which command to use. The caller owns the array. What
 * would take more than JSON_TREE_PEER of memory is refused; with `kube` only the members that kube_wants() of
 * YAML are kept (of JSON kube_shrink() has done so, where it was called).
 */
int object_documents_read(const char *bytes, size_t len, bool kube, json_t **ret_documents,
                          struct err *err) MUST_USE;

/* Whether bytes begin as the output of kubectl describe. */
bool is_described(const char *bytes, size_t len);

#endif
