/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_CONFIG_MAP_H
#define K8SDNS_WIRE_CONFIG_MAP_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/wire/corefile/corefile.h>
#include <stdbool.h>

/*
 * What people give as a Corefile: the text itself, or the ConfigMap that holds it as kubectl prints it (JSON,
 * YAML, one or a list, the output of describe), the configuration of the EKS add-on, or a JSON string (jq
 * without -r).
 */

/* A list of all ConfigMaps of a namespace. */
#define CONFIG_MAP_BYTES_MAX (24 * 1024 * 1024)

struct config_map {
    const char *space, *name;   /* "" when not said */
    const char *corefile;       /* NULL for one without */
    const char *misnamed;       /* the key that it stands under where that is not Corefile; NULL */
    struct corefile_file *keys; /* its other keys, which an import may name */
    size_t keys_count;
};

struct config_maps {
    struct config_map *maps; /* those with a Corefile */
    size_t maps_count;
    struct config_map
        *parts; /* those without, which have something that a Corefile may import (*.server, *.override) */
    size_t parts_count;
    struct config_map *kube_dns; /* those of kube-dns: stubDomains, upstreamNameservers */
    size_t kube_dns_count;
    const char
        *text;     /* a Corefile that stands in no ConfigMap; NULL. Its lines are those of the bytes given */
    bool template; /* in the text were placeholders, {{ ... }} or {% ... %}, which are left out */
};

/* Whether bytes look like Kubernetes objects in JSON or YAML, and not like a Corefile. */
bool config_map_is_one(const char *bytes, size_t len);

/*
 * Read bytes of any of these forms, and add what they hold. Return 0 (there may be nothing in them), or
 * -EBADMSG with a message that says where they cannot be read.
 */
int config_map_read(struct arena *arena, const char *bytes, size_t len, struct config_maps *maps,
                    struct err *err) MUST_USE;

#endif
