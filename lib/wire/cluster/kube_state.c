/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube_reader.h"
#include <string.h>

/* The container that serves DNS among a Pod's: the one that is called or made of it, else the first. */
const json_t *kube_dns_container(const json_t *containers)
{
    const json_t *container;
    size_t i;

    json_array_foreach(containers, i, container)
    {
        const char *image = kube_text(container, "image");

        if (image && (strstr(image, "coredns") || strstr(image, "node-cache") || strstr(image, "kube-dns")))
            return container;
    }
    return json_array_get(containers, 0);
}

static uint64_t count_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) && json_integer_value(value) >= 0 ? (uint64_t)json_integer_value(value)
                                                                    : UINT64_MAX;
}

/* Source: kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1, ContainerStatus. */
void kube_read_pod_state(struct arena *arena, const json_t *object, const json_t *container,
                         struct kube_pod *pod)
{
    const json_t *status = json_object_get(object, "status"), *item;
    const json_t *limits = json_object_get(json_object_get(container, "resources"), "limits");
    const json_t *list = json_object_get(status, "containerStatuses");
    const char *name = kube_text(container, "name");
    size_t i;

    pod->started = kube_copy(arena, kube_text(status, "startTime"));
    pod->cpu_limit = kube_copy(arena, kube_text(limits, "cpu"));
    json_array_foreach(list, i, item)
    {
        const json_t *end = json_object_get(json_object_get(item, "lastState"), "terminated");
        const char *own = kube_text(item, "name");
        uint64_t restarts = count_of(item, "restartCount");

        pod->restarts += restarts == UINT64_MAX ? 0 : restarts;
        if (!end || (name && own && strcmp(name, own) != 0))
            continue;
        pod->last_end = kube_copy(arena, kube_text(end, "reason"));
        pod->last_end_time = kube_copy(arena, kube_text(end, "finishedAt"));
    }
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

void kube_read_deployment(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const char *name = kube_text(metadata, "name");
    struct kube_deployment *deployment;

    /* What an autoscaler does to its status is no change of it. */
    if (kube_belonging(name, json_object_get(metadata, "labels")) != KUBE_TO_DNS) {
        objects->others++;
        return;
    }
    deployment = ARENA_PUSH(arena, objects->deployments, objects->deployments_count);
    deployment->name = kube_copy(arena, name);
    deployment->changed = changed(arena, metadata, "status");
    deployment->wanted = count_of(json_object_get(object, "spec"), "replicas");
    deployment->available = count_of(json_object_get(object, "status"), "availableReplicas");
    /* The API leaves a zero out. */
    if (deployment->available == UINT64_MAX && json_object_get(object, "status"))
        deployment->available = 0;
}

void kube_read_config(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const char *corefile = kube_text(json_object_get(object, "data"), "Corefile"),
               *name = kube_text(metadata, "name");
    struct kube_config *config;

    /* node-local-dns has one of its own. */
    if (!corefile || !name || strstr(name, "local")) {
        objects->others++;
        return;
    }
    config = ARENA_PUSH(arena, objects->configs, objects->configs_count);
    config->name = kube_copy(arena, name);
    config->corefile = kube_copy(arena, corefile);
    config->changed = changed(arena, metadata, NULL);
}

static bool is_about_dns(const char *object)
{
    return object && (strncmp(object, "coredns", 7) == 0 || strncmp(object, "kube-dns", 8) == 0 ||
                      strncmp(object, "dns-default", 11) == 0);
}

/* Source: kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1, and its v1 form. */
void kube_read_event(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *about = json_object_get(object, "involvedObject");
    const char *type = kube_text(object, "type"), *name, *time = kube_text(object, "lastTimestamp");
    struct kube_event *event;

    about = about ? about : json_object_get(object, "regarding");
    name = kube_text(about, "name");
    if (!type || strcmp(type, "Warning") != 0 || !is_about_dns(name)) {
        objects->others++;
        return;
    }
    event = ARENA_PUSH(arena, objects->events, objects->events_count);
    event->object = kube_copy(arena, name);
    event->reason = kube_copy(arena, kube_text(object, "reason"));
    event->message = kube_copy(arena, kube_text(object, "message"));
    event->message = event->message ? event->message : kube_copy(arena, kube_text(object, "note"));
    event->time = kube_copy(arena, time ? time : kube_text(object, "eventTime"));
    event->count = count_of(object, "count");
}

void kube_read_node(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *list = json_object_get(json_object_get(object, "status"), "conditions"), *item;
    const char *name = kube_text(json_object_get(object, "metadata"), "name");
    size_t i;

    objects->nodes++;
    json_array_foreach(list, i, item)
    {
        const char *type = kube_text(item, "type"), *status = kube_text(item, "status");

        /* Unknown is what a node is called that has not reported for long. */
        if (name && type && status && strcmp(type, "Ready") == 0 && strcmp(status, "True") != 0)
            *ARENA_PUSH(arena, objects->not_ready, objects->not_ready_count) = arena_text(arena, name);
    }
}
