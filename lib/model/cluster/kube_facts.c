/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/cluster/kube_facts.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const kube_kind_names[] = {"Pod", "Deployment", "ConfigMap", NULL};
const char *const kube_change_names[] = {"written", "started", "ended", NULL};

static const struct shape_field pod_fields[] = {
    SHAPE_FIELD_NAME(struct kube_pod_facts, name, "name", "of the Pod"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, namespace, "namespace", "of the Pod"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, node, "node", "its node"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, version, "version", "of CoreDNS, by the image's tag"),
    SHAPE_FIELD_BOOL(struct kube_pod_facts, kube_dns, "kube_dns", "it is kube-dns, and not CoreDNS"),
    SHAPE_FIELD_ANSWER(struct kube_pod_facts, ready, "ready", "its condition"),
    SHAPE_FIELD_COUNT(struct kube_pod_facts, restarts, "restarts", "of its containers"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, last_end, "last_end",
                     "how its container ended last: OOMKilled, Error"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, last_end_time, "last_end_time", "when"),
    SHAPE_FIELD_COUNT(struct kube_pod_facts, exit_code, "exit_code", "of that end"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, phase, "phase", "Pending, Running, ..."),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, waiting, "waiting",
                     "why its container does not run: CrashLoopBackOff"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, waiting_message, "waiting_message", "in Kubernetes' words"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, unscheduled, "unscheduled", "why no node takes it"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, started, "started", "when it was started"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, cpu_limit, "cpu_limit", "null for none"),
};
const struct shape kube_pod_facts_shape = SHAPE(struct kube_pod_facts, pod_fields, "kube_pod");

static const struct shape_field change_fields[] = {
    SHAPE_FIELD_NAME(struct kube_change_facts, what, "what", "the object"),
    SHAPE_FIELD_WORD(struct kube_change_facts, kind, "kind", kube_kind_names, "of the object"),
    SHAPE_FIELD_TEXT(struct kube_change_facts, name, "name", "of the object"),
    SHAPE_FIELD_CHOICE(struct kube_change_facts, how, "how", kube_change_names, "what became of it"),
    SHAPE_FIELD_NAME(struct kube_change_facts, time, "time", "RFC 3339"),
    SHAPE_FIELD_REAL(struct kube_change_facts, age_s, "age_s", "when it was seen"),
};
const struct shape kube_change_facts_shape = SHAPE(struct kube_change_facts, change_fields, "kube_change");

static const struct shape_field event_fields[] = {
    SHAPE_FIELD_NAME(struct kube_event_facts, object, "object", "whom it is about"),
    SHAPE_FIELD_NAME(struct kube_event_facts, reason, "reason", "Unhealthy, BackOff, ..."),
    SHAPE_FIELD_TEXT(struct kube_event_facts, message, "message", "in Kubernetes' words"),
    SHAPE_FIELD_TEXT(struct kube_event_facts, time, "time", "the last time"),
    SHAPE_FIELD_COUNT(struct kube_event_facts, count, "count", "how often"),
    SHAPE_FIELD_REAL(struct kube_event_facts, age_s, "age_s", "of the last time, when it was seen"),
};
const struct shape kube_event_facts_shape = SHAPE(struct kube_event_facts, event_fields, "kube_event");

static const struct shape_field fields[] = {
    SHAPE_FIELD_OBJECTS(struct kube_facts, pods, "pods", &kube_pod_facts_shape, "of CoreDNS"),
    SHAPE_FIELD_COUNT(struct kube_facts, wanted, "wanted", "replicas of the Deployment"),
    SHAPE_FIELD_COUNT(struct kube_facts, available, "available", "of these"),
    SHAPE_FIELD_COUNT(struct kube_facts, nodes, "nodes", "of the cluster"),
    SHAPE_FIELD_TEXTS(struct kube_facts, nodes_not_ready, "nodes_not_ready", "names of those that say so"),
    SHAPE_FIELD_TEXT(struct kube_facts, corefile, "corefile", "of the ConfigMap"),
    SHAPE_FIELD_TEXT(struct kube_facts, config_name, "config_map", "that holds it"),
    SHAPE_FIELD_TEXT(struct kube_facts, config_namespace, "config_map_namespace", "of that"),
    SHAPE_FIELD_TEXT(struct kube_facts, workload, "workload", "deployment coredns, daemonset dns-default"),
    SHAPE_FIELD_TEXT(struct kube_facts, workload_namespace, "workload_namespace", "of that"),
    SHAPE_FIELD_OBJECTS(struct kube_facts, changes, "changes", &kube_change_facts_shape, "the latest first"),
    SHAPE_FIELD_OBJECTS(struct kube_facts, events, "events", &kube_event_facts_shape, "warnings"),
};
const struct shape kube_facts_shape = SHAPE(struct kube_facts, fields, "kube");

/* NAN for a time that is not said, or cannot be read. */
enum kube_event_kind kube_event_kind(const struct kube_event_facts *event)
{
    static const struct {
        const char *reason, *begins;
        enum kube_event_kind kind;
    } kinds[] = {
        {"BackOff", "Back-off pulling image", KUBE_EVENT_NOT_STARTED},
        {"BackOff", "", KUBE_EVENT_ENDS_AGAIN},
        {"Failed", "", KUBE_EVENT_NOT_STARTED},
        {"FailedScheduling", "", KUBE_EVENT_NOT_STARTED},
        {"FailedCreate", "", KUBE_EVENT_NOT_STARTED},
        {"FailedCreatePodSandBox", "", KUBE_EVENT_NOT_STARTED},
        {"FailedMount", "", KUBE_EVENT_NOT_STARTED},
        {"FailedAttachVolume", "", KUBE_EVENT_NOT_STARTED},
        {"InspectFailed", "", KUBE_EVENT_NOT_STARTED},
        {"ErrImageNeverPull", "", KUBE_EVENT_NOT_STARTED},
        {"Evicted", "", KUBE_EVENT_EVICTED},
        {"Unhealthy", "", KUBE_EVENT_UNHEALTHY},
        {"ProbeWarning", "", KUBE_EVENT_UNHEALTHY},
        {"NodeNotReady", "", KUBE_EVENT_NODE},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(event->reason, kinds[i].reason) == 0 &&
            (!*kinds[i].begins ||
             (event->message && strncmp(event->message, kinds[i].begins, strlen(kinds[i].begins)) == 0)))
            return kinds[i].kind;
    return KUBE_EVENT_OTHER;
}

static double age_s(const char *time, uint64_t now_ns)
{
    uint64_t ns;

    return time && clock_parse(time, &ns) ? ((double)now_ns - (double)ns) / 1e9 : (double)NAN;
}

static void add_change(struct arena *arena, struct kube_facts *facts, enum kube_kind kind, const char *name,
                       enum kube_change how, const char *time, uint64_t now_ns)
{
    double age = age_s(time, now_ns);

    if (!isnan(age))
        *ARENA_PUSH(arena, facts->changes, facts->changes_count) = (struct kube_change_facts){
            .what = arena_printf(arena, "%s %s", kube_kind_names[kind], name ? name : ""),
            .kind = (int)kind,
            .name = name ? name : "",
            .how = (int)how,
            .time = time,
            .age_s = age};
}

static void add_pod(struct arena *arena, struct kube_facts *facts, const struct kube_pod *pod,
                    uint64_t now_ns)
{
    *ARENA_PUSH(arena, facts->pods, facts->pods_count) =
        (struct kube_pod_facts){.name = pod->name ? pod->name : "",
                                .namespace = pod->space,
                                .node = pod->node,
                                .kube_dns = pod->kube_dns,
                                .exit_code = pod->exit_code < 0 ? SHAPE_UNSET : (uint64_t)pod->exit_code,
                                .phase = pod->phase,
                                .waiting = pod->waiting,
                                .waiting_message = pod->waiting_message,
                                .unscheduled = pod->unscheduled,
                                .version = pod->version,
                                .ready = pod->ready,
                                .restarts = pod->restarts,
                                .last_end = pod->last_end,
                                .last_end_time = pod->last_end_time,
                                .started = pod->started,
                                .cpu_limit = pod->cpu_limit};
    add_change(arena, facts, KUBE_POD, pod->name, CHANGE_STARTED, pod->started, now_ns);
    add_change(arena, facts, KUBE_POD, pod->name, CHANGE_ENDED, pod->last_end_time, now_ns);
}

/* The ConfigMap with the Corefile, or one that has what it imports. */
static void add_config(struct arena *arena, struct kube_facts *facts, const struct kube_config *config,
                       uint64_t now_ns)
{
    struct corefile_file *files = NULL;
    size_t count = 0;

    if (config->corefile) {
        facts->corefile = config->corefile;
        facts->config_name = config->name;
        facts->config_namespace = config->space;
    }
    add_change(arena, facts, KUBE_CONFIG_MAP, config->name, CHANGE_WRITTEN, config->changed, now_ns);
    for (size_t i = 0; i < facts->corefile_files_count; i++)
        *ARENA_PUSH(arena, files, count) = facts->corefile_files[i];
    for (size_t i = 0; i < config->keys_count; i++)
        *ARENA_PUSH(arena, files, count) = config->keys[i];
    facts->corefile_files = files;
    facts->corefile_files_count = count;
}

static int by_age(const void *a, const void *b)
{
    const struct kube_change_facts *x = a, *y = b;

    return (x->age_s > y->age_s) - (x->age_s < y->age_s);
}

struct kube_facts *kube_facts_from(struct arena *arena, const struct kube_objects *objects, uint64_t now_ns)
{
    struct kube_facts *facts = ARENA_NEW(arena, struct kube_facts);

    *facts = (struct kube_facts){.wanted = SHAPE_UNSET,
                                 .available = SHAPE_UNSET,
                                 .nodes = objects->nodes ? objects->nodes : SHAPE_UNSET,
                                 .nodes_not_ready = objects->not_ready,
                                 .nodes_not_ready_count = objects->not_ready_count};
    for (size_t i = 0; i < objects->pods_count; i++)
        if (!objects->pods[i].node_local)
            add_pod(arena, facts, &objects->pods[i], now_ns);
    for (size_t i = 0; i < objects->deployments_count; i++) {
        const struct kube_deployment *deployment = &objects->deployments[i];

        facts->workload = arena_printf(arena, "%s %s", deployment->daemon_set ? "daemonset" : "deployment",
                                       deployment->name ? deployment->name : "coredns");
        facts->workload_namespace = deployment->space;
        facts->wanted = deployment->wanted;
        facts->available = deployment->available;
        add_change(arena, facts, KUBE_DEPLOYMENT, deployment->name, CHANGE_WRITTEN, deployment->changed,
                   now_ns);
    }
    for (size_t i = 0; i < objects->configs_count; i++)
        add_config(arena, facts, &objects->configs[i], now_ns);
    for (size_t i = 0; i < objects->events_count; i++) {
        const struct kube_event *event = &objects->events[i];

        *ARENA_PUSH(arena, facts->events, facts->events_count) =
            (struct kube_event_facts){event->object ? event->object : "",
                                      event->reason ? event->reason : "",
                                      event->message,
                                      event->time,
                                      event->count,
                                      age_s(event->time, now_ns)};
    }
    if (facts->changes_count)
        qsort(facts->changes, facts->changes_count, sizeof(*facts->changes), by_age);
    return facts->pods_count || facts->corefile || facts->events_count || facts->wanted != SHAPE_UNSET ? facts
                                                                                                       : NULL;
}
