/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube_reader.h"
#include <errno.h>
#include <string.h>

#define DNS_PORT 53
/* Lists within lists are not what kubectl writes. */
#define DEPTH_MAX 3

static const char *const dns_services[] = {"kube-dns", "coredns", "kube-dns-upstream", "dns-default", NULL};
static const char *const node_local_services[] = {"node-local-dns", NULL};

const char *kube_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

const char *kube_copy(struct arena *arena, const char *text)
{
    return text && *text ? arena_text(arena, text) : NULL;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; text && *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

enum kube_belonging kube_belonging(const char *service, const json_t *labels)
{
    const char *app = kube_text(labels, "k8s-app"), *chart = kube_text(labels, "app.kubernetes.io/name");

    if (is_one_of(service, node_local_services) || is_one_of(app, node_local_services))
        return KUBE_TO_NODE_LOCAL;
    if (is_one_of(service, dns_services) || is_one_of(app, dns_services) ||
        (chart && strcmp(chart, "coredns") == 0))
        return KUBE_TO_DNS;
    return KUBE_TO_OTHERS;
}

/* The port of DNS in a list of {name, port, protocol}: the UDP one named "dns...", else any UDP one, else 53.
 */
static uint16_t dns_port(const json_t *ports)
{
    const json_t *port;
    size_t i;
    uint16_t found = 0;

    json_array_foreach(ports, i, port)
    {
        const char *protocol = kube_text(port, "protocol"), *name = kube_text(port, "name");
        json_int_t number = json_integer_value(json_object_get(port, "port"));

        if (number < 1 || number > 65535 || !protocol || strcmp(protocol, "UDP") != 0)
            continue;
        if (name && strncmp(name, "dns", 3) == 0)
            return (uint16_t)number;
        found = found ? found : (uint16_t)number;
    }
    return found ? found : DNS_PORT;
}

/* Text that is an address alone; a hostile or foreign one is passed over. */
static bool read_address(const char *text, uint16_t port, struct address *ret_address)
{
    struct err ignored = {0};

    if (!text || address_parse(text, port, ret_address, &ignored) < 0)
        return false;
    ret_address->port = port;
    return true;
}

static void read_name(struct arena *arena, const json_t *metadata, struct kube_objects *objects)
{
    const char *name = kube_text(metadata, "name"), *space = kube_text(metadata, "namespace");

    if (!name || !space || !*name || !*space)
        return;
    if (objects->names_count == KUBE_NAMES_MAX)
        objects->names_dropped++;
    else
        *ARENA_PUSH(arena, objects->names, objects->names_count) =
            (struct kube_name){arena_text(arena, name), arena_text(arena, space)};
}

static void read_service(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"), *spec = json_object_get(object, "spec");
    const json_t *ips = json_object_get(spec, "clusterIPs"), *ip;
    enum kube_belonging to = kube_belonging(kube_text(metadata, "name"), json_object_get(metadata, "labels"));
    uint16_t port = dns_port(json_object_get(spec, "ports"));
    struct kube_service *service;
    struct address where;
    size_t i;

    read_name(arena, metadata, objects);
    if (to == KUBE_TO_OTHERS) {
        objects->others++;
        return;
    }
    service = ARENA_PUSH(arena, objects->services, objects->services_count);
    service->name = kube_copy(arena, kube_text(metadata, "name"));
    service->space = kube_copy(arena, kube_text(metadata, "namespace"));
    service->node_local = to == KUBE_TO_NODE_LOCAL;
    json_array_foreach(ips, i, ip) if (read_address(json_string_value(ip), port, &where)) *
        ARENA_PUSH(arena, service->addresses, service->addresses_count) = where;
    /* Before 1.20 there was but one. A headless Service has "None", which is no address. */
    if (!service->addresses_count && read_address(kube_text(spec, "clusterIP"), port, &where))
        *ARENA_PUSH(arena, service->addresses, service->addresses_count) = where;
}

static struct kube_endpoint *add_endpoint(struct arena *arena, struct kube_objects *objects,
                                          const char *address, uint16_t port)
{
    struct kube_endpoint *endpoint;
    struct address where;

    if (!read_address(address, port, &where))
        return NULL;
    endpoint = ARENA_PUSH(arena, objects->endpoints, objects->endpoints_count);
    endpoint->where = where;
    return endpoint;
}

static const char *pod_of(struct arena *arena, const json_t *reference)
{
    const char *kind = kube_text(reference, "kind");

    return kind && strcmp(kind, "Pod") == 0 ? kube_copy(arena, kube_text(reference, "name")) : NULL;
}

/* Source: kubernetes.io/docs/concepts/services-networking/endpoint-slices: no condition means ready. */
static void read_slice(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"),
                 *labels = json_object_get(metadata, "labels");
    const json_t *endpoints = json_object_get(object, "endpoints"), *from;
    const char *service = kube_text(labels, "kubernetes.io/service-name");
    enum kube_belonging to = kube_belonging(service, labels);
    uint16_t port = dns_port(json_object_get(object, "ports"));
    size_t i;

    if (to == KUBE_TO_OTHERS) {
        objects->others++;
        return;
    }
    json_array_foreach(endpoints, i, from)
    {
        const json_t *addresses = json_object_get(from, "addresses"), *address;
        const json_t *conditions = json_object_get(from, "conditions");
        size_t k;

        json_array_foreach(addresses, k, address)
        {
            struct kube_endpoint *endpoint = add_endpoint(arena, objects, json_string_value(address), port);

            if (!endpoint)
                continue;
            endpoint->service = kube_copy(arena, service);
            endpoint->space = kube_copy(arena, kube_text(metadata, "namespace"));
            endpoint->node = kube_copy(arena, kube_text(from, "nodeName"));
            endpoint->pod = pod_of(arena, json_object_get(from, "targetRef"));
            endpoint->ready = json_is_false(json_object_get(conditions, "ready")) ? KUBE_NO : KUBE_YES;
            endpoint->terminating = json_is_true(json_object_get(conditions, "terminating"));
            endpoint->node_local = to == KUBE_TO_NODE_LOCAL;
        }
    }
}

static void read_endpoints(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    static const char *const lists[] = {"notReadyAddresses", "addresses"}; /* by enum kube_answer */
    const json_t *metadata = json_object_get(object, "metadata"),
                 *subsets = json_object_get(object, "subsets");
    const json_t *subset, *from;
    const char *service = kube_text(metadata, "name");
    enum kube_belonging to = kube_belonging(service, json_object_get(metadata, "labels"));
    size_t i, k;

    if (to == KUBE_TO_OTHERS) {
        objects->others++;
        return;
    }
    json_array_foreach(subsets, i, subset)
    {
        uint16_t port = dns_port(json_object_get(subset, "ports"));

        for (int ready = KUBE_YES; ready >= KUBE_NO; ready--) {
            const json_t *list = json_object_get(subset, lists[ready]);

            json_array_foreach(list, k, from)
            {
                struct kube_endpoint *endpoint = add_endpoint(arena, objects, kube_text(from, "ip"), port);

                if (!endpoint)
                    continue;
                endpoint->service = kube_copy(arena, service);
                endpoint->space = kube_copy(arena, kube_text(metadata, "namespace"));
                endpoint->node = kube_copy(arena, kube_text(from, "nodeName"));
                endpoint->pod = pod_of(arena, json_object_get(from, "targetRef"));
                endpoint->ready = ready;
                endpoint->node_local = to == KUBE_TO_NODE_LOCAL;
            }
        }
    }
}

/* "registry.k8s.io/coredns/coredns:v1.11.1@sha256:..." is "1.11.1"; NULL without a tag that is a version. */
static const char *version_of_image(struct arena *arena, const char *image)
{
    const char *base = image ? strrchr(image, '/') : NULL, *tag;
    size_t len;

    base = base ? base + 1 : image;
    tag = base ? strchr(base, ':') : NULL;
    if (!tag)
        return NULL;
    tag++;
    tag += *tag == 'v';
    len = strcspn(tag, "@");
    return *tag >= '0' && *tag <= '9' ? arena_text_n(arena, tag, len) : NULL;
}

static void read_pod(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"), *spec = json_object_get(object, "spec");
    const json_t *status = json_object_get(object, "status"), *list, *item;
    enum kube_belonging to = kube_belonging(NULL, json_object_get(metadata, "labels"));
    const json_t *container = kube_dns_container(json_object_get(spec, "containers"));
    struct kube_pod *pod;
    struct address where;
    size_t i;

    if (to == KUBE_TO_OTHERS) {
        objects->others++;
        return;
    }
    pod = ARENA_PUSH(arena, objects->pods, objects->pods_count);
    pod->name = kube_copy(arena, kube_text(metadata, "name"));
    pod->space = kube_copy(arena, kube_text(metadata, "namespace"));
    pod->node = kube_copy(arena, kube_text(spec, "nodeName"));
    pod->node_local = to == KUBE_TO_NODE_LOCAL;
    pod->version = version_of_image(arena, kube_text(container, "image"));
    list = json_object_get(status, "podIPs");
    json_array_foreach(list, i, item) if (read_address(kube_text(item, "ip"), 0, &where)) *
        ARENA_PUSH(arena, pod->addresses, pod->addresses_count) = where;
    if (!pod->addresses_count && read_address(kube_text(status, "podIP"), 0, &where))
        *ARENA_PUSH(arena, pod->addresses, pod->addresses_count) = where;
    pod->ready = KUBE_UNKNOWN;
    list = json_object_get(status, "conditions");
    json_array_foreach(list, i, item)
    {
        const char *type = kube_text(item, "type"), *answer = kube_text(item, "status");

        if (type && answer && strcmp(type, "Ready") == 0)
            pod->ready = strcmp(answer, "True") == 0 ? KUBE_YES : KUBE_NO;
    }
    kube_read_pod_state(arena, object, container, pod);
}

static void read_object(struct arena *arena, const json_t *object, const char *kind, unsigned depth,
                        struct kube_objects *objects)
{
    static const struct {
        const char *kind;
        void (*read)(struct arena *arena, const json_t *object, struct kube_objects *objects);
    } readers[] = {
        {"Service", read_service},
        {"EndpointSlice", read_slice},
        {"Endpoints", read_endpoints},
        {"Pod", read_pod},
        {"Deployment", kube_read_deployment},
        {"ConfigMap", kube_read_config},
        {"Event", kube_read_event},
        {"Node", kube_read_node},
    };
    const json_t *items = json_object_get(object, "items"), *item;
    size_t i, len;

    if (kube_text(object, "kind"))
        kind = kube_text(object, "kind");
    if (json_is_array(items) && kind && depth < DEPTH_MAX) {
        /* The items of an API list leave their kind to the list: EndpointSliceList. */
        len = strlen(kind);
        kind = len > 4 ? arena_text_n(arena, kind, len - 4) : NULL;
        objects->continue_from = kube_copy(arena, kube_text(json_object_get(object, "metadata"), "continue"));
        json_array_foreach(items, i, item) read_object(arena, item, kind, depth + 1, objects);
        return;
    }
    if (kind && strcmp(kind, "Status") == 0) {
        objects->status = kube_copy(arena, kube_text(object, "message"));
        return;
    }
    for (i = 0; kind && i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (strcmp(kind, readers[i].kind) == 0) {
            readers[i].read(arena, object, objects);
            return;
        }
    }
    objects->others++;
}

int kube_objects_read(struct arena *arena, const char *bytes, size_t len, struct kube_objects *objects,
                      struct err *err)
{
    json_error_t where;
    json_t *root;

    if (len > KUBE_JSON_MAX)
        return err_set(err, ERR_FORMAT, EBADMSG, "it is over %d MB; narrow it with -l k8s-app=kube-dns",
                       KUBE_JSON_MAX / 1024 / 1024);
    root = json_loadb(bytes ? bytes : "", len, 0, &where);
    if (!root)
        return err_set(err, ERR_FORMAT, EBADMSG, "it is no JSON: line %d, column %d: %s", where.line,
                       where.column, where.text);
    if (!json_is_object(root) ||
        (!kube_text(root, "kind") && !json_is_array(json_object_get(root, "items")))) {
        json_decref(root);
        return err_set(
            err, ERR_FORMAT, EBADMSG,
            "it is JSON, but no Kubernetes object; it should be what kubectl get ... -o json prints");
    }
    objects->continue_from = objects->status = NULL;
    read_object(arena, root, NULL, 0, objects);
    json_decref(root);
    return 0;
}
