/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/kube_facts.h>

static const struct shape_field pod_fields[] = {
    SHAPE_FIELD_NAME(struct kube_pod_facts, name, "name", "of the Pod"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, node, "node", "its node"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, version, "version", "of CoreDNS, by the image's tag"),
    SHAPE_FIELD_ANSWER(struct kube_pod_facts, ready, "ready", "its condition"),
    SHAPE_FIELD_COUNT(struct kube_pod_facts, restarts, "restarts", "of its containers"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, last_end, "last_end",
                     "how its container ended last: OOMKilled, Error"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, last_end_time, "last_end_time", "when"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, started, "started", "when it was started"),
    SHAPE_FIELD_TEXT(struct kube_pod_facts, cpu_limit, "cpu_limit", "null for none"),
};
const struct shape kube_pod_facts_shape = SHAPE(struct kube_pod_facts, pod_fields, "kube_pod");

static const struct shape_field change_fields[] = {
    SHAPE_FIELD_NAME(struct kube_change_facts, what, "what", "the object"),
    SHAPE_FIELD_NAME(struct kube_change_facts, how, "how", "what became of it"),
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
    SHAPE_FIELD_TEXT(struct kube_facts, corefile, "corefile", "of the ConfigMap"),
    SHAPE_FIELD_OBJECTS(struct kube_facts, changes, "changes", &kube_change_facts_shape, "the latest first"),
    SHAPE_FIELD_OBJECTS(struct kube_facts, events, "events", &kube_event_facts_shape, "warnings"),
};
const struct shape kube_facts_shape = SHAPE(struct kube_facts, fields, "kube");
