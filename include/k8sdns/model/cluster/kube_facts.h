/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_KUBE_FACTS_H
#define K8SDNS_MODEL_KUBE_FACTS_H

#include <k8sdns/model/shape.h>
#include <k8sdns/wire/kube_objects.h>

/* A Pod of CoreDNS as Kubernetes describes it. */
struct kube_pod_facts {
    const char *name, *node, *version;
    int ready; /* -1: not said */
    uint64_t restarts;
    const char *last_end;      /* how its container ended last: "OOMKilled", "Error"; NULL for never */
    const char *last_end_time; /* RFC 3339; NULL */
    const char *started;       /* RFC 3339; NULL */
    const char *cpu_limit;     /* "100m"; NULL for none */
};
extern const struct shape kube_pod_facts_shape;

/* Something that changed, and when. */
struct kube_change_facts {
    const char *what; /* "ConfigMap coredns", "Pod coredns-5d78-x2x7k" */
    const char *how;  /* "written", "started" */
    const char *time; /* RFC 3339 */
    double age_s;     /* when it was seen */
};
extern const struct shape kube_change_facts_shape;

/* A warning event about CoreDNS. */
struct kube_event_facts {
    const char *object, *reason, *message, *time;
    uint64_t count;
    double age_s;
};
extern const struct shape kube_event_facts_shape;

struct kube_facts {
    struct kube_pod_facts *pods;
    size_t pods_count;
    uint64_t wanted, available;   /* of the Deployment; unset when not seen */
    uint64_t nodes;               /* of the cluster; unset when not seen */
    const char **nodes_not_ready; /* the names of those that say so */
    size_t nodes_not_ready_count;
    const char *corefile; /* of the ConfigMap; NULL */
    struct kube_change_facts *changes;
    size_t changes_count;
    struct kube_event_facts *events;
    size_t events_count;
};
extern const struct shape kube_facts_shape;

/*
 * What objects say of CoreDNS at the moment `now_ns` (since 1970). Pure. NULL when they say nothing of it. A
 * change is a Pod that started or whose container ended, a Deployment or a ConfigMap that was written; the
 * latest stands first.
 */
struct kube_facts *kube_facts_from(struct arena *arena, const struct kube_objects *objects, uint64_t now_ns);

#endif
