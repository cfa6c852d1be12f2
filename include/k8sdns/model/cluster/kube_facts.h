/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_KUBE_FACTS_H
#define K8SDNS_MODEL_KUBE_FACTS_H

#include <k8sdns/model/shape/shape.h>
#include <k8sdns/wire/cluster/kube_objects.h>

/* A Pod of CoreDNS as Kubernetes describes it. */
struct kube_pod_facts {
    const char *name, *namespace, *node, *version; /* NULL when not said, but for the name */
    bool kube_dns;                                 /* it is kube-dns, and not CoreDNS */
    int ready;                                     /* -1: not said */
    uint64_t restarts;
    const char *last_end;      /* how its container ended last: "OOMKilled", "Error"; NULL for never */
    const char *last_end_time; /* RFC 3339; NULL */
    uint64_t exit_code;        /* of that end; unset when not said */
    const char *phase;         /* "Pending", "Running"; NULL */
    const char *waiting, *waiting_message; /* why its container does not run: "CrashLoopBackOff"; NULL */
    const char *unscheduled;               /* why no node takes it; NULL */
    const char *started;                   /* RFC 3339; NULL */
    const char *cpu_limit;                 /* "100m"; NULL for none */
};
extern const struct shape kube_pod_facts_shape;

enum kube_kind {
    KUBE_POD,
    KUBE_DEPLOYMENT,
    KUBE_CONFIG_MAP,
};
extern const char *const kube_kind_names[]; /* "Pod", "Deployment", "ConfigMap" */

enum kube_change {
    CHANGE_WRITTEN,
    CHANGE_STARTED,
    CHANGE_ENDED,
};
extern const char *const kube_change_names[]; /* "written", "started", "ended" */

/* Something that changed, and when. */
struct kube_change_facts {
    const char *what; /* both of the next: "ConfigMap coredns", "Pod coredns-5d78-x2x7k" */
    int kind;         /* enum kube_kind; -1: another, of a later version */
    const char *name; /* NULL only with such a kind */
    int how;          /* enum kube_change */
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

/* What an event says of its Pod. */
enum kube_event_kind {
    KUBE_EVENT_OTHER,
    KUBE_EVENT_NOT_STARTED, /* no node takes it, or no image, network or volume is there for it */
    KUBE_EVENT_ENDS_AGAIN,  /* its container ends again and again */
    KUBE_EVENT_EVICTED,
    KUBE_EVENT_UNHEALTHY, /* a probe fails */
    KUBE_EVENT_NODE,      /* its node is not ready */
};

/*
 * By its reason, and by its message where two share one. Source: kubernetes, pkg/kubelet/events/event.go; the
 * scheduler's and the node lifecycle controller's.
 */
enum kube_event_kind kube_event_kind(const struct kube_event_facts *event);

struct kube_facts {
    struct kube_pod_facts *pods;
    size_t pods_count;
    uint64_t wanted, available;   /* of the Deployment; unset when not seen */
    uint64_t nodes;               /* of the cluster; unset when not seen */
    const char **nodes_not_ready; /* the names of those that say so */
    size_t nodes_not_ready_count;
    const char *corefile;                       /* of the ConfigMap; NULL */
    const char *config_name, *config_namespace; /* of that ConfigMap; NULL */
    const char *workload, *workload_namespace;  /* "deployment coredns", "daemonset dns-default"; NULL */
    const struct corefile_file *corefile_files; /* what it may import; in no JSON */
    size_t corefile_files_count;
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
