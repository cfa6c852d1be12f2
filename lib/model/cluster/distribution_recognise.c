/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose cluster it is, by signs with weights: one that only one distribution has is worth CERTAIN, a hint
 * that others may have, too, is worth 1. Two hints of one distribution are the least.
 */
#include <k8sdns/model/cluster/distribution.h>
#include <string.h>

#define CERTAIN 4
#define LEAST   2

struct tally {
    struct arena *arena;
    int weights[DISTRIBUTIONS];
    const char **signs[DISTRIBUTIONS];
    size_t counts[DISTRIBUTIONS];
};

static void count(struct tally *t, int distribution, int weight, const char *what, const char *value)
{
    const char *sign = value ? arena_printf(t->arena, "%s %s", what, value) : what;

    for (size_t i = 0; i < t->counts[distribution]; i++)
        if (strcmp(t->signs[distribution][i], sign) == 0)
            return;
    t->weights[distribution] += weight;
    *ARENA_PUSH(t->arena, t->signs[distribution], t->counts[distribution]) = sign;
}

/* Whether pairs "a=b,c=d" have one whose "a=b" begins so. */
static bool has_label(const char *pairs, const char *begin)
{
    size_t len = strlen(begin);

    for (; pairs && *pairs; pairs += strcspn(pairs, ","), pairs += *pairs == ',')
        if (strncmp(pairs, begin, len) == 0)
            return true;
    return false;
}

/* Sources: the clouds' and distributions' documentation of the labels that their nodes have. */
static const struct {
    const char *label;
    int distribution;
} node_labels[] = {
    {"cloud.google.com/gke-", DISTRIBUTION_GKE},
    {"eks.amazonaws.com/nodegroup=", DISTRIBUTION_EKS},
    {"eks.amazonaws.com/compute-type=", DISTRIBUTION_EKS},
    {"alpha.eksctl.io/cluster-name=", DISTRIBUTION_EKS},
    {"kubernetes.azure.com/cluster=", DISTRIBUTION_AKS},
    {"kubernetes.azure.com/agentpool=", DISTRIBUTION_AKS},
    {"node.openshift.io/os_id=", DISTRIBUTION_OPENSHIFT},
    {"minikube.k8s.io/", DISTRIBUTION_MINIKUBE},
    {"kops.k8s.io/instancegroup=", DISTRIBUTION_KOPS},
};

/* Parts of the kubelet's version. */
static const struct {
    const char *part;
    int distribution;
} versions[] = {
    {"-gke.", DISTRIBUTION_GKE},
    {"-eks-", DISTRIBUTION_EKS},
    {"+rke2", DISTRIBUTION_RKE2},
    {"+k3s", DISTRIBUTION_K3S},
};

static void count_nodes(struct tally *t, const struct kube_objects *objects)
{
    bool auto_mode = false, pods = objects->deployments_count > 0;

    for (size_t i = 0; i < objects->pods_count; i++)
        pods = pods || !objects->pods[i].node_local;
    for (size_t i = 0; i < objects->node_signs_count; i++) {
        const struct kube_node *node = &objects->node_signs[i];

        for (size_t k = 0; k < sizeof(node_labels) / sizeof(node_labels[0]); k++)
            if (has_label(node->labels, node_labels[k].label))
                count(t, node_labels[k].distribution, CERTAIN, "node label", node_labels[k].label);
        for (size_t k = 0; k < sizeof(versions) / sizeof(versions[0]); k++)
            if (node->version && strstr(node->version, versions[k].part))
                count(t, versions[k].distribution, CERTAIN, "kubelet version with", versions[k].part);
        if ((node->image && strncmp(node->image, "Talos", 5) == 0) ||
            (node->kernel && strstr(node->kernel, "-talos")))
            count(t, DISTRIBUTION_TALOS, CERTAIN, "operating system of a node: Talos", NULL);
        if (node->provider && strncmp(node->provider, "kind://", 7) == 0)
            count(t, DISTRIBUTION_KIND, CERTAIN, "node providerID", "kind://");
        auto_mode = auto_mode || has_label(node->labels, "eks.amazonaws.com/compute-type=auto");
    }
    if (auto_mode && !pods) {
        t->weights[DISTRIBUTION_EKS_AUTO] = t->weights[DISTRIBUTION_EKS];
        count(t, DISTRIBUTION_EKS_AUTO, CERTAIN, "node label", "eks.amazonaws.com/compute-type=auto");
    }
}

static void count_labels(struct tally *t, const char *labels)
{
    static const struct {
        const char *label;
        int distribution, weight;
    } rows[] = {
        {"dns.operator.openshift.io/", DISTRIBUTION_OPENSHIFT, CERTAIN},
        {"eks.amazonaws.com/component=", DISTRIBUTION_EKS, CERTAIN},
        {"kubernetes.azure.com/managedby=aks", DISTRIBUTION_AKS, CERTAIN},
        {"k8s-addon=coredns.addons.k8s.io", DISTRIBUTION_KOPS, CERTAIN},
        {"helm.sh/chart=rke2-coredns", DISTRIBUTION_RKE2, CERTAIN},
        {"app.kubernetes.io/name=rke2-coredns", DISTRIBUTION_RKE2, 2},
        {"helm.sh/chart=coredns-", DISTRIBUTION_HELM, 2},
        {"objectset.rio.cattle.io/hash=", DISTRIBUTION_K3S, 1},
        {"kubernetes.io/name=CoreDNS", DISTRIBUTION_KUBEADM, 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (has_label(labels, rows[i].label))
            count(t, rows[i].distribution, rows[i].weight, "label", rows[i].label);
}

static void count_image(struct tally *t, const char *image)
{
    static const struct {
        const char *part;
        int distribution, weight;
    } rows[] = {
        {"gke.gcr.io/", DISTRIBUTION_GKE, CERTAIN},
        {"gcr.io/gke-release/", DISTRIBUTION_GKE, CERTAIN},
        {"-eksbuild", DISTRIBUTION_EKS, CERTAIN},
        {"/eks/coredns", DISTRIBUTION_EKS, CERTAIN},
        {"mcr.microsoft.com/oss/", DISTRIBUTION_AKS, 3},
        {"rancher/hardened-coredns", DISTRIBUTION_RKE2, 2},
        {"rancher/mirrored-coredns-coredns", DISTRIBUTION_K3S, 1},
        {"registry.k8s.io/coredns/", DISTRIBUTION_KUBEADM, 1},
    };

    for (size_t i = 0; image && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strstr(image, rows[i].part))
            count(t, rows[i].distribution, rows[i].weight, "image", rows[i].part);
}

static void count_objects(struct tally *t, const struct kube_objects *objects)
{
    for (size_t i = 0; i < objects->services_count; i++)
        count_labels(t, objects->services[i].labels);
    for (size_t i = 0; i < objects->deployments_count; i++) {
        count_labels(t, objects->deployments[i].labels);
        count_image(t, objects->deployments[i].image);
    }
    for (size_t i = 0; i < objects->pods_count; i++)
        if (!objects->pods[i].node_local) {
            count_labels(t, objects->pods[i].labels);
            count_image(t, objects->pods[i].image);
        }
    for (size_t i = 0; i < objects->maps_count; i++)
        count_labels(t, objects->maps[i].labels);
    for (size_t i = 0; i < objects->maps_count; i++)
        if (objects->maps[i].kind == KUBE_MAP_NODE_LOCAL && objects->maps[i].name &&
            strcmp(objects->maps[i].name, "nodelocaldns") == 0)
            count(t, DISTRIBUTION_KUBESPRAY, 3, "ConfigMap", "nodelocaldns");
    if (objects->autoscaler && strcmp(objects->autoscaler, "dns-autoscaler") == 0)
        count(t, DISTRIBUTION_KUBESPRAY, 2, "Deployment", "dns-autoscaler");
}

/* What only these write into a Corefile or its ConfigMap. */
static void count_configs(struct tally *t, const struct kube_objects *objects)
{
    for (size_t i = 0; i < objects->configs_count; i++) {
        const struct kube_config *config = &objects->configs[i];

        for (size_t k = 0; config->corefile && k < config->keys_count; k++)
            if (strcmp(config->keys[k].name, "NodeHosts") == 0)
                count(t, DISTRIBUTION_K3S, 2, "key NodeHosts beside the Corefile", NULL);
        if (config->corefile && strstr(config->corefile, "host.minikube.internal"))
            count(t, DISTRIBUTION_MINIKUBE, 3, "host.minikube.internal in the Corefile", NULL);
        if (config->corefile && strstr(config->corefile, "169.254.116.108"))
            count(t, DISTRIBUTION_TALOS, 3, "forwarding to", "169.254.116.108");
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);

    return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* What resolv.conf and the kernel's name hint at: each is worth little. */
static void count_place(struct tally *t, const struct distribution_signs *signs)
{
    static const struct {
        const char *address;
        int distribution;
    } usual[] = {
        {"172.30.0.10", DISTRIBUTION_OPENSHIFT}, {"172.20.0.10", DISTRIBUTION_EKS},
        {"10.100.0.10", DISTRIBUTION_EKS},       {"10.0.0.10", DISTRIBUTION_AKS},
        {"10.233.0.3", DISTRIBUTION_KUBESPRAY},  {"169.254.25.10", DISTRIBUTION_KUBESPRAY},
    };
    static const struct {
        const char *part;
        int distribution, weight;
    } kernels[] = {
        {"-talos", DISTRIBUTION_TALOS, CERTAIN}, {".amzn2", DISTRIBUTION_EKS, 1},
        {"-azure", DISTRIBUTION_AKS, 1},         {".el9", DISTRIBUTION_OPENSHIFT, 1},
        {".el8", DISTRIBUTION_OPENSHIFT, 1},
    };
    static const struct {
        const char *end;
        int distribution;
    } domains[] = {
        {".ec2.internal", DISTRIBUTION_EKS},
        {".compute.internal", DISTRIBUTION_EKS},
        {"google.internal", DISTRIBUTION_GKE},
        {".internal.cloudapp.net", DISTRIBUTION_AKS},
    };
    bool cluster = false;

    for (size_t i = 0; i < signs->search_count; i++) {
        cluster = cluster || strncmp(signs->search[i], "svc.", 4) == 0;
        for (size_t k = 0; k < sizeof(domains) / sizeof(domains[0]); k++)
            if (ends_with(signs->search[i], domains[k].end))
                count(t, domains[k].distribution, 1, "search domain", domains[k].end);
    }
    for (size_t i = 0; i < signs->nameservers_count; i++) {
        for (size_t k = 0; k < sizeof(usual) / sizeof(usual[0]); k++)
            if (strcmp(signs->nameservers[i], usual[k].address) == 0)
                count(t, usual[k].distribution, 1, "nameserver", usual[k].address);
        /* LocalDNS of AKS: .10 for the node, .11 for Pods. */
        if (strcmp(signs->nameservers[i], "169.254.10.11") == 0)
            count(t, DISTRIBUTION_AKS, 2, "nameserver 169.254.10.11", NULL);
        /* The metadata server of a cloud that answers for the cluster: no other has that. */
        if (cluster && strcmp(signs->nameservers[i], "169.254.169.254") == 0)
            count(t, DISTRIBUTION_GKE_CLOUD_DNS, 2, "nameserver 169.254.169.254 with cluster domains", NULL);
    }
    for (size_t k = 0; signs->kernel && k < sizeof(kernels) / sizeof(kernels[0]); k++)
        if (strstr(signs->kernel, kernels[k].part))
            count(t, kernels[k].distribution, kernels[k].weight, "kernel with", kernels[k].part);
}

/* GKE without Pods of kube-dns has Cloud DNS. Nothing is said of Pods where nobody looked for them. */
static void prefer_cloud_dns(struct tally *t, const struct kube_objects *objects)
{
    bool pods = objects->deployments_count > 0 || objects->endpoints_count > 0;

    for (size_t i = 0; i < objects->pods_count; i++)
        pods = pods || !objects->pods[i].node_local;
    if (pods)
        t->weights[DISTRIBUTION_GKE_CLOUD_DNS] = 0;
    else if (t->weights[DISTRIBUTION_GKE_CLOUD_DNS] && t->weights[DISTRIBUTION_GKE])
        t->weights[DISTRIBUTION_GKE_CLOUD_DNS] += t->weights[DISTRIBUTION_GKE];
}

/* rke2's and k3s's share a label, and all of them kubeadm's. */
static int heaviest(const struct tally *t)
{
    int best = DISTRIBUTION_UNKNOWN;

    for (int i = DISTRIBUTION_KUBEADM; i < DISTRIBUTIONS; i++)
        if (t->weights[i] >= LEAST && t->weights[i] > (best ? t->weights[best] : 0))
            best = i;
    return best;
}

enum distribution distribution_recognise(struct arena *arena, const struct distribution_signs *signs,
                                         bool *ret_certain, const char ***ret_signs, size_t *ret_count)
{
    struct tally t = {.arena = arena};
    int found;

    count_nodes(&t, signs->objects);
    count_objects(&t, signs->objects);
    count_configs(&t, signs->objects);
    count_place(&t, signs);
    prefer_cloud_dns(&t, signs->objects);
    found = heaviest(&t);
    *ret_certain = t.weights[found] >= CERTAIN;
    *ret_signs = t.signs[found];
    *ret_count = t.counts[found];
    return (enum distribution)found;
}
