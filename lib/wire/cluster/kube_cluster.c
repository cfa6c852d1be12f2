/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tells whose cluster it is: its Nodes and its ranges of addresses. */
#include "kube_reader.h"
#include <string.h>

/* Source: kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1. */
static void read_signs(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *info = json_object_get(json_object_get(object, "status"), "nodeInfo");
    struct kube_node *node;

    if (objects->node_signs_count == KUBE_NODES_MAX)
        return;
    node = ARENA_PUSH(arena, objects->node_signs, objects->node_signs_count);
    node->version = kube_copy(arena, kube_text(info, "kubeletVersion"));
    node->image = kube_copy(arena, kube_text(info, "osImage"));
    node->kernel = kube_copy(arena, kube_text(info, "kernelVersion"));
    node->provider = kube_copy(arena, kube_text(json_object_get(object, "spec"), "providerID"));
    node->labels = kube_pairs(arena, json_object_get(json_object_get(object, "metadata"), "labels"));
}

void kube_read_node(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *list = json_object_get(json_object_get(object, "status"), "conditions"), *item;
    const char *name = kube_text(json_object_get(object, "metadata"), "name");
    size_t i;

    objects->nodes++;
    read_signs(arena, object, objects);
    json_array_foreach(list, i, item)
    {
        const char *type = kube_text(item, "type"), *status = kube_text(item, "status");

        /* Unknown is what a node is called that has not reported for long. */
        if (name && type && status && strcmp(type, "Ready") == 0 && strcmp(status, "True") != 0)
            *ARENA_PUSH(arena, objects->not_ready, objects->not_ready_count) = arena_text(arena, name);
    }
}

/* Source: kubernetes.io/docs/reference/kubernetes-api/networking/service-cidr-v1. */
void kube_read_range(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *list = json_object_get(json_object_get(object, "spec"), "cidrs"), *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        const char *range = json_string_value(item);

        if (range && *range)
            *ARENA_PUSH(arena, objects->service_ranges, objects->service_ranges_count) =
                arena_text(arena, range);
    }
}
