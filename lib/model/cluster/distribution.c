/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each distribution calls the parts of its DNS. */
#include <k8sdns/model/cluster/distribution.h>

const char *const distribution_names[] = {"unknown",       "kubeadm",   "kops",          "kubespray", "kind",
                                          "minikube",      "eks",       "eks-auto-mode", "aks",       "gke",
                                          "gke-cloud-dns", "openshift", "rke2",          "k3s",       "talos",
                                          "helm-chart",    NULL};
const char *const dns_software_names[] = {"coredns", "kube-dns", "cloud", NULL};
const char *const dns_workload_names[] = {"deployment",   "daemonset", "statefulset",
                                          "node-service", "managed",   NULL};

/* What kubeadm made usual. Source: cmd/kubeadm/app/phases/addons/dns/manifests.go. */
#define USUAL                                                                          \
    .software = SOFTWARE_COREDNS, .kind = WORKLOAD_DEPLOYMENT, .space = "kube-system", \
    .service = "kube-dns", .workload = "deployment/coredns", .container = "coredns",   \
    .config_map = "coredns", .selector = "k8s-app=kube-dns", .account = "coredns", .port = 53

const struct distribution_names distribution_table[DISTRIBUTIONS] = {
    [DISTRIBUTION_UNKNOWN] = {.label = "this cluster", USUAL},
    [DISTRIBUTION_KUBEADM] = {.label = "kubeadm", USUAL},
    [DISTRIBUTION_KOPS] = {.label = "kOps", USUAL},
    [DISTRIBUTION_KUBESPRAY] = {.label = "Kubespray",
                                .software = SOFTWARE_COREDNS,
                                .kind = WORKLOAD_DEPLOYMENT,
                                .space = "kube-system",
                                .service = "coredns",
                                .workload = "deployment/coredns",
                                .container = "coredns",
                                .config_map = "coredns",
                                .selector = "k8s-app=kube-dns",
                                .account = "coredns",
                                .port = 53},
    [DISTRIBUTION_KIND] = {.label = "kind", USUAL},
    [DISTRIBUTION_MINIKUBE] = {.label = "minikube", USUAL},
    [DISTRIBUTION_EKS] = {.label = "Amazon EKS", USUAL},
    /* The Service may be there or not; nothing in the cluster stands behind it. */
    [DISTRIBUTION_EKS_AUTO] = {.label = "Amazon EKS Auto Mode",
                               .software = SOFTWARE_COREDNS,
                               .kind = WORKLOAD_NODE_SERVICE,
                               .space = "kube-system",
                               .service = "kube-dns",
                               .port = 53},
    [DISTRIBUTION_AKS] = {.label = "Azure AKS", USUAL, .custom_map = "coredns-custom"},
    [DISTRIBUTION_GKE] = {.label = "GKE",
                          .software = SOFTWARE_KUBE_DNS,
                          .kind = WORKLOAD_DEPLOYMENT,
                          .space = "kube-system",
                          .service = "kube-dns",
                          .workload = "deployment/kube-dns",
                          .container = "kubedns",
                          .many_containers = true,
                          .config_map = "kube-dns",
                          .selector = "k8s-app=kube-dns",
                          .account = "kube-dns",
                          .port = 53},
    [DISTRIBUTION_GKE_CLOUD_DNS] = {.label = "Cloud DNS for GKE",
                                    .software = SOFTWARE_CLOUD,
                                    .kind = WORKLOAD_MANAGED,
                                    .space = "kube-system",
                                    .port = 53},
    /* Source: openshift/cluster-dns-operator, assets/dns. */
    [DISTRIBUTION_OPENSHIFT] = {.label = "OpenShift",
                                .software = SOFTWARE_COREDNS,
                                .kind = WORKLOAD_DAEMON_SET,
                                .space = "openshift-dns",
                                .service = "dns-default",
                                .workload = "daemonset/dns-default",
                                .container = "dns",
                                .many_containers = true,
                                .config_map = "dns-default",
                                .selector = "dns.operator.openshift.io/daemonset-dns=default",
                                .account = "dns",
                                .port = 5353},
    [DISTRIBUTION_RKE2] = {.label = "RKE2",
                           .software = SOFTWARE_COREDNS,
                           .kind = WORKLOAD_DEPLOYMENT,
                           .space = "kube-system",
                           .service = "rke2-coredns-rke2-coredns",
                           .workload = "deployment/rke2-coredns-rke2-coredns",
                           .container = "coredns",
                           .config_map = "rke2-coredns-rke2-coredns",
                           .selector = "k8s-app=kube-dns",
                           .account = "coredns",
                           .port = 53},
    [DISTRIBUTION_K3S] = {.label = "k3s", USUAL, .custom_map = "coredns-custom"},
    [DISTRIBUTION_TALOS] = {.label = "Talos Linux", USUAL},
    [DISTRIBUTION_HELM] = {.label = "CoreDNS's Helm chart", USUAL},
};
