/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How each distribution takes a change of its DNS. Where something writes its own back (an operator, an
 * add-on manager, a Helm controller), the change goes to what that reads.
 *
 * Sources, each the distribution's own documentation: "Customize CoreDNS" and LocalDNS (AKS), "Update an EKS
 * add-on" (EKS), "Setting up a custom kube-dns" and "Scaling kube-dns" (GKE), "DNS Operator" (OpenShift),
 * "Networking services" (RKE2, k3s), "Advanced configuration: kubeDNS" (kOps), docs/dns-stack.md (Kubespray).
 */
#include "step_action.h"
#include <string.h>

enum action {
    ACTION_EDIT,
    ACTION_KEEP,
    ACTION_PUTBACK,
    ACTION_RESTART,
    ACTION_ROLLBACK,
    ACTION_HISTORY,
    ACTION_SCALE,
    ACTION_MEMORY,
    ACTION_CPU,
    ACTION_UPSTREAMS,
    ACTION_PROXY,
    ACTIONS,
};

static const char *const words[ACTIONS] = {"{edit}",     "{keep}",      "{putback}", "{restart}",
                                           "{rollback}", "{history}",   "{scale}",   "{memory}",
                                           "{cpu}",      "{upstreams}", "{proxy}"};

static const struct step_action usual[ACTIONS] = {
    [ACTION_EDIT] = {.command = "kubectl -n {ns} edit configmap {cm}"},
    [ACTION_KEEP] = {.command = "kubectl -n {ns} get configmap {cm} -o yaml >dns-before.yaml"},
    [ACTION_PUTBACK] = {.command = "kubectl -n {ns} replace -f dns-before.yaml"},
    [ACTION_RESTART] = {.command = "kubectl -n {ns} rollout restart {deploy}"},
    [ACTION_ROLLBACK] = {.command = "kubectl -n {ns} rollout undo {deploy}"},
    [ACTION_HISTORY] = {.command = "kubectl -n {ns} rollout history {deploy}"},
    [ACTION_SCALE] = {.command = "kubectl -n {ns} scale {deploy} --replicas={more}"},
    [ACTION_MEMORY] = {.command = "kubectl -n {ns} set resources {deploy}{c} --limits=memory=512Mi",
                       .undo = "kubectl -n {ns} rollout undo {deploy}"},
    [ACTION_CPU] = {.command = "kubectl -n {ns} set resources {deploy}{c} --limits=cpu=0",
                    .undo = "kubectl -n {ns} rollout undo {deploy}"},
    [ACTION_PROXY] = {.command = "kubectl -n kube-system get pods -l k8s-app=kube-proxy -o wide"},
};

#define CUSTOM                                                                                      \
    [ACTION_KEEP] = {.command = "kubectl -n {ns} get configmap {custom} -o yaml >dns-before.yaml"}, \
    [ACTION_PUTBACK] = {.command = "kubectl -n {ns} replace -f dns-before.yaml"}
#define EDIT_CUSTOM "kubectl -n {ns} edit configmap {custom}"

/* What somebody installed who imports such a ConfigMap. */
static const struct step_action custom[ACTIONS] = {
    [ACTION_EDIT] = {.command = EDIT_CUSTOM,
                     .note =
                         "keys *.override (inside the main server block) and *.server (blocks of their own); "
                         "{cm} itself is overwritten"},
    CUSTOM,
};

/* The same where it is not there yet. */
static const struct step_action custom_missing = {
    .command = "kubectl -n {ns} create configmap {custom} --from-file=my.override",
    .undo = "kubectl -n {ns} delete configmap {custom}",
    .note =
        "put what is to stand in the main server block into the file my.override; {cm} itself is overwritten"};

/* Its autoscaler sets the number of replicas again. */
static const struct step_action autoscaled = {.command = "kubectl -n {ns} edit configmap {autoscaler}",
                                              .note =
                                                  "its autoscaler sets the number: change what that reads"};

#define EKS_ADDON "aws eks update-addon --cluster-name CLUSTER --addon-name coredns "
static const struct step_action eks[ACTIONS] = {
    [ACTION_EDIT] =
        {.command = EKS_ADDON "--configuration-values file://coredns.json",
         .note = "key corefile of the add-on's configuration values, all of which the file must hold; "
                 "the add-on writes over changes of the ConfigMap"},
    [ACTION_KEEP] = {.command = "aws eks describe-addon --cluster-name CLUSTER --addon-name coredns --query "
                                "addon.configurationValues --output text >dns-before.json"},
    [ACTION_PUTBACK] = {.command = EKS_ADDON "--configuration-values file://dns-before.json"},
    [ACTION_RESTART] = {.command = "kubectl -n {ns} rollout restart {deploy}"},
    [ACTION_ROLLBACK] = {.command = EKS_ADDON "--addon-version VERSION-BEFORE"},
    [ACTION_HISTORY] = {.command = "aws eks describe-addon --cluster-name CLUSTER --addon-name coredns"},
    [ACTION_SCALE] = {.command = EKS_ADDON "--configuration-values file://coredns.json",
                      .note = "keys replicaCount or autoScaling of the add-on's configuration values, all of "
                              "which the file must hold"},
    [ACTION_MEMORY] = {.command = EKS_ADDON "--configuration-values file://coredns.json",
                       .undo = EKS_ADDON "--configuration-values file://dns-before.json",
                       .note = "key resources of the add-on's configuration values"},
    [ACTION_CPU] = {.command = EKS_ADDON "--configuration-values file://coredns.json",
                    .undo = EKS_ADDON "--configuration-values file://dns-before.json",
                    .note = "key resources of the add-on's configuration values"},
    [ACTION_PROXY] = {.command = "kubectl -n kube-system get pods -l k8s-app=kube-proxy -o wide"},
};

static const struct step_action aks[ACTIONS] = {
    [ACTION_EDIT] = {.command = EDIT_CUSTOM,
                     .note =
                         "keys *.override (inside the main server block) and *.server (blocks of their own), "
                         "then restart; AKS overwrites {cm}"},
    CUSTOM,
    [ACTION_RESTART] = {.command = "kubectl -n {ns} rollout restart {deploy}"},
    [ACTION_HISTORY] = {.command = "kubectl -n {ns} rollout history {deploy}"},
    [ACTION_SCALE] = {.command = "kubectl -n {ns} edit configmap coredns-autoscaler",
                      .note = "the autoscaler of AKS sets the number: change what that reads"},
    [ACTION_PROXY] = {.command = "kubectl -n kube-system get pods -l component=kube-proxy -o wide"},
};

static const struct step_action gke[ACTIONS] = {
    [ACTION_KEEP] = {.command = "kubectl -n {ns} get configmap {cm} -o yaml >dns-before.yaml"},
    [ACTION_PUTBACK] = {.command = "kubectl -n {ns} replace -f dns-before.yaml"},
    [ACTION_RESTART] = {.command = "kubectl -n {ns} rollout restart {deploy}"},
    [ACTION_HISTORY] = {.command = "kubectl -n {ns} rollout history {deploy}"},
    [ACTION_SCALE] = {.command = "kubectl -n {ns} edit configmap kube-dns-autoscaler",
                      .note = "the autoscaler of GKE sets the number: change what that reads"},
    [ACTION_PROXY] = {.command = "kubectl -n kube-system get pods -l component=kube-proxy -o wide"},
};

/* kube-dns, wherever it runs. */
static const struct step_action kube_dns_upstreams = {
    .command = "kubectl -n {ns} edit configmap {cm}",
    .note = "kube-dns takes stubDomains and upstreamNameservers alone"};

#define OPENSHIFT_DNS "dns.operator.openshift.io/default"
static const struct step_action openshift[ACTIONS] = {
    [ACTION_EDIT] =
        {.command = "kubectl edit " OPENSHIFT_DNS,
         .note = "spec.servers and spec.upstreamResolvers; the operator overwrites the ConfigMap {cm}"},
    [ACTION_KEEP] = {.command = "kubectl get " OPENSHIFT_DNS " -o yaml >dns-before.yaml"},
    [ACTION_PUTBACK] = {.command = "kubectl replace -f dns-before.yaml"},
    [ACTION_RESTART] = {.command = "kubectl -n {ns} delete pods -l {sel}",
                        .note = "each node's Pod of its DaemonSet restarts"},
    [ACTION_HISTORY] = {.command = "kubectl get " OPENSHIFT_DNS " -o yaml"},
    [ACTION_SCALE] = {.command = "kubectl edit " OPENSHIFT_DNS,
                      .note = "one Pod runs on each node that spec.nodePlacement selects"},
    [ACTION_PROXY] = {.command = "kubectl -n openshift-ovn-kubernetes get pods -o wide",
                      .note = "OVN-Kubernetes does here what kube-proxy does elsewhere"},
};

#define RKE2_CHART "helmchartconfig.helm.cattle.io/rke2-coredns"
static const struct step_action rke2[ACTIONS] = {
    [ACTION_EDIT] = {.command = "kubectl -n {ns} edit " RKE2_CHART,
                     .note = "key servers in valuesContent; create the object where there is none; the Helm "
                             "controller overwrites {cm}"},
    [ACTION_KEEP] = {.command = "kubectl -n {ns} get " RKE2_CHART " -o yaml >dns-before.yaml"},
    [ACTION_PUTBACK] = {.command = "kubectl -n {ns} replace -f dns-before.yaml"},
    [ACTION_RESTART] = {.command = "kubectl -n {ns} rollout restart {deploy}"},
    [ACTION_ROLLBACK] = {.command = "kubectl -n {ns} rollout undo {deploy}"},
    [ACTION_HISTORY] = {.command = "kubectl -n {ns} rollout history {deploy}"},
    [ACTION_SCALE] = {.command = "kubectl -n {ns} edit " RKE2_CHART,
                      .note = "keys autoscaler or replicaCount in valuesContent"},
    [ACTION_MEMORY] = {.command = "kubectl -n {ns} edit " RKE2_CHART,
                       .note = "key resources in valuesContent"},
    [ACTION_CPU] = {.command = "kubectl -n {ns} edit " RKE2_CHART, .note = "key resources in valuesContent"},
    [ACTION_PROXY] = {.command = "kubectl -n kube-system get pods -l component=kube-proxy -o wide"},
};

/* k3s keeps no earlier ReplicaSet (revisionHistoryLimit: 0), so nothing is rolled back. */
static const struct step_action k3s[ACTIONS] = {
    [ACTION_EDIT] = {.command = EDIT_CUSTOM,
                     .note =
                         "keys *.override (inside the main server block) and *.server (blocks of their own); "
                         "k3s overwrites {cm} when its server starts"},
    CUSTOM,
    [ACTION_RESTART] = {.command = "kubectl -n {ns} rollout restart {deploy}"},
    [ACTION_HISTORY] = {.command = "kubectl -n {ns} describe {deploy}"},
    [ACTION_SCALE] = {.command = "kubectl -n {ns} scale {deploy} --replicas={more}"},
    [ACTION_MEMORY] = {.command = "kubectl -n {ns} set resources {deploy}{c} --limits=memory=512Mi",
                       .undo = "kubectl -n {ns} set resources {deploy}{c} --limits=memory=170Mi",
                       .note = "k3s sets its own again when its server starts"},
    [ACTION_PROXY] =
        {.command = "kubectl get nodes -o wide",
         .note = "kube-proxy is a part of the k3s process of each node: journalctl -u k3s -u k3s-agent"},
};

static const struct step_action kops[ACTIONS] = {
    [ACTION_EDIT] = {.command = "kubectl -n {ns} edit configmap {cm}",
                     .note = "kops update cluster writes its own back; to last, set "
                             "spec.kubeDNS.externalCoreFile with kops edit cluster"},
};
static const struct step_action kubespray[ACTIONS] = {
    [ACTION_EDIT] = {.command = "kubectl -n {ns} edit configmap {cm}",
                     .note =
                         "the next run of Kubespray writes its own back; to last, set it in the inventory"},
};
static const struct step_action chart[ACTIONS] = {
    [ACTION_EDIT] = {.command = "kubectl -n {ns} edit configmap {cm}",
                     .note = "the next helm upgrade writes its values back; to last, set servers there"},
};

/* `whole`: what is not in it cannot be done there; else it is done as usual. */
static const struct {
    const struct step_action *actions;
    bool whole;
} rows[DISTRIBUTIONS] = {
    [DISTRIBUTION_EKS] = {eks, true},     [DISTRIBUTION_AKS] = {aks, true},
    [DISTRIBUTION_GKE] = {gke, true},     [DISTRIBUTION_OPENSHIFT] = {openshift, true},
    [DISTRIBUTION_RKE2] = {rke2, true},   [DISTRIBUTION_K3S] = {k3s, true},
    [DISTRIBUTION_KOPS] = {kops, false},  [DISTRIBUTION_KUBESPRAY] = {kubespray, false},
    [DISTRIBUTION_HELM] = {chart, false},
};

static const struct step_action impossible;

/* What a distribution has of its own; NULL: it is done as usual. */
static const struct step_action *own_action(const struct cluster_dns *dns, enum action action)
{
    int distribution = dns && dns->distribution > 0 ? dns->distribution : DISTRIBUTION_UNKNOWN;

    /* A CoreDNS that somebody runs on GKE instead of kube-dns is nobody else's. */
    if (!rows[distribution].actions ||
        (distribution == DISTRIBUTION_GKE && dns->software != SOFTWARE_KUBE_DNS && action != ACTION_PROXY))
        return NULL;
    if (rows[distribution].actions[action].command)
        return &rows[distribution].actions[action];
    return rows[distribution].whole ? &impossible : NULL;
}

static const struct step_action *edit_action(const struct cluster_dns *dns, enum action action)
{
    const struct step_action *own = own_action(dns, ACTION_EDIT);

    if (dns && dns->software == SOFTWARE_KUBE_DNS)
        return action == ACTION_UPSTREAMS ? &kube_dns_upstreams : &impossible;
    if (dns && dns->custom_map && !dns->custom_seen && dns->distribution != DISTRIBUTION_AKS)
        return &custom_missing;
    return own ? own : dns && dns->custom_map ? &custom[ACTION_EDIT] : &usual[ACTION_EDIT];
}

static const struct step_action *choose(const struct cluster_dns *dns, enum action action)
{
    const struct step_action *own = own_action(dns, action);

    if (action == ACTION_PROXY)
        return own && own->command ? own : &usual[action];
    if (dns && !cluster_dns_has_pods(dns))
        return &impossible;
    if (action == ACTION_EDIT || action == ACTION_UPSTREAMS)
        return edit_action(dns, action);
    if (action == ACTION_SCALE && dns && dns->autoscaler_map && dns->distribution != DISTRIBUTION_RKE2)
        return &autoscaled;
    if (own)
        return own;
    if (dns && dns->custom_map && dns->custom_seen && custom[action].command)
        return &custom[action];
    return action == ACTION_SCALE && dns && dns->kind == WORKLOAD_DAEMON_SET ? &impossible : &usual[action];
}

const struct step_action *step_action_of(const struct cluster_dns *dns, const char *command)
{
    for (int i = 0; command && i < ACTIONS; i++)
        if (strcmp(command, words[i]) == 0)
            return choose(dns, (enum action)i);
    return NULL;
}

#define ON_NODE "kubectl debug node/{node} -it --profile=sysadmin --image=busybox -- nsenter -t 1 -m -- "

const struct step *step_instead(const struct cluster_dns *dns)
{
    static const struct step none[] = {{0}};
    static const struct step node_service[] = {
        {.text = "see the node's own DNS service: it runs beside the kubelet, not in a Pod",
         .command = ON_NODE "systemctl status '*dns*'"},
        {.text = "move the Pod to another node: keep new ones off this one, then delete the Pod",
         .command = "kubectl cordon {node}",
         .undo = "kubectl uncordon {node}"},
        {0},
    };
    static const struct step cloud[] = {
        {.text = "see how the cluster uses Cloud DNS; it is run by Google, outside the cluster",
         .command = "gcloud container clusters describe CLUSTER --location LOCATION --format "
                    "'value(networkConfig.dnsConfig)'"},
        {.text = "read the log of its queries, where logging is on",
         .command = "gcloud logging read 'resource.type=\"dns_query\"' --limit 20"},
        {0},
    };

    if (cluster_dns_has_pods(dns))
        return none;
    return dns->kind == WORKLOAD_NODE_SERVICE ? node_service : cloud;
}

const struct step *step_node_cache(const struct cluster_dns *dns)
{
    static const struct step localdns[] = {
        {.text = "see LocalDNS on the node: a service of systemd, no Pod",
         .command = ON_NODE "systemctl status localdns"},
        {.text = "read its log", .command = ON_NODE "journalctl -u localdns -n 100"},
        {.text = "restart it", .command = ON_NODE "systemctl restart localdns"},
        {.text = "workaround: set LocalDNS to Disabled for the node pool",
         .command = "az aks nodepool update --resource-group GROUP --cluster-name CLUSTER --name POOL "
                    "--localdns-config localdns.json",
         .undo = "the mode as before"},
        {0},
    };
    static const struct step host[] = {
        {.text = "see the service on the node that listens there",
         .command = ON_NODE "systemctl status '*dns*'"},
        {.text = "keep new Pods off the node until it answers",
         .command = "kubectl cordon {node}",
         .undo = "kubectl uncordon {node}"},
        {0},
    };

    if (!dns)
        return NULL;
    if (dns->distribution == DISTRIBUTION_AKS && !(dns->node_cache && dns->node_cache->workload))
        return localdns;
    return dns->distribution == DISTRIBUTION_EKS_AUTO ? host : NULL;
}
