/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_KUBE_READER_H
#define K8SDNS_WIRE_KUBE_READER_H

#include <jansson.h>
#include <k8sdns/wire/cluster/kube_objects.h>

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

/* A member that is a number of at least 0; UINT64_MAX for none. */
uint64_t kube_count(const json_t *object, const char *key);
/* Both are there, and the same. */
bool kube_same(const char *a, const char *b);
/* The Service that is wanted was seen, and is of another namespace than this. */
bool kube_is_elsewhere(const struct kube_objects *objects, const char *space);

/*
 * Whether a Service of DNS is in this namespace and none there was seen to have a ready endpoint: then a Pod
 * of CoreDNS there is one of it, whatever its labels are.
 */
bool kube_backs_nothing(const struct kube_objects *objects, const char *space);
/* Whether a container is made of CoreDNS's image. */
bool kube_is_coredns(const json_t *container);

/* The port of DNS over UDP that a container says; 0 for none. */
uint64_t kube_container_port(const json_t *container);

/* The port of DNS in a list of {name, port, protocol}: the UDP one named "dns...", else any UDP one, else 53.
 */
uint16_t kube_dns_port(const json_t *ports);
/* Text that is an address alone; a hostile or foreign one is passed over. */
bool kube_read_address(const char *text, uint16_t port, struct address *ret_address);
/* Note a Pod that is said to be one of DNS, or labels that are. */
void kube_add_sign(struct arena *arena, struct kube_objects *objects, const char *space, const char *pod,
                   const char *selector);
/* Once all Services are read: leave out those that are not asked, and note whose Pods the others' are. */
void kube_choose_services(struct arena *arena, struct kube_objects *objects);
/* Whose endpoints these are, by their Service where that was seen, else by its name and their labels. */
enum kube_belonging kube_endpoints_belonging(const struct kube_objects *objects, const char *service,
                                             const char *space, const json_t *labels);

/* A map of texts, "a=b,c=d" by the order of its keys; NULL for an empty one. */
const char *kube_pairs(struct arena *arena, const json_t *map);
/* Whether labels have all of a selector's. */
bool kube_selects(const char *selector, const json_t *labels);

/* Each object of the documents, and each list before its items; `kind` is NULL for one that names none. */
typedef void kube_visit(void *user, const json_t *object, const char *kind);
void kube_each_object(struct arena *arena, const json_t *documents, kube_visit *visit, void *user);
/* Whether kube_objects_read() takes anything of it, after the Services and endpoints in `objects`. */
bool kube_takes(struct arena *arena, const json_t *object, const char *kind,
                const struct kube_objects *objects);
/* Whether a Corefile may import it by its key: *.server and *.override, as AKS and k3s have them. */
bool kube_is_imported(const char *key);

/* How CoreDNS fares: readers of whole objects. */
const json_t *kube_dns_container(const json_t *containers);
void kube_read_pod_state(struct arena *arena, const json_t *object, const json_t *container,
                         struct kube_pod *pod);
void kube_read_service(struct arena *arena, const json_t *object, struct kube_objects *objects);
void kube_read_deployment(struct arena *arena, const json_t *object, struct kube_objects *objects);
/* ServiceCIDR. */
void kube_read_range(struct arena *arena, const json_t *object, struct kube_objects *objects);
void kube_read_config(struct arena *arena, const json_t *object, struct kube_objects *objects);
void kube_read_event(struct arena *arena, const json_t *object, struct kube_objects *objects);
void kube_read_policy(struct arena *arena, const json_t *object, struct kube_objects *objects);
void kube_read_node(struct arena *arena, const json_t *object, struct kube_objects *objects);

#endif
