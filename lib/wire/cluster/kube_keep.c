/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube_reader.h"
#include "object_documents.h"
#include <k8sdns/wire/cluster/kube_keep.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_ROOM 256

/*
 * The members that kube_objects.c, kube_policy.c and kube_state.c read, by their paths; lists are looked
 * through. Labels, the keys of a ConfigMap and the names of nodes are chosen by functions below.
 */
static const char *const everywhere[] = {"apiVersion",
                                         "kind",
                                         "metadata.name",
                                         "metadata.namespace",
                                         "metadata.creationTimestamp",
                                         "metadata.managedFields.time",
                                         "metadata.managedFields.subresource",
                                         NULL};
static const char *const service[] = {"spec.clusterIP",  "spec.clusterIPs", "spec.internalTrafficPolicy",
                                      "spec.ports.name", "spec.ports.port", "spec.ports.protocol",
                                      "spec.selector.*", "spec.type",       NULL};
static const char *const slice[] = {"endpoints.addresses",
                                    "endpoints.nodeName",
                                    "endpoints.conditions.ready",
                                    "endpoints.conditions.terminating",
                                    "endpoints.targetRef.kind",
                                    "endpoints.targetRef.name",
                                    "ports.name",
                                    "ports.port",
                                    "ports.protocol",
                                    NULL};
static const char *const endpoints[] = {"subsets.addresses.ip",
                                        "subsets.addresses.nodeName",
                                        "subsets.addresses.targetRef.kind",
                                        "subsets.addresses.targetRef.name",
                                        "subsets.notReadyAddresses.ip",
                                        "subsets.notReadyAddresses.nodeName",
                                        "subsets.notReadyAddresses.targetRef.kind",
                                        "subsets.notReadyAddresses.targetRef.name",
                                        "subsets.ports.name",
                                        "subsets.ports.port",
                                        "subsets.ports.protocol",
                                        NULL};
static const char *const pod[] = {"spec.nodeName",
                                  "spec.containers.name",
                                  "spec.containers.image",
                                  "spec.containers.ports.containerPort",
                                  "spec.containers.ports.protocol",
                                  "spec.containers.resources.limits.cpu",
                                  "metadata.ownerReferences.kind",
                                  "metadata.ownerReferences.name",
                                  "metadata.deletionTimestamp",
                                  "status.phase",
                                  "status.podIP",
                                  "status.podIPs.ip",
                                  "status.startTime",
                                  "status.conditions.type",
                                  "status.conditions.status",
                                  "status.conditions.reason",
                                  "status.conditions.message",
                                  "status.initContainerStatuses.state.waiting.reason",
                                  "status.initContainerStatuses.state.waiting.message",
                                  "status.containerStatuses.name",
                                  "status.containerStatuses.restartCount",
                                  "status.containerStatuses.state.waiting.reason",
                                  "status.containerStatuses.state.waiting.message",
                                  "status.containerStatuses.state.terminated.reason",
                                  "status.containerStatuses.state.terminated.finishedAt",
                                  "status.containerStatuses.state.terminated.exitCode",
                                  "status.containerStatuses.lastState.terminated.reason",
                                  "status.containerStatuses.lastState.terminated.finishedAt",
                                  "status.containerStatuses.lastState.terminated.exitCode",
                                  NULL};
static const char *const workload[] = {"spec.replicas",
                                       "spec.template.metadata.labels.*",
                                       "spec.template.spec.containers.name",
                                       "spec.template.spec.containers.image",
                                       "spec.template.spec.containers.ports.containerPort",
                                       "spec.template.spec.containers.ports.protocol",
                                       "status.availableReplicas",
                                       "status.desiredNumberScheduled",
                                       "status.numberAvailable",
                                       NULL};
static const char *const range[] = {"spec.cidrs", NULL};
static const char *const event[] = {"type",
                                    "involvedObject.kind",
                                    "involvedObject.name",
                                    "regarding.kind",
                                    "regarding.name",
                                    "reason",
                                    "message",
                                    "note",
                                    "lastTimestamp",
                                    "eventTime",
                                    "count",
                                    NULL};
static const char *const node[] = {"status.conditions.type", "status.conditions.status",
                                   "status.nodeInfo.kubeletVersion", NULL};
/* Of Pods that are let through it matters that some are chosen, not which: their selector stays, empty. */
static const char *const policy[] = {
    "spec.policyTypes",
    "spec.podSelector.matchLabels.*",
    "spec.podSelector.matchExpressions.key",
    "spec.ingress.from.podSelector.-",
    "spec.ingress.from.namespaceSelector.matchLabels.kubernetes.io/metadata.name",
    "spec.ingress.ports.*",
    "spec.egress.to.podSelector.-",
    "spec.egress.to.namespaceSelector.matchLabels.kubernetes.io/metadata.name",
    "spec.egress.ports.*",
    NULL};
static const char *const nothing[] = {NULL};

static const struct {
    const char *kind;
    const char *const *paths;
} kinds[] = {
    {"Service", service},     {"EndpointSlice", slice}, {"Endpoints", endpoints},  {"Pod", pod},
    {"Deployment", workload}, {"DaemonSet", workload},  {"ConfigMap", nothing},    {"Event", event},
    {"Node", node},           {"ServiceCIDR", range},   {"NetworkPolicy", policy},
};

/* The labels that tell whose an object is; those of a Service's selector come to them. */
static const char *const labels[] = {
    "k8s-app", "app", "app.kubernetes.io/name", "kubernetes.io/service-name",
    "dns.operator.openshift.io/owning-dns", "dns.operator.openshift.io/daemonset-dns",
    /* whose it is: distribution_recognise.c */
    "eks.amazonaws.com/component", "kubernetes.azure.com/managedby", "k8s-addon", "helm.sh/chart",
    "objectset.rio.cattle.io/hash", "kubernetes.io/name", "addonmanager.kubernetes.io/mode",
    "pod-template-hash"};

/* The same of nodes, by how they begin; of these only the value of the last is read. */
static const char *const node_labels[] = {"cloud.google.com/gke-",
                                          "eks.amazonaws.com/nodegroup",
                                          "alpha.eksctl.io/cluster-name",
                                          "kubernetes.azure.com/cluster",
                                          "kubernetes.azure.com/agentpool",
                                          "node.openshift.io/os_id",
                                          "minikube.k8s.io/",
                                          "kops.k8s.io/instancegroup",
                                          "eks.amazonaws.com/compute-type"};
#define NODE_LABELS (sizeof(node_labels) / sizeof(node_labels[0]))

enum fit {
    FIT_NOTHING,
    FIT_INSIDE, /* something below it is kept */
    FIT_WHOLE,
};

static enum fit fit(const char *path, const char *const *paths)
{
    enum fit best = FIT_NOTHING;
    size_t len = strlen(path);

    for (; *paths && best != FIT_WHOLE; paths++) {
        const char *star = strchr(*paths, '*');

        if (strcmp(path, *paths) == 0 || (star && strncmp(path, *paths, (size_t)(star - *paths)) == 0))
            best = FIT_WHOLE;
        else if (strncmp(path, *paths, len) == 0 && (*paths)[len] == '.')
            best = FIT_INSIDE;
    }
    return best;
}

/* The part of `from` that is kept, a new value; NULL for nothing. A path that ends holds no more objects. */
static json_t *cut(const json_t *from, const char *path, const char *const *paths)
{
    char below[PATH_ROOM];
    enum fit how = *path ? fit(path, paths) : FIT_INSIDE;
    json_t *kept, *part;
    const json_t *item;
    const char *key;
    size_t i;

    if (how == FIT_NOTHING)
        return NULL;
    if (json_is_array(from)) {
        kept = json_array();
        json_array_foreach(from, i, item)
        {
            part = cut(item, path, paths);
            if (part)
                json_array_append_new(kept, part);
        }
        return kept;
    }
    if (!json_is_object(from))
        return how == FIT_WHOLE ? json_incref((json_t *)(uintptr_t)from) : NULL;
    if (how == FIT_WHOLE)
        return NULL;
    kept = json_object();
    json_object_foreach((json_t *)(uintptr_t)from, key, part)
    {
        int n = snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", key);

        /* A dot in a key would be taken for a member's. */
        if (n < 0 || (size_t)n >= sizeof(below) || (strchr(key, '.') && fit(below, paths) != FIT_WHOLE))
            continue;
        part = cut(part, below, paths);
        if (part)
            json_object_set_new(kept, key, part);
    }
    return kept;
}

/* Put what `from` has under `key` into the object `into` too, member by member. */
static void merge(json_t *into, json_t *from)
{
    json_object_update_recursive(into, from);
    json_decref(from);
}

/* Whether "key=..." is one of the pairs. */
static bool is_key_of(const char *key, const char *pairs)
{
    size_t len = strlen(key);

    for (const char *at = pairs; at && *at;) {
        if (strncmp(at, key, len) == 0 && at[len] == '=')
            return true;
        at = strchr(at, ',');
        at = at ? at + 1 : NULL;
    }
    return false;
}

/* Of a Service, or of a NetworkPolicy. */
static bool is_in_selector(const char *key, const struct kube_objects *objects)
{
    for (size_t i = 0; i < objects->signs_count; i++)
        if (is_key_of(key, objects->signs[i].selector))
            return true;
    for (size_t i = 0; i < objects->policies_count; i++)
        if (is_key_of(key, objects->policies[i].selector))
            return true;
    return false;
}

static void keep_labels(const json_t *metadata, const struct kube_objects *objects, json_t *into)
{
    json_t *kept = json_object(), *value;
    const char *key;

    json_object_foreach(json_object_get(metadata, "labels"), key, value)
    {
        bool known = is_in_selector(key, objects);

        for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
            known = known || strcmp(key, labels[i]) == 0;
        if (known && json_is_string(value))
            json_object_set(kept, key, value);
    }
    if (json_object_size(kept))
        json_object_set(into, "labels", kept);
    json_decref(kept);
}

/* Only what the Corefile holds or imports; what else a chart keeps in the same ConfigMap stays. */
static void keep_config(const json_t *object, json_t *into)
{
    const json_t *data = json_object_get(object, "data");
    const char *corefile = kube_text(data, "Corefile"), *key;
    const char *imports = corefile ? strstr(corefile, "import") : NULL;
    json_t *kept = json_object(), *value;

    json_object_foreach((json_t *)(uintptr_t)data, key,
                        value) if (json_is_string(value) &&
                                   (strcmp(key, "Corefile") == 0 || kube_is_imported(key) ||
                                    (imports && strstr(imports, key)))) json_object_set(kept, key, value);
    json_object_set_new(into, "data", kept);
}

/* Of the containers the one that serves DNS; of the others that they are there. */
static void keep_container(const json_t *all, json_t *list)
{
    const json_t *chosen = kube_dns_container(all), *item;
    size_t i;

    json_array_foreach(all, i, item) if (item != chosen && i < json_array_size(list))
        json_array_set_new(list, i, json_object());
}

/* What tells whose cluster it is: no zone, no address. */
static void keep_node_signs(const json_t *object, json_t *into)
{
    const json_t *metadata = json_object_get(object, "metadata"), *value;
    const char *image = kube_text(json_object_get(json_object_get(object, "status"), "nodeInfo"), "osImage");
    const char *provider = kube_text(json_object_get(object, "spec"), "providerID"), *key;
    json_t *kept = json_object();

    json_object_foreach(json_object_get(metadata, "labels"), key, value)
    {
        for (size_t i = 0; i < NODE_LABELS; i++)
            if (strncmp(key, node_labels[i], strlen(node_labels[i])) == 0)
                json_object_set_new(kept, key,
                                    json_string(i + 1 == NODE_LABELS && json_is_string(value)
                                                    ? json_string_value(value)
                                                    : ""));
    }
    if (json_object_size(kept))
        json_object_set(json_object_get(into, "metadata"), "labels", kept);
    json_decref(kept);
    if (image && strncmp(image, "Talos", 5) == 0)
        json_object_set_new(json_object_get(json_object_get(into, "status"), "nodeInfo"), "osImage",
                            json_string("Talos"));
    if (provider && strncmp(provider, "kind://", 7) == 0)
        json_object_set_new(into, "spec", json_pack("{s:s}", "providerID", "kind://"));
}

/* A node counts; its name is read when it is not ready, and nothing else of what all objects have. */
static void keep_node(const json_t *object, json_t *into)
{
    const json_t *list = json_object_get(json_object_get(into, "status"), "conditions"), *item;
    const char *name = kube_text(json_object_get(object, "metadata"), "name");
    bool ready = true;
    size_t i;

    json_array_foreach(list, i, item)
    {
        const char *type = kube_text(item, "type"), *status = kube_text(item, "status");

        ready = ready && !(type && status && strcmp(type, "Ready") == 0 && strcmp(status, "True") != 0);
    }
    json_object_set_new(into, "metadata", !ready && name ? json_pack("{s:s}", "name", name) : json_object());
    if (ready)
        json_object_del(json_object_get(into, "status"), "conditions");
    keep_node_signs(object, into);
}

/* Of a Pod, or of the Pods that a workload makes; NULL for other objects. */
static json_t *containers_of(const json_t *object)
{
    const json_t *spec = json_object_get(object, "spec");
    const json_t *template = json_object_get(spec, "template");

    return json_object_get(template ? json_object_get(template, "spec") : spec, "containers");
}

/* Of an autoscaler's arguments the ConfigMap that it reads. */
static void keep_autoscaler(const json_t *object, json_t *into)
{
    static const char *const members[] = {"command", "args"};
    const json_t *all = containers_of(object), *item, *word;
    json_t *list = containers_of(into);
    size_t i, k;

    json_array_foreach(all, i, item)
    {
        for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
            json_array_foreach(json_object_get(item, members[m]), k, word)
            {
                const char *text = json_string_value(word);

                if (text && strncmp(text, "--configmap=", 12) == 0)
                    json_object_set_new(json_array_get(list, i), "args", json_pack("[s]", text));
            }
        }
    }
}

static json_t *keep_object(const json_t *object, const char *kind, const char *const *paths,
                           const struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata");
    json_t *kept = cut(object, "", paths);

    if (strcmp(kind, "Node") == 0) {
        keep_node(object, kept);
        json_object_set_new(kept, "kind", json_string(kind));
        return kept;
    }
    merge(kept, cut(object, "", everywhere));
    json_object_set_new(kept, "kind", json_string(kind));
    keep_labels(metadata, objects, json_object_get(kept, "metadata"));
    if (strcmp(kind, "ConfigMap") == 0)
        keep_config(object, kept);
    keep_container(containers_of(object), containers_of(kept));
    if (strcmp(kind, "Deployment") == 0)
        keep_autoscaler(object, kept);
    return kept;
}

struct keeping {
    struct arena *arena;
    const struct kube_objects *objects;
    json_t *items;
    struct kube_kept count;
};

/* Policies of other namespaces tell of what others run there. */
static bool is_of_others(const json_t *object, const char *kind, const struct kube_objects *objects)
{
    const char *space = kube_text(json_object_get(object, "metadata"), "namespace");

    if (strcmp(kind, "NetworkPolicy") != 0)
        return false;
    for (size_t i = 0; i < objects->services_count; i++)
        if (kube_same(objects->services[i].space, space))
            return false;
    for (size_t i = 0; i < objects->pods_count; i++)
        if (kube_same(objects->pods[i].space, space))
            return false;
    return true;
}

static void keep_one(void *user, const json_t *object, const char *kind)
{
    struct keeping *k = user;

    if (kind && json_is_array(json_object_get(object, "items")))
        return;
    for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kind, kinds[i].kind) != 0)
            continue;
        if (!is_of_others(object, kind, k->objects) && kube_takes(k->arena, object, kind, k->objects)) {
            json_array_append_new(k->items, keep_object(object, kind, kinds[i].paths, k->objects));
            k->count.kept++;
            return;
        }
    }
    k->count.left_out++;
}

int kube_keep(struct arena *arena, const char *bytes, size_t len, struct text *out,
              struct kube_kept *ret_kept, struct err *err)
{
    /* Whom Pods ask is known where it is read: nothing that may be asked is left out. */
    struct kube_objects objects = {.wanted = {.every = true}};
    struct keeping k = {.arena = arena, .objects = &objects};
    json_t *documents, *list;
    char *dump;
    /* This also says what is wrong with it. */
    int r = kube_objects_read(arena, bytes, len, &objects, err);

    if (r < 0)
        return r;
    r = object_documents_read(bytes ? bytes : "", len, true, &documents, err);
    if (r < 0)
        return r;
    k.items = json_array();
    kube_each_object(arena, documents, keep_one, &k);
    json_decref(documents);
    list = json_pack("{s:s, s:s, s:o}", "apiVersion", "v1", "kind", "List", "items", k.items);
    dump = json_dumps(list, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(list);
    if (!dump)
        err_out_of_memory();
    text_add(out, dump);
    text_add_char(out, '\n', 1);
    free(dump);
    *ret_kept = k.count;
    return 0;
}
