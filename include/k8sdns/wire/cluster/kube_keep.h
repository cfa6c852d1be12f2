/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_KUBE_KEEP_H
#define K8SDNS_WIRE_KUBE_KEEP_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/text.h>

/*
 * What kubectl printed, cut down to what kube_objects_read() reads of it, so that it can be handed to a place
 * that may not see the rest: the objects of the cluster's DNS alone, of these the members that are read, and
 * of a ConfigMap the Corefile and what it imports. No environment, arguments, volumes or annotations; of
 * nodes that are ready no name. Texts that are kept stand as they were.
 *
 * Writes one List in JSON (ASCII, one line), and how many objects are in it and how many were left out.
 * kube_objects_read() of it gives the same as of the whole, but for `names` and `others`. Return 0, or
 * -EBADMSG with a message as kube_objects_read() gives.
 */
struct kube_kept {
    size_t kept, left_out;
};
int kube_keep(struct arena *arena, const char *bytes, size_t len, struct text *out,
              struct kube_kept *ret_kept, struct err *err) MUST_USE;

#endif
