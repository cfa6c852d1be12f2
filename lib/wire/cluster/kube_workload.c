/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The workload of the cluster DNS: its Deployment or DaemonSet, its container, its ConfigMaps. */
#include "kube_reader.h"
#include <string.h>

/* The last part of an image's name, which is what its programs are called by. */
static bool is_dns_image(const char *image)
{
    return image && (strstr(image, "coredns") || strstr(image, "node-cache") || strstr(image, "kube-dns") ||
                     strstr(image, "kubedns"));
}

/* The container that serves DNS among a Pod's: the one made of it, or that has its port; else the first. */
const json_t *kube_dns_container(const json_t *containers)
{
    const json_t *container, *listens = NULL;
    size_t i;

    json_array_foreach(containers, i, container)
    {
        if (is_dns_image(kube_text(container, "image")))
            return container;
        listens = !listens && kube_container_port(container) ? container : listens;
    }
    return listens ? listens : json_array_get(containers, 0);
}

uint64_t kube_container_port(const json_t *container)
{
    const json_t *ports = json_object_get(container, "ports"), *port;
    size_t i;

    json_array_foreach(ports, i, port)
    {
        const char *protocol = kube_text(port, "protocol");
        uint64_t number = kube_count(port, "containerPort");

        if (kube_same(protocol, "UDP") && number > 0 && number < 65536)
            return number;
    }
    return 0;
}

/* The latest time in metadata.managedFields, which is when somebody wrote it; else when it was made. */
static const char *changed(struct arena *arena, const json_t *metadata, const char *but)
{
    const json_t *fields = json_object_get(metadata, "managedFields"), *field;
    const char *latest = kube_text(metadata, "creationTimestamp");
    size_t i;

    json_array_foreach(fields, i, field)
    {
        const char *time = kube_text(field, "time"), *part = kube_text(field, "subresource");

        /* Texts of RFC 3339 in UTC are in the order of their times. */
        if (time && (!part || !but || strcmp(part, but) != 0) && (!latest || strcmp(time, latest) > 0))
            latest = time;
    }
    return kube_copy(arena, latest);
}

/* The Service's selector fits the Pods that it makes. */
static bool makes_dns(const struct kube_objects *objects, const char *space, const json_t *labels)
{
    for (size_t i = 0; i < objects->signs_count; i++) {
        const struct kube_sign *sign = &objects->signs[i];

        if (sign->selector && (!space || !*sign->space || strcmp(sign->space, space) == 0) &&
            kube_selects(sign->selector, labels))
            return true;
    }
    return false;
}

/* The ConfigMap that cluster-proportional-autoscaler is told to read: --configmap=NAME. */
static const char *autoscaler_map(struct arena *arena, const json_t *containers)
{
    static const char option[] = "--configmap=";
    static const char *const members[] = {"command", "args"};
    const json_t *container, *words, *word;
    size_t i, k;

    json_array_foreach(containers, i, container)
    {
        for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
            words = json_object_get(container, members[m]);
            json_array_foreach(words, k, word)
            {
                const char *text = json_string_value(word);

                if (text && strncmp(text, option, sizeof(option) - 1) == 0)
                    return kube_copy(arena, text + sizeof(option) - 1);
            }
        }
    }
    return NULL;
}

static bool is_autoscaler(const char *name)
{
    size_t len = name ? strlen(name) : 0;

    return len > 11 && strcmp(name + len - 11, "-autoscaler") == 0 && strstr(name, "dns");
}

static void read_state(const json_t *object, struct kube_deployment *deployment)
{
    deployment->wanted = kube_count(json_object_get(object, "spec"), "replicas");
    deployment->available = kube_count(json_object_get(object, "status"), "availableReplicas");
    if (deployment->daemon_set) {
        deployment->wanted = kube_count(json_object_get(object, "status"), "desiredNumberScheduled");
        deployment->available = kube_count(json_object_get(object, "status"), "numberAvailable");
    }
    /* The API leaves a zero out. */
    if (deployment->available == UINT64_MAX && json_object_get(object, "status"))
        deployment->available = 0;
}

void kube_read_deployment(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const json_t *template = json_object_get(json_object_get(object, "spec"), "template");
    const json_t *made = json_object_get(json_object_get(template, "metadata"), "labels");
    const json_t *spec = json_object_get(template, "spec");
    const json_t *containers = json_object_get(spec, "containers");
    const json_t *container = kube_dns_container(containers);
    const char *name = kube_text(metadata, "name"), *space = kube_text(metadata, "namespace");
    enum kube_belonging to = kube_belonging(name, json_object_get(metadata, "labels"));
    bool fits = makes_dns(objects, space, made);
    struct kube_deployment *deployment;

    if (is_autoscaler(name) && !fits && !kube_is_elsewhere(objects, space)) {
        objects->autoscaler = kube_copy(arena, name);
        objects->autoscaler_map = autoscaler_map(arena, containers);
        return;
    }
    /* What an autoscaler does to its status is no change of it. */
    if ((to == KUBE_TO_OTHERS && !fits) || (to != KUBE_TO_NODE_LOCAL && is_autoscaler(name)) ||
        (to == KUBE_TO_DNS && !fits && kube_is_elsewhere(objects, space))) {
        objects->others++;
        return;
    }
    deployment = to == KUBE_TO_NODE_LOCAL
                     ? ARENA_PUSH(arena, objects->local_sets, objects->local_sets_count)
                     : ARENA_PUSH(arena, objects->deployments, objects->deployments_count);
    deployment->name = kube_copy(arena, name);
    deployment->space = kube_copy(arena, space);
    deployment->daemon_set = !json_object_get(json_object_get(object, "spec"), "replicas");
    deployment->changed = changed(arena, metadata, "status");
    deployment->container = kube_copy(arena, kube_text(container, "name"));
    deployment->image = kube_copy(arena, kube_text(container, "image"));
    deployment->account = kube_copy(arena, kube_text(spec, "serviceAccountName"));
    deployment->containers = json_array_size(containers);
    deployment->port = kube_container_port(container);
    deployment->labels = kube_pairs(arena, json_object_get(metadata, "labels"));
    read_state(object, deployment);
}

bool kube_is_imported(const char *key)
{
    size_t len = strlen(key);

    return (len > 7 && strcmp(key + len - 7, ".server") == 0) ||
           (len > 9 && strcmp(key + len - 9, ".override") == 0);
}

static bool holds_imported(const json_t *data)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)data, key, value) if (kube_is_imported(key)) return true;
    return false;
}

/* What a ConfigMap is for; -1 for none of DNS. */
static int map_kind(const char *name, const json_t *data, const char *corefile)
{
    if (strstr(name, "local") && strstr(name, "dns"))
        return KUBE_MAP_NODE_LOCAL;
    if (corefile)
        return KUBE_MAP_COREFILE;
    if (strcmp(name, "kube-dns") == 0)
        return KUBE_MAP_KUBE_DNS;
    /* AKS has an empty one from the beginning. */
    return strcmp(name, "coredns-custom") == 0 || (!strstr(name, "local") && holds_imported(data))
               ? KUBE_MAP_CUSTOM
               : -1;
}

void kube_read_config(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const json_t *data = json_object_get(object, "data");
    const char *corefile = kube_text(data, "Corefile"), *name = kube_text(metadata, "name"), *key;
    const char *mode = kube_text(json_object_get(metadata, "labels"), "addonmanager.kubernetes.io/mode");
    const char *space = kube_text(metadata, "namespace");
    int kind = name && !kube_is_elsewhere(objects, space) ? map_kind(name, data, corefile) : -1;
    struct kube_config *config;
    json_t *value;

    if (kind >= 0)
        *ARENA_PUSH(arena, objects->maps, objects->maps_count) = (struct kube_map){
            kube_copy(arena, name), kube_copy(arena, space),
            kube_pairs(arena, json_object_get(metadata, "labels")), kind, kube_same(mode, "Reconcile")};
    /* node-local-dns has one of its own. */
    if (kind < 0 || kind == KUBE_MAP_NODE_LOCAL || (!corefile && !holds_imported(data))) {
        objects->others += kind < 0;
        return;
    }
    config = ARENA_PUSH(arena, objects->configs, objects->configs_count);
    config->name = kube_copy(arena, name);
    config->space = kube_copy(arena, space);
    config->corefile = kube_copy(arena, corefile);
    json_object_foreach((json_t *)(uintptr_t)data, key, value)
    {
        const char *text = json_string_value(value);

        if (text && strcmp(key, "Corefile") != 0)
            *ARENA_PUSH(arena, config->keys, config->keys_count) =
                (struct corefile_file){arena_text(arena, key), arena_text(arena, text), strlen(text)};
    }
    config->changed = changed(arena, metadata, NULL);
}
