/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a Pod of the cluster DNS fares, and what Events say: restarts, how its container ended. */
#include "kube_reader.h"
#include <string.h>

/* Why the scheduler finds no node for a Pod; NULL. */
static const char *unscheduled(struct arena *arena, const json_t *status)
{
    const json_t *list = json_object_get(status, "conditions"), *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        const char *type = kube_text(item, "type"), *answer = kube_text(item, "status");
        const char *message = kube_text(item, "message"), *reason = kube_text(item, "reason");

        if (type && answer && strcmp(type, "PodScheduled") == 0 && strcmp(answer, "False") == 0)
            return kube_copy(arena, message ? message : reason ? reason : "no node takes it");
    }
    return NULL;
}

/* The first init container that does not come to its end, in kubectl's words: Init:CrashLoopBackOff. */
static void read_init(struct arena *arena, const json_t *status, struct kube_pod *pod)
{
    const json_t *item, *list = json_object_get(status, "initContainerStatuses");
    size_t i;

    json_array_foreach(list, i, item)
    {
        const json_t *wait = json_object_get(json_object_get(item, "state"), "waiting");
        const char *reason = kube_text(wait, "reason"), *message = kube_text(wait, "message");

        if (!reason || strcmp(reason, "PodInitializing") == 0 || pod->waiting)
            continue;
        pod->waiting = arena_printf(arena, "Init:%s", reason);
        pod->waiting_message = kube_copy(arena, message);
    }
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

    pod->exit_code = -1;
    pod->phase = kube_copy(arena, kube_text(status, "phase"));
    /* What kubectl shows for one that is being deleted. */
    if (kube_text(json_object_get(object, "metadata"), "deletionTimestamp"))
        pod->phase = "Terminating";
    read_init(arena, status, pod);
    pod->unscheduled = unscheduled(arena, status);
    pod->started = kube_copy(arena, kube_text(status, "startTime"));
    pod->cpu_limit = kube_copy(arena, kube_text(limits, "cpu"));
    json_array_foreach(list, i, item)
    {
        const json_t *end = json_object_get(json_object_get(item, "lastState"), "terminated");
        const char *own = kube_text(item, "name");
        uint64_t restarts = kube_count(item, "restartCount");

        const json_t *wait = json_object_get(json_object_get(item, "state"), "waiting");
        const json_t *now = json_object_get(json_object_get(item, "state"), "terminated");

        pod->restarts += restarts == UINT64_MAX ? 0 : restarts;
        if (wait && !(pod->waiting && strncmp(pod->waiting, "Init:", 5) == 0) &&
            (!name || !own || strcmp(name, own) == 0)) {
            pod->waiting = kube_copy(arena, kube_text(wait, "reason"));
            pod->waiting_message = kube_copy(arena, kube_text(wait, "message"));
        }
        end = end ? end : now;
        if (!end || (name && own && strcmp(name, own) != 0))
            continue;
        pod->last_end = kube_copy(arena, kube_text(end, "reason"));
        pod->last_end_time = kube_copy(arena, kube_text(end, "finishedAt"));
        if (kube_count(end, "exitCode") < 256)
            pod->exit_code = (int64_t)kube_count(end, "exitCode");
    }
}

static bool is_about_dns(const char *object)
{
    /* rke2-coredns-rke2-coredns-..., RELEASE-coredns-...: what scales them has a name that goes on. */
    return object && !strstr(object, "autoscaler") &&
           (strstr(object, "coredns") || strncmp(object, "kube-dns", 8) == 0 ||
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
    event->count = kube_count(object, "count");
}
