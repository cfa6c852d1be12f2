/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SCOPE_FLEET_FACTS_H
#define K8SDNS_MODEL_SCOPE_FLEET_FACTS_H

#include <k8sdns/model/shape/shape.h>

/* What one signal says, before both are put together. */
struct fleet_signal_facts {
    int signal; /* enum fleet_signal */
    double asked, failed, failed_ratio;
    double usual_ratio; /* what a typical healthy node fails; NAN: not known */
    double spread;      /* the standard deviation of the logarithm of the nodes' usual shares */
    bool history;       /* nodes were compared with themselves a day before */
    uint64_t as_before; /* nodes that fail much, but as much as a day before */
    uint64_t nodes, failing_nodes;
    double failing_node_ratio; /* the median failing node's share; NAN: none fails */
    double worst_other_ratio;  /* of the worst node that is not called failing */
    double crowding_chance;    /* that its failures crowd on nodes by chance; NAN: not tested */
    const char *zone;          /* the failing nodes are those of this zone; NULL */
    int scope, confidence;     /* enum scope, enum scope_confidence */
    int frequency, frequency_confidence;
    uint64_t windows, failing_windows;
};
extern const struct shape fleet_signal_facts_shape;

/* What counts are told apart by. The words are pinned. */
enum fleet_place {
    FLEET_PLACE_NODE,
    FLEET_PLACE_ZONE,
    FLEET_PLACE_SERVER,
    FLEET_PLACE_NAMESPACE, /* of programs, on all nodes that were asked about */
    FLEET_PLACE_PODS,      /* of a namespace on one node */
    FLEET_PLACES,
};
extern const char *const fleet_place_names[]; /* "node", "zone", "server", "namespace", "pods" */

struct fleet_place_facts {
    int place;  /* enum fleet_place */
    int signal; /* enum fleet_signal */
    const char *name;
    const char *node; /* of pods: where; else NULL */
    const char *role; /* of a server; else NULL */
    double asked, failed, failed_ratio;
    double before_ratio; /* a day before; NAN: not known */
    bool fails;          /* far more than the others of its kind */
};
extern const struct shape fleet_place_facts_shape;

/* A window of time, over all nodes. Counts that were not made are NAN. */
struct fleet_moment_facts {
    const char *time;
    double queries, queries_failed, lookups, lookups_failed;
    double lookups_rate, coredns_rate; /* a second */
    bool fails;
};
extern const struct shape fleet_moment_facts_shape;

/* What else the agents or CoreDNS counted, where it is not zero. */
struct fleet_count_facts {
    const char *kind; /* "dropped-packets", "unanswered-flows", "conntrack", "limit", "coredns" */
    const char *name;
    double value; /* how many; of a limit the largest share that is used, 0 to 1 */
};
extern const struct shape fleet_count_facts_shape;

/* What Prometheus told of a fleet of agents. */
struct fleet_facts {
    const char *source; /* its URL */
    const char *from, *to;
    double window_s;
    uint64_t requests; /* that were made of it */
    uint64_t nodes;    /* whose agents have counted anything */
    uint64_t silent;   /* of these: those that told nothing in the last minutes */
    uint64_t known;    /* nodes of the cluster, where kube-state-metrics tells; SHAPE_UNSET */
    uint64_t left_out;
    uint64_t asked_about; /* nodes that servers, namespaces and counts are of */
    const char **clusters;
    size_t clusters_count;
    struct fleet_signal_facts *signals;
    size_t signals_count;
    struct fleet_place_facts *places;
    size_t places_count;
    struct fleet_moment_facts *moments;
    size_t moments_count;
    struct fleet_count_facts *counts;
    size_t counts_count;
    const char **warnings; /* of the server: the answer may be a part */
    size_t warnings_count;
};
extern const struct shape fleet_facts_shape;

#endif
