/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_KUBE_READER_H
#define K8SDNS_WIRE_KUBE_READER_H

#include <jansson.h>
#include <k8sdns/wire/kube_objects.h>

/* A member that is a text, or NULL; jansson's own memory. */
const char *kube_text(const json_t *object, const char *key);
/* The same in the arena; NULL for none and for an empty one. */
const char *kube_copy(struct arena *arena, const char *text);

/* What an object belongs to, by its Service's name or by its labels. */
enum kube_belonging {
    KUBE_TO_OTHERS,
    KUBE_TO_DNS,
    KUBE_TO_NODE_LOCAL,
};
enum kube_belonging kube_belonging(const char *service, const json_t *labels);

/* How CoreDNS fares: readers of whole objects. */
const json_t *kube_dns_container(const json_t *containers);
void kube_read_pod_state(struct arena *arena, const json_t *object, const json_t *container,
                         struct kube_pod *pod);
void kube_read_deployment(struct arena *arena, const json_t *object, struct kube_objects *objects);
void kube_read_config(struct arena *arena, const json_t *object, struct kube_objects *objects);
void kube_read_event(struct arena *arena, const json_t *object, struct kube_objects *objects);
void kube_read_node(struct arena *arena, const json_t *object, struct kube_objects *objects);

#endif
