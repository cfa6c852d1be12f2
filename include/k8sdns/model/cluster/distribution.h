/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DISTRIBUTION_H
#define K8SDNS_MODEL_DISTRIBUTION_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/cluster/kube_objects.h>

/* Who installed the cluster's DNS, and so what it is called there and who changes it back. */
enum distribution {
    DISTRIBUTION_UNKNOWN,
    DISTRIBUTION_KUBEADM,
    DISTRIBUTION_KOPS,
    DISTRIBUTION_KUBESPRAY,
    DISTRIBUTION_KIND,
    DISTRIBUTION_MINIKUBE,
    DISTRIBUTION_EKS,
    DISTRIBUTION_EKS_AUTO, /* DNS is a service of each node */
    DISTRIBUTION_AKS,
    DISTRIBUTION_GKE,
    DISTRIBUTION_GKE_CLOUD_DNS, /* DNS is outside the cluster */
    DISTRIBUTION_OPENSHIFT,
    DISTRIBUTION_RKE2,
    DISTRIBUTION_K3S,
    DISTRIBUTION_TALOS,
    DISTRIBUTION_HELM, /* CoreDNS's chart, on any cluster */
};
#define DISTRIBUTIONS (DISTRIBUTION_HELM + 1)
extern const char *const distribution_names[]; /* "unknown", "kubeadm", "eks-auto-mode", ... */

/* What the servers of DNS are. */
enum dns_software {
    SOFTWARE_COREDNS,
    SOFTWARE_KUBE_DNS,
    SOFTWARE_CLOUD, /* a cloud's own resolver that knows the cluster */
};
extern const char *const dns_software_names[]; /* "coredns", "kube-dns", "cloud" */

/* What runs them. */
enum dns_workload {
    WORKLOAD_DEPLOYMENT,
    WORKLOAD_DAEMON_SET,
    WORKLOAD_STATEFUL_SET,
    WORKLOAD_NODE_SERVICE, /* a service of systemd on each node: no Pods */
    WORKLOAD_MANAGED,      /* nothing in the cluster */
};
extern const char *const dns_workload_names[]; /* "deployment", "daemonset", ..., "node-service", "managed" */

/* What a distribution calls things. NULL: there is no such thing. */
struct distribution_names {
    const char *label; /* for people: "OpenShift" */
    int software, kind;
    const char *space, *service;
    const char *workload; /* as kubectl takes it */
    const char *container;
    bool many_containers; /* kubectl logs has to be told which */
    const char *config_map, *custom_map, *selector, *account;
    uint64_t port; /* of its Pods */
};
extern const struct distribution_names distribution_table[DISTRIBUTIONS];

/* What a distribution is recognised by: all that is known, objects or not. */
struct distribution_signs {
    const struct kube_objects *objects;
    const char *const *nameservers; /* that Pods have */
    size_t nameservers_count;
    const char *const *search; /* likewise; one with "svc." says that the nameserver knows the cluster */
    size_t search_count;
    const char *kernel; /* release, of the machine that is looked from; NULL */
};

/*
 * Which it is, by several signs or by one that no other has; DISTRIBUTION_UNKNOWN where they do not suffice.
 * `*ret_certain`: by something that only this one has. What counted is appended to `*ret_signs`. Pure.
 * Sources: what each distribution documents of its labels, images and versions; see the table in the .c file.
 */
enum distribution distribution_recognise(struct arena *arena, const struct distribution_signs *signs,
                                         bool *ret_certain, const char ***ret_signs, size_t *ret_count);

#endif
