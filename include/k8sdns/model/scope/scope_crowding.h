/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SCOPE_CROWDING_H
#define K8SDNS_MODEL_SCOPE_CROWDING_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>

/* Members in the order of their groups: the Pods of a node, the reports of a Pod, the windows of a node. */
struct report_group {
    size_t first, count; /* places in the list of members */
    size_t failing;
};

/*
 * The chance that failures crowd on some groups as much as they do and it means nothing: the share of
 * shuffles of all members in which they crowd as much (2000 shuffles, 200 of more than 20,000 members; always
 * the same). `fails` has a value for each of the `count` members.
 */
double scope_crowding(struct arena *arena, const struct report_group *groups, size_t groups_count,
                      const bool *fails, size_t count);

#endif
