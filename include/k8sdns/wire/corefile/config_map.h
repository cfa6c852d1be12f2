/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_CONFIG_MAP_H
#define K8SDNS_WIRE_CONFIG_MAP_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>

/*
 * ConfigMaps that hold a Corefile, as `kubectl get configmaps -o yaml` or `-o json` prints them: one, or a
 * list. Other objects are passed over.
 */

/* A list of all ConfigMaps of a namespace. */
#define CONFIG_MAP_BYTES_MAX (64 * 1024 * 1024)

struct config_map {
    const char *space, *name; /* "" when not said */
    const char *corefile;
};

/* Whether bytes look like Kubernetes objects in JSON or YAML, and not like a Corefile. */
bool config_map_is_one(const char *bytes, size_t len);

/*
 * Read JSON or YAML. Return 0 with the ConfigMaps that have a Corefile (none may have), or -EBADMSG with a
 * message that says where it is neither.
 */
int config_map_read(struct arena *arena, const char *bytes, size_t len, struct config_map **ret_maps,
                    size_t *ret_count, struct err *err) MUST_USE;

#endif
