/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube_reader.h"
#include "object_documents.h"
#include <errno.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

/* Lists within lists are not what kubectl writes. */
#define DEPTH_MAX 3

static struct kube_backing *backing_of(struct arena *arena, struct kube_objects *objects, const char *service,
                                       const char *space)
{
    for (size_t i = 0; i < objects->backings_count; i++)
        if (strcmp(objects->backings[i].service, service) == 0 &&
            strcmp(objects->backings[i].space, space) == 0)
            return &objects->backings[i];
    *ARENA_PUSH(arena, objects->backings, objects->backings_count) = (struct kube_backing){service, space, 0};
    return &objects->backings[objects->backings_count - 1];
}

static struct kube_endpoint *add_endpoint(struct arena *arena, struct kube_objects *objects,
                                          const char *address, uint16_t port)
{
    struct kube_endpoint *endpoint;
    struct address where;

    if (!kube_read_address(address, port, &where))
        return NULL;
    if (objects->endpoints_count == KUBE_OBJECTS_MAX) {
        objects->too_many = true;
        return NULL;
    }
    endpoint = ARENA_PUSH(arena, objects->endpoints, objects->endpoints_count);
    endpoint->where = where;
    return endpoint;
}

static const char *pod_of(struct arena *arena, const json_t *reference)
{
    const char *kind = kube_text(reference, "kind");

    return kind && strcmp(kind, "Pod") == 0 ? kube_copy(arena, kube_text(reference, "name")) : NULL;
}

/* Count an endpoint, and remember the Pod behind it. */
static void note_endpoint(struct arena *arena, struct kube_objects *objects,
                          const struct kube_endpoint *endpoint)
{
    struct kube_backing *backing;

    if (endpoint->node_local || !endpoint->service)
        return;
    backing = backing_of(arena, objects, endpoint->service, endpoint->space ? endpoint->space : "");
    backing->ready += endpoint->ready == KUBE_YES;
    if (endpoint->pod)
        kube_add_sign(arena, objects, endpoint->space, endpoint->pod, NULL);
}

/* A Service is seen to have endpoints, or to have none. */
static void note_backing(struct arena *arena, struct kube_objects *objects, const char *service,
                         const char *space, enum kube_belonging to)
{
    if (service && to == KUBE_TO_DNS)
        (void)backing_of(arena, objects, arena_text(arena, service), space ? arena_text(arena, space) : "");
}

/* Source: kubernetes.io/docs/concepts/services-networking/endpoint-slices: no condition means ready. */
static void read_slice(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"),
                 *labels = json_object_get(metadata, "labels");
    const json_t *endpoints = json_object_get(object, "endpoints"), *from;
    const char *service = kube_text(labels, "kubernetes.io/service-name");
    enum kube_belonging to =
        kube_endpoints_belonging(objects, service, kube_text(metadata, "namespace"), labels);
    uint16_t port = kube_dns_port(json_object_get(object, "ports"));
    size_t i;

    if (to == KUBE_TO_OTHERS) {
        objects->others++;
        return;
    }
    note_backing(arena, objects, service, kube_text(metadata, "namespace"), to);
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
            endpoint->no_port = json_is_array(json_object_get(object, "ports")) &&
                                !json_array_size(json_object_get(object, "ports"));
            note_endpoint(arena, objects, endpoint);
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
    enum kube_belonging to = kube_endpoints_belonging(objects, service, kube_text(metadata, "namespace"),
                                                      json_object_get(metadata, "labels"));
    size_t i, k;

    if (to == KUBE_TO_OTHERS) {
        objects->others++;
        return;
    }
    note_backing(arena, objects, service, kube_text(metadata, "namespace"), to);
    json_array_foreach(subsets, i, subset)
    {
        uint16_t port = kube_dns_port(json_object_get(subset, "ports"));

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
                note_endpoint(arena, objects, endpoint);
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
    /* By its digest alone, as OpenShift has it: "coredns@sha256:1d1c..." has no tag. */
    if (!tag || memchr(base, '@', (size_t)(tag - base)))
        return NULL;
    tag++;
    tag += *tag == 'v';
    len = strcspn(tag, "@");
    return *tag >= '0' && *tag <= '9' ? arena_text_n(arena, tag, len) : NULL;
}

/* Whether an endpoint names a Pod; `*ret_selected`: whether the selector of a Service of DNS fits it. */
static bool is_signed(const struct kube_objects *objects, const json_t *metadata, const json_t *labels,
                      bool *ret_selected)
{
    const char *name = kube_text(metadata, "name"), *space = kube_text(metadata, "namespace");
    bool named = false;

    for (size_t i = 0; i < objects->signs_count; i++) {
        const struct kube_sign *sign = &objects->signs[i];

        if (space && *sign->space && strcmp(sign->space, space) != 0)
            continue;
        named = named || (sign->pod && name && strcmp(sign->pod, name) == 0);
        *ret_selected = *ret_selected || (sign->selector && kube_selects(sign->selector, labels));
    }
    return named;
}

/*
 * What made a Pod, as kubectl takes it; NULL for none that is known. A ReplicaSet is called like its
 * Deployment with the Pods' pod-template-hash behind it.
 */
static const char *owner_of(struct arena *arena, const json_t *metadata, const json_t *labels)
{
    const json_t *list = json_object_get(metadata, "ownerReferences"), *owner;
    const char *hash = kube_text(labels, "pod-template-hash");
    size_t i;

    json_array_foreach(list, i, owner)
    {
        const char *kind = kube_text(owner, "kind"), *name = kube_text(owner, "name");
        size_t len = name ? strlen(name) : 0, tail = hash ? strlen(hash) : 0;

        if (name && kube_same(kind, "DaemonSet"))
            return arena_printf(arena, "daemonset/%s", name);
        if (name && kube_same(kind, "StatefulSet"))
            return arena_printf(arena, "statefulset/%s", name);
        if (name && kube_same(kind, "ReplicaSet") && tail && len > tail + 1 && name[len - tail - 1] == '-' &&
            strcmp(name + len - tail, hash) == 0)
            return arena_printf(arena, "deployment/%.*s", (int)(len - tail - 1), name);
    }
    return NULL;
}

static void read_pod(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"), *spec = json_object_get(object, "spec");
    const json_t *status = json_object_get(object, "status"), *list, *item;
    const json_t *labels = json_object_get(metadata, "labels");
    enum kube_belonging to = kube_belonging(NULL, labels);
    const json_t *container = kube_dns_container(json_object_get(spec, "containers"));
    bool selected = false, named = is_signed(objects, metadata, labels, &selected);
    struct kube_pod *pod;
    struct address where;
    size_t i;

    to = to == KUBE_TO_OTHERS && (named || selected) ? KUBE_TO_DNS : to;
    if (to == KUBE_TO_OTHERS && kube_is_coredns(container) &&
        kube_backs_nothing(objects, kube_text(metadata, "namespace")))
        to = KUBE_TO_DNS;
    /* Another server of DNS, in another namespace than the one that is wanted. */
    if (to == KUBE_TO_DNS && !named && !selected &&
        kube_is_elsewhere(objects, kube_text(metadata, "namespace")))
        to = KUBE_TO_OTHERS;
    if (to == KUBE_TO_OTHERS) {
        objects->others++;
        return;
    }
    pod = ARENA_PUSH(arena, objects->pods, objects->pods_count);
    pod->name = kube_copy(arena, kube_text(metadata, "name"));
    pod->space = kube_copy(arena, kube_text(metadata, "namespace"));
    pod->node = kube_copy(arena, kube_text(spec, "nodeName"));
    pod->node_local = to == KUBE_TO_NODE_LOCAL;
    pod->selected = selected;
    pod->labels = kube_pairs(arena, labels);
    pod->kube_dns = kube_text(container, "image") && strstr(kube_text(container, "image"), "kube-dns");
    pod->version = pod->kube_dns ? NULL : version_of_image(arena, kube_text(container, "image"));
    pod->container = kube_copy(arena, kube_text(container, "name"));
    pod->image = kube_copy(arena, kube_text(container, "image"));
    pod->containers = json_array_size(json_object_get(spec, "containers"));
    pod->port = kube_container_port(container);
    pod->account = kube_copy(arena, kube_text(spec, "serviceAccountName"));
    pod->owner = owner_of(arena, metadata, labels);
    list = json_object_get(status, "podIPs");
    json_array_foreach(list, i, item) if (kube_read_address(kube_text(item, "ip"), 0, &where)) *
        ARENA_PUSH(arena, pod->addresses, pod->addresses_count) = where;
    if (!pod->addresses_count && kube_read_address(kube_text(status, "podIP"), 0, &where))
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

/* Services are read first, then their endpoints, in whatever order they come, since they tell which Pods are
 * theirs. */
enum pass {
    PASS_SERVICES,
    PASS_ENDPOINTS,
    PASS_REST,
};

static const struct {
    const char *kind;
    enum pass pass;
    void (*read)(struct arena *arena, const json_t *object, struct kube_objects *objects);
} readers[] = {
    {"Service", PASS_SERVICES, kube_read_service},
    {"EndpointSlice", PASS_ENDPOINTS, read_slice},
    {"Endpoints", PASS_ENDPOINTS, read_endpoints},
    {"Pod", PASS_REST, read_pod},
    {"Deployment", PASS_REST, kube_read_deployment},
    {"DaemonSet", PASS_REST, kube_read_deployment},
    {"ConfigMap", PASS_REST, kube_read_config},
    {"Event", PASS_REST, kube_read_event},
    {"Node", PASS_REST, kube_read_node},
    {"ServiceCIDR", PASS_REST, kube_read_range},
    {"NetworkPolicy", PASS_REST, kube_read_policy},
};

static void each_object(struct arena *arena, const json_t *object, const char *kind, unsigned depth,
                        kube_visit *visit, void *user)
{
    const json_t *items = json_is_array(object) ? object : json_object_get(object, "items"), *item;
    size_t i, len;

    if (kube_text(object, "kind"))
        kind = kube_text(object, "kind");
    /* What jq leaves of a list need not say that it is one. */
    if (kind || !json_is_array(items))
        visit(user, object, kind);
    if (!json_is_array(items) || depth == DEPTH_MAX)
        return;
    /* The items of an API list leave their kind to the list: EndpointSliceList. */
    len = kind ? strlen(kind) : 0;
    kind = len > 4 ? arena_text_n(arena, kind, len - 4) : NULL;
    json_array_foreach(items, i, item) each_object(arena, item, kind, depth + 1, visit, user);
}

void kube_each_object(struct arena *arena, const json_t *documents, kube_visit *visit, void *user)
{
    const json_t *root;
    size_t i;

    json_array_foreach(documents, i, root) each_object(arena, root, NULL, 0, visit, user);
}

struct reading {
    struct arena *arena;
    struct kube_objects *objects;
    enum pass pass;
};

static bool is_full(const struct kube_objects *objects)
{
    const size_t counts[] = {
        objects->services_count,  objects->signs_count,          objects->backings_count,
        objects->pods_count,      objects->deployments_count,    objects->local_sets_count,
        objects->configs_count,   objects->maps_count,           objects->events_count,
        objects->strangers_count, objects->service_ranges_count, objects->policies_count};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i] >= KUBE_OBJECTS_MAX)
            return true;
    return objects->not_ready_count >= 5 * KUBE_OBJECTS_MAX;
}

static void read_object(void *user, const json_t *object, const char *kind)
{
    const struct reading *reading = user;
    struct kube_objects *objects = reading->objects;

    if (kind && json_is_array(json_object_get(object, "items"))) {
        objects->continue_from =
            kube_copy(reading->arena, kube_text(json_object_get(object, "metadata"), "continue"));
        return;
    }
    if (kind && strcmp(kind, "Status") == 0) {
        objects->status = kube_copy(reading->arena, kube_text(object, "message"));
        return;
    }
    if (is_full(objects)) {
        objects->too_many = true;
        return;
    }
    for (size_t i = 0; kind && i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (strcmp(kind, readers[i].kind) == 0) {
            if (readers[i].pass == reading->pass)
                readers[i].read(reading->arena, object, objects);
            return;
        }
    }
    objects->others += reading->pass == PASS_REST;
}

bool kube_takes(struct arena *arena, const json_t *object, const char *kind,
                const struct kube_objects *objects)
{
    /* What a reader passes over it counts. */
    struct kube_objects alone = {.wanted = objects->wanted,
                                 .services = objects->services,
                                 .services_count = objects->services_count,
                                 .backings = objects->backings,
                                 .backings_count = objects->backings_count,
                                 .signs = objects->signs,
                                 .signs_count = objects->signs_count};
    struct reading reading = {arena, &alone, PASS_SERVICES};

    for (; reading.pass <= PASS_REST; reading.pass++)
        read_object(&reading, object, kind);
    return alone.others == 0;
}

/* Input of another kind is named, with what reads it; kubectl's other outputs have a text of their own. */
static int refuse(const char *bytes, size_t len, int r, struct err *err)
{
    enum input_kind kind = bytes ? input_kind_tell(bytes, len) : INPUT_EMPTY;

    if (kind == INPUT_EMPTY || kind == INPUT_DESCRIBE || kind == INPUT_KUBE_TABLE)
        return r;
    return input_kind_refuse(bytes, len, INPUT_KUBE, "it", "Kubernetes objects", err) < 0 ? -EBADMSG : r;
}

int kube_objects_read(struct arena *arena, const char *bytes, size_t len, struct kube_objects *objects,
                      struct err *err)
{
    struct kube_objects before;
    json_t *documents, *root;
    size_t i;
    int r;

    if (len > KUBE_JSON_MAX)
        return err_set(err, ERR_FORMAT, EBADMSG, "it is over %d MB; narrow it with -l k8s-app=kube-dns",
                       KUBE_JSON_MAX / 1024 / 1024);
    r = object_documents_read(bytes ? bytes : "", len, true, &documents, err);
    if (r < 0)
        return refuse(bytes, len, r, err);
    json_array_foreach(documents, i, root)
    {
        const json_t *one = json_is_array(root) ? json_array_get(root, 0) : root;
        bool object =
            json_is_object(one) && (kube_text(one, "kind") || json_is_array(json_object_get(one, "items")));

        /* An empty YAML document is left by a mark at its begin or end. */
        if (object || (json_is_null(root) && json_array_size(documents) > 1))
            continue;
        json_decref(documents);
        r = err_set(
            err, ERR_FORMAT, EBADMSG,
            "it is no Kubernetes object; it should be what kubectl get ... -o json or -o yaml prints");
        return refuse(bytes, len, r, err);
    }
    before = *objects;
    objects->continue_from = objects->status = NULL;
    for (int pass = PASS_SERVICES; pass <= PASS_REST; pass++) {
        struct reading reading = {arena, objects, (enum pass)pass};

        kube_each_object(arena, documents, read_object, &reading);
        if (pass == PASS_SERVICES)
            kube_choose_services(arena, objects);
    }
    json_decref(documents);
    if (!objects->too_many)
        return 0;
    *objects = before;
    return err_set(err, ERR_FORMAT, EBADMSG,
                   "it has more than %d objects of one kind that are of the cluster DNS", KUBE_OBJECTS_MAX);
}
