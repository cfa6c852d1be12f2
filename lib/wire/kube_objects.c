/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <jansson.h>
#include <k8sdns/wire/kube_objects.h>
#include <string.h>

#define DNS_PORT 53
/* Lists within lists are not what kubectl writes. */
#define DEPTH_MAX 3

static const char *const dns_services[] = {"kube-dns", "coredns", "kube-dns-upstream", "dns-default", NULL};
static const char *const node_local_services[] = {"node-local-dns", NULL};

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const char *copy(struct arena *arena, const char *text)
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

/* What an object belongs to, by its Service's name or by its labels. */
enum belonging {
    TO_OTHERS,
    TO_DNS,
    TO_NODE_LOCAL,
};

static enum belonging belonging_of(const char *service, const json_t *labels)
{
    const char *app = text_of(labels, "k8s-app"), *chart = text_of(labels, "app.kubernetes.io/name");

    if (is_one_of(service, node_local_services) || is_one_of(app, node_local_services))
        return TO_NODE_LOCAL;
    if (is_one_of(service, dns_services) || is_one_of(app, dns_services) ||
        (chart && strcmp(chart, "coredns") == 0))
        return TO_DNS;
    return TO_OTHERS;
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
        const char *protocol = text_of(port, "protocol"), *name = text_of(port, "name");
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

static void read_service(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"), *spec = json_object_get(object, "spec");
    const json_t *ips = json_object_get(spec, "clusterIPs"), *ip;
    enum belonging to = belonging_of(text_of(metadata, "name"), json_object_get(metadata, "labels"));
    uint16_t port = dns_port(json_object_get(spec, "ports"));
    struct kube_service *service;
    struct address where;
    size_t i;

    if (to == TO_OTHERS) {
        objects->others++;
        return;
    }
    service = ARENA_PUSH(arena, objects->services, objects->services_count);
    service->name = copy(arena, text_of(metadata, "name"));
    service->space = copy(arena, text_of(metadata, "namespace"));
    service->node_local = to == TO_NODE_LOCAL;
    json_array_foreach(ips, i, ip) if (read_address(json_string_value(ip), port, &where)) *
        ARENA_PUSH(arena, service->addresses, service->addresses_count) = where;
    /* Before 1.20 there was but one. A headless Service has "None", which is no address. */
    if (!service->addresses_count && read_address(text_of(spec, "clusterIP"), port, &where))
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
    const char *kind = text_of(reference, "kind");

    return kind && strcmp(kind, "Pod") == 0 ? copy(arena, text_of(reference, "name")) : NULL;
}

/* Source: kubernetes.io/docs/concepts/services-networking/endpoint-slices: no condition means ready. */
static void read_slice(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"),
                 *labels = json_object_get(metadata, "labels");
    const json_t *endpoints = json_object_get(object, "endpoints"), *from;
    const char *service = text_of(labels, "kubernetes.io/service-name");
    enum belonging to = belonging_of(service, labels);
    uint16_t port = dns_port(json_object_get(object, "ports"));
    size_t i;

    if (to == TO_OTHERS) {
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
            endpoint->service = copy(arena, service);
            endpoint->space = copy(arena, text_of(metadata, "namespace"));
            endpoint->node = copy(arena, text_of(from, "nodeName"));
            endpoint->pod = pod_of(arena, json_object_get(from, "targetRef"));
            endpoint->ready = json_is_false(json_object_get(conditions, "ready")) ? KUBE_NO : KUBE_YES;
            endpoint->terminating = json_is_true(json_object_get(conditions, "terminating"));
            endpoint->node_local = to == TO_NODE_LOCAL;
        }
    }
}

static void read_endpoints(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    static const char *const lists[] = {"notReadyAddresses", "addresses"}; /* by enum kube_answer */
    const json_t *metadata = json_object_get(object, "metadata"),
                 *subsets = json_object_get(object, "subsets");
    const json_t *subset, *from;
    const char *service = text_of(metadata, "name");
    enum belonging to = belonging_of(service, json_object_get(metadata, "labels"));
    size_t i, k;

    if (to == TO_OTHERS) {
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
                struct kube_endpoint *endpoint = add_endpoint(arena, objects, text_of(from, "ip"), port);

                if (!endpoint)
                    continue;
                endpoint->service = copy(arena, service);
                endpoint->space = copy(arena, text_of(metadata, "namespace"));
                endpoint->node = copy(arena, text_of(from, "nodeName"));
                endpoint->pod = pod_of(arena, json_object_get(from, "targetRef"));
                endpoint->ready = ready;
                endpoint->node_local = to == TO_NODE_LOCAL;
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

/* The container that serves DNS among a Pod's: the one that is called or made of it, else the first. */
static const json_t *dns_container(const json_t *containers)
{
    const json_t *container;
    size_t i;

    json_array_foreach(containers, i, container)
    {
        const char *image = text_of(container, "image");

        if (image && (strstr(image, "coredns") || strstr(image, "node-cache") || strstr(image, "kube-dns")))
            return container;
    }
    return json_array_get(containers, 0);
}

static void read_pod(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"), *spec = json_object_get(object, "spec");
    const json_t *status = json_object_get(object, "status"), *list, *item;
    enum belonging to = belonging_of(NULL, json_object_get(metadata, "labels"));
    struct kube_pod *pod;
    struct address where;
    size_t i;

    if (to == TO_OTHERS) {
        objects->others++;
        return;
    }
    pod = ARENA_PUSH(arena, objects->pods, objects->pods_count);
    pod->name = copy(arena, text_of(metadata, "name"));
    pod->space = copy(arena, text_of(metadata, "namespace"));
    pod->node = copy(arena, text_of(spec, "nodeName"));
    pod->node_local = to == TO_NODE_LOCAL;
    pod->version =
        version_of_image(arena, text_of(dns_container(json_object_get(spec, "containers")), "image"));
    list = json_object_get(status, "podIPs");
    json_array_foreach(list, i, item) if (read_address(text_of(item, "ip"), 0, &where)) *
        ARENA_PUSH(arena, pod->addresses, pod->addresses_count) = where;
    if (!pod->addresses_count && read_address(text_of(status, "podIP"), 0, &where))
        *ARENA_PUSH(arena, pod->addresses, pod->addresses_count) = where;
    pod->ready = KUBE_UNKNOWN;
    list = json_object_get(status, "conditions");
    json_array_foreach(list, i, item)
    {
        const char *type = text_of(item, "type"), *answer = text_of(item, "status");

        if (type && answer && strcmp(type, "Ready") == 0)
            pod->ready = strcmp(answer, "True") == 0 ? KUBE_YES : KUBE_NO;
    }
    list = json_object_get(status, "containerStatuses");
    json_array_foreach(list, i, item)
    {
        json_int_t restarts = json_integer_value(json_object_get(item, "restartCount"));

        pod->restarts += restarts > 0 ? (uint64_t)restarts : 0;
    }
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
    };
    const json_t *items = json_object_get(object, "items"), *item;
    size_t i, len;

    if (text_of(object, "kind"))
        kind = text_of(object, "kind");
    if (json_is_array(items) && kind && depth < DEPTH_MAX) {
        /* The items of an API list leave their kind to the list: EndpointSliceList. */
        len = strlen(kind);
        kind = len > 4 ? arena_text_n(arena, kind, len - 4) : NULL;
        objects->continue_from = copy(arena, text_of(json_object_get(object, "metadata"), "continue"));
        json_array_foreach(items, i, item) read_object(arena, item, kind, depth + 1, objects);
        return;
    }
    if (kind && strcmp(kind, "Status") == 0) {
        objects->status = copy(arena, text_of(object, "message"));
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
    if (!json_is_object(root) || (!text_of(root, "kind") && !json_is_array(json_object_get(root, "items")))) {
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
