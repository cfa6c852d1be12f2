/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_KUBE_SHRINK_H
#define K8SDNS_WIRE_KUBE_SHRINK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Take out of the JSON of Kubernetes objects, where it stands, all members that kube_objects_read() and
 * kube_keep() never look at, so that what is made of it stays small. Return the length that is left. What is
 * no JSON, or no object, is left as it is, for its readers to say why.
 */
size_t kube_shrink(char *text, size_t len);

/* Whether a member of that name is looked at, and whether all that is below it may be. */
bool kube_wants(const char *name, size_t len);
bool kube_wants_whole(const char *name, size_t len);

#endif
