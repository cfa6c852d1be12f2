/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_NAME_VIEW_H
#define K8SDNS_MODEL_NAME_VIEW_H

#include <k8sdns/model/shape/shape.h>

/* What nearly every cluster calls its domain; the default of kubeadm and of the kubelet. */
#define CLUSTER_DOMAIN_USUAL "cluster.local"

/* How the cluster's domain is known. */
enum domain_source {
    DOMAIN_OPTION,      /* --as-pod NAMESPACE.svc.DOMAIN */
    DOMAIN_RESOLV_CONF, /* its search list */
    DOMAIN_KUBELET,     /* of this node */
    DOMAIN_COREFILE,    /* the zone of its kubernetes plugin */
    DOMAIN_DNS,         /* a server of the cluster names its Service so */
    DOMAIN_ASSUMED,     /* nothing says so: it is the usual one */
};
extern const char *const domain_source_names[];

/*
 * As whom names are completed, where that is not as resolv.conf says: on a node, and in a Pod with
 * hostNetwork, resolv.conf completes no name of the cluster.
 */
struct name_view {
    const char *space;  /* namespace of the Pod; NULL: as this node itself does */
    const char *domain; /* of the cluster; NULL with that */
    int source;         /* enum domain_source; -1 with that */
    const char *where;  /* file, ConfigMap or server that says so; NULL */
};
extern const struct shape name_view_shape;

#endif
