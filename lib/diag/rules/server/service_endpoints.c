/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/pods.h"
#include "../../evidence/server.h"
#include "../../evidence/socket_program.h"
#include <inttypes.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <k8sdns/model/corefile/corefile_facts.h>
#include <string.h>

/* More endpoints or Pods than these are not named one by one. */
#define FEW 5

/* Whether the ClusterIP was asked, and answered: then what the objects say is of another time. */
static bool clusterip_answers(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_CLUSTER_IP &&
            (d->servers[i].heard || d->servers[i].answered))
            return true;
    return false;
}

/* Its namespace as a word of a command. */
static const char *space_word(const struct diagnosis *d, const struct dns_service_facts *service)
{
    return *service->namespace ? shell_word(d->arena, service->namespace) : "{ns}";
}

/* Its selector fits no Pod, though there are some of CoreDNS. */
static void by_selector(struct diagnosis *d, struct finding *finding, const struct dns_service_facts *service)
{
    const char *space = space_word(d, service), *name = shell_word(d->arena, service->name);
    const char *label = service->outside_labels ? service->outside_labels : "(none)";

    finding->title = "the selector of the DNS Service fits no Pod";
    finding->cause =
        "A Service sends queries to the Pods that its selector fits. It fits none here, so there is no "
        "endpoint, and kube-proxy is right to reject queries to the ClusterIP. A restart of kube-proxy "
        "changes nothing.";
    finding_evidence(d, finding, "its selector is %s; Pod %s is ready and has the labels %s",
                     service->selector, service->outside_pod, label);
    finding_step(d, finding, "compare the selector with the labels",
                 arena_printf(d->arena,
                              "kubectl -n %s get service %s -o wide; kubectl -n %s get pods --show-labels",
                              space, name, space),
                 NULL);
    finding_step(d, finding, "set the selector to the label of the Pods",
                 arena_printf(d->arena, "kubectl -n %s set selector service %s %s", space, name,
                              shell_word(d->arena, arena_text_n(d->arena, label, strcspn(label, ",")))),
                 arena_printf(d->arena, "kubectl -n %s set selector service %s %s", space, name,
                              shell_word(d->arena, service->selector)));
}

/* Endpoints that are there and not ready. */
static void by_readiness(struct diagnosis *d, struct finding *finding,
                         const struct dns_service_facts *service)
{
    const char *space = space_word(d, service);
    const char *selector = service->selector ? shell_word(d->arena, service->selector) : "{sel}";

    for (size_t i = 0; i < service->not_ready_names_count && i < FEW; i++)
        finding_evidence(d, finding, "endpoint %s is not ready", service->not_ready_names[i]);
    if (service->not_ready_names_count > FEW)
        finding_evidence(d, finding, "and %zu more are not ready", service->not_ready_names_count - FEW);
    finding_step(d, finding, "read what CoreDNS waits for",
                 arena_printf(d->arena, "kubectl -n %s logs -l %s --prefix --tail 50", space, selector),
                 NULL);
    finding_step(d, finding, "see which probe fails",
                 arena_printf(d->arena, "kubectl -n %s describe pods -l %s", space, selector), NULL);
}

/* No Pod, though nothing keeps one from being created that is told elsewhere. */
static void by_workload(struct diagnosis *d, struct finding *finding)
{
    const struct kube_facts *kube = d->facts->kube;
    bool daemon_set;

    if (!kube || !kube->workload || kube->wanted == SHAPE_UNSET)
        return;
    daemon_set = strncmp(kube->workload, "daemonset", 9) == 0;
    if (kube->wanted) {
        finding_evidence(d, finding, "%s wants %" PRIu64 " Pods, and has none", kube->workload, kube->wanted);
        finding_step(d, finding, "see why it has none", "kubectl -n {ns} describe {deploy}", NULL);
    } else if (daemon_set) {
        finding_evidence(d, finding, "%s wants no Pod: its node selector fits no node, or no node is there",
                         kube->workload);
        finding_step(d, finding, "compare its node selector with the nodes",
                     "kubectl -n {ns} get {deploy} -o wide; kubectl get nodes --show-labels", NULL);
    } else {
        finding->title = "{dns} is scaled to zero";
        finding->cause =
            "The Deployment asks for no replica, so that nothing is behind the ClusterIP, and each "
            "lookup fails.";
        finding_evidence(d, finding, "%s asks for 0 replicas", kube->workload);
        finding_step(d, finding, "scale it up", "kubectl -n {ns} scale {deploy} --replicas=2",
                     "kubectl -n {ns} scale {deploy} --replicas=0");
        finding_step(d, finding, "see whether something scales it, and how",
                     "kubectl -n {ns} get deployments,hpa", NULL);
    }
}

static void about_cluster_ips(struct diagnosis *d, struct finding *finding)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_CLUSTER_IP)
            finding_about(d, finding, d->servers[i].target->id);
}

/* Whether something answered from where the Service leads. */
static bool endpoint_answers(const struct diagnosis *d, uint64_t port)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA && d->servers[i].target->port == port &&
            (d->servers[i].heard || d->servers[i].answered))
            return true;
    return false;
}

/* Whether its endpoints have a port that the Pods' container does not declare, and nothing answers there. */
static bool is_undeclared(const struct diagnosis *d, const struct dns_service_facts *service)
{
    return service->endpoint_port != SHAPE_UNSET && service->declared_port != SHAPE_UNSET &&
           !endpoint_answers(d, service->endpoint_port);
}

static void tell_undeclared(struct diagnosis *d, struct finding *finding,
                            const struct dns_service_facts *service)
{
    const struct corefile_facts *corefile = d->facts->corefile;

    if (corefile && !corefile_may_listen(corefile, service->endpoint_port)) {
        finding_evidence(d, finding,
                         "it leads to UDP port %" PRIu64 ", and no server block of %s has that port; the "
                         "container of Pod %s declares port %" PRIu64,
                         service->endpoint_port, corefile->source ? corefile->source : "the Corefile",
                         service->declaring_pod ? service->declaring_pod : "", service->declared_port);
        return;
    }
    finding->severity = SEVERITY_WARNING;
    finding->confidence = CONFIDENCE_POSSIBLE;
    finding->title = "the DNS Service leads to a port that its Pods do not declare";
    finding->cause =
        "The ports that a container declares are a note for people, and it may listen on others. Where {dns} does "
        "not listen on the port of the endpoints, the ClusterIP is silent.";
    finding_evidence(
        d, finding, "it leads to UDP port %" PRIu64 ", and the container of Pod %s declares port %" PRIu64,
        service->endpoint_port, service->declaring_pod ? service->declaring_pod : "", service->declared_port);
    finding_step(d, finding, "see on which ports {dns} listens: the keys of its server blocks",
                 "kubectl -n {ns} get configmap {cm} -o yaml", NULL);
}

/* Its ports lead to none of the Pods'. */
static void by_ports(const struct rule *rule, struct diagnosis *d, const struct dns_service_facts *service)
{
    const char *space = space_word(d, service), *name = shell_word(d->arena, service->name);
    struct finding *finding = finding_new(d, rule, arena_printf(d->arena, "Service %s/%s", space, name));

    finding->title = "the ports of the DNS Service lead nowhere";
    finding->cause =
        "The endpoints are ready, and the Service leads queries to a port that none of them serves, or "
        "has no port for them. A restart of kube-proxy or of {dns} changes nothing.";
    about_cluster_ips(d, finding);
    if (service->ports_fault)
        finding_evidence(d, finding, "Service %s/%s: %s", space, service->name, service->ports_fault);
    else
        tell_undeclared(d, finding, service);
    finding_step(d, finding, "compare its ports with those of the Pods",
                 arena_printf(d->arena, "kubectl -n %s describe service %s; kubectl -n %s describe {deploy}",
                              space, name, space),
                 NULL);
    finding_step(
        d, finding,
        service->ports_fault
            ? "set port 53 and targetPort for UDP and for TCP"
            : "where {dns} does not listen there: set targetPort for UDP and for TCP to where it does",
        arena_printf(d->arena, "kubectl -n %s edit service %s", space, name), "the ports before");
}

/* Whether a replica that is ready is on the node of this Pod; false also where the node is not known. */
static bool has_one_here(const struct diagnosis *d)
{
    const struct replicas_facts *replicas = d->facts->replicas;
    const char *own = d->facts->host.node;

    for (size_t i = 0; own && i < replicas->replicas_count; i++)
        if (replicas->replicas[i].node && strcmp(replicas->replicas[i].node, own) == 0 &&
            replicas->replicas[i].ready != KUBE_NO)
            return true;
    return false;
}

/* How many nodes have a replica that is ready. */
static size_t nodes_with_replica(const struct diagnosis *d)
{
    const struct replicas_facts *replicas = d->facts->replicas;
    size_t nodes = 0;

    for (size_t i = 0; i < replicas->replicas_count; i++) {
        const struct replica_facts *r = &replicas->replicas[i];
        bool again = !r->node || r->ready == KUBE_NO;

        for (size_t k = 0; k < i && !again; k++)
            again = replicas->replicas[k].node && replicas->replicas[k].ready != KUBE_NO &&
                    strcmp(replicas->replicas[k].node, r->node) == 0;
        nodes += !again;
    }
    return nodes;
}

/* internalTrafficPolicy Local: nothing is behind the ClusterIP on a node without a replica. */
static void by_policy(const struct rule *rule, struct diagnosis *d, const struct dns_service_facts *service)
{
    const char *space = space_word(d, service), *name = shell_word(d->arena, service->name);
    const struct kube_facts *kube = d->facts->kube;
    /* On a node that is down nobody asks. */
    uint64_t down = kube ? kube->nodes_not_ready_count : 0;
    uint64_t nodes = kube && kube->nodes != SHAPE_UNSET ? kube->nodes - down : SHAPE_UNSET;
    size_t served = nodes_with_replica(d);
    struct finding *finding;

    if (has_one_here(d) || (nodes != SHAPE_UNSET && served >= nodes))
        return;
    finding = finding_new(d, rule, arena_printf(d->arena, "Service %s/%s", space, name));
    finding->title = "the DNS Service leads to replicas on the same node alone";
    finding->cause =
        "With internalTrafficPolicy Local a node drops the queries of its Pods unless a replica of {dns} "
        "runs on it. kube-proxy is right to do so.";
    finding->confidence = d->facts->host.node ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    if (!d->servers_count)
        finding->severity = SEVERITY_WARNING;
    about_cluster_ips(d, finding);
    finding_evidence(d, finding, "Service %s/%s has internalTrafficPolicy: Local", space, service->name);
    if (nodes != SHAPE_UNSET)
        finding_evidence(d, finding, "%zu of %" PRIu64 " nodes have a replica that is ready", served, nodes);
    else
        finding_evidence(d, finding, "%zu nodes have a replica that is ready%s%s", served,
                         d->facts->host.node ? "; none is on this one, " : "",
                         d->facts->host.node ? d->facts->host.node : "");
    finding_step(
        d, finding, "lead to the replicas of all nodes",
        arena_printf(d->arena,
                     "kubectl -n %s patch service %s -p '{\"spec\":{\"internalTrafficPolicy\":\"Cluster\"}}'",
                     space, name),
        arena_printf(d->arena,
                     "kubectl -n %s patch service %s -p '{\"spec\":{\"internalTrafficPolicy\":\"Local\"}}'",
                     space, name));
}

static bool is_of_resolv_conf(const struct server *server)
{
    return server->target->role == TARGET_CLUSTER_IP || server->target->role == TARGET_NAMESERVER;
}

/* Whoever has that address then: a cache on the node, say. */
static bool nameserver_answers(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role != TARGET_REPLICA && (d->servers[i].heard || d->servers[i].answered))
            return true;
    return false;
}

/* A Service without a ClusterIP, and no other of the cluster DNS that has one: the nameserver is nobody's. */
static bool has_no_address(const struct replicas_facts *replicas, const struct dns_service_facts *service)
{
    if (!service->without_ip || replicas->service_ips_count)
        return false;
    for (size_t i = 0; i < replicas->services_count; i++)
        if (!replicas->services[i].without_ip)
            return false;
    return true;
}

/* Its type or its clusterIP was changed, which only a Service that is made again takes. */
static void by_address(const struct rule *rule, struct diagnosis *d, const struct dns_service_facts *service)
{
    const char *space = space_word(d, service), *name = shell_word(d->arena, service->name), *asked = NULL;
    struct finding *finding = finding_new(d, rule, arena_printf(d->arena, "Service %s/%s", space, name));

    finding->title = "the DNS Service has no ClusterIP";
    finding->cause =
        "The nameserver in resolv.conf is the ClusterIP that the DNS Service had, or should have. The Service "
        "has none, so that the address is nobody's. A restart of kube-proxy or of {dns} changes nothing.";
    for (size_t i = 0; i < d->servers_count; i++)
        if (is_of_resolv_conf(&d->servers[i])) {
            asked = asked ? asked : d->servers[i].target->address;
            finding_about(d, finding, d->servers[i].target->id);
        }
    finding_evidence(d, finding, "Service %s/%s has %s%s%s%s", space, service->name, service->without_ip,
                     asked ? "; resolv.conf names " : "", asked ? asked : "",
                     asked ? ", which nobody has" : "");
    if (!asked)
        finding->severity = SEVERITY_WARNING;
    finding_step(d, finding, "see which address the kubelet gives to Pods: clusterDNS",
                 "kubectl get --raw /api/v1/nodes/{node}/proxy/configz", NULL);
    finding_step(
        d, finding, "keep a copy of the Service",
        arena_printf(d->arena, "kubectl -n %s get service %s -o yaml >service-before.yaml", space, name),
        NULL);
    finding_step(
        d, finding,
        asked
            ? arena_printf(
                  d->arena,
                  "write type: ClusterIP, clusterIP: %s and the selector of the Pods into another copy, "
                  "and make the Service again from it: an address that is set is not changed in place",
                  asked)
            : "write type: ClusterIP and the clusterIP that the kubelets name into another copy, and make the "
              "Service again from it",
        "kubectl replace --force -f service.yaml", "kubectl replace --force -f service-before.yaml");
}

/* There are Pods of CoreDNS that are ready, and its selector fits none of all. */
static bool misses_pods(const struct dns_service_facts *service)
{
    return service->selector && service->outside_pod && !service->pods_selected;
}

static void judge(const struct rule *rule, struct diagnosis *d, const struct dns_service_facts *service)
{
    const char *space =
        *service->namespace ? service->namespace : cluster_word(d->arena, d->facts->dns, "ns", 2);
    const struct finding *down = pods_down_finding(d);
    struct finding *finding;

    if (has_no_address(d->facts->replicas, service)) {
        if (!nameserver_answers(d) && d->servers_count)
            by_address(rule, d, service);
        return;
    }
    if (service->endpoints_seen && service->ready > 0 && !clusterip_answers(d)) {
        if (service->ports_fault || is_undeclared(d, service))
            by_ports(rule, d, service);
        else if (service->local_only)
            by_policy(rule, d, service);
        return;
    }
    /* Without its endpoints the Pods may still tell that it has none. */
    if (service->endpoints_seen ? service->ready > 0 : !misses_pods(service))
        return;
    if (clusterip_answers(d)) {
        rule_doubts(d);
        return;
    }
    finding = finding_new(d, rule, arena_printf(d->arena, "Service %s/%s", space, service->name));
    about_cluster_ips(d, finding);
    finding->consequence = down ? down->id : NULL;
    if (service->endpoints_seen)
        finding_evidence(d, finding, "Service %s/%s has no ready endpoint (%" PRIu64 " not ready)", space,
                         service->name, service->not_ready);
    if (service->pods)
        finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " Pods of it are ready", service->pods_ready,
                         service->pods);
    if (!service->not_ready && misses_pods(service))
        by_selector(d, finding, service);
    else if (service->not_ready)
        by_readiness(d, finding, service);
    else if (!service->pods)
        by_workload(d, finding);
}

/* Load balancing at the socket has nothing to lead the ClusterIP to, and says so to whoever connects. */
static bool by_socket(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (!server_is_refused_at_socket(d, server))
            continue;
        finding = finding ? finding : finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding->cause =
            "The data plane (Cilium, Calico with eBPF) chooses a backend when a program connects. It has none "
            "for this Service: no Pod of {dns} is ready, or the agent of this node does not know them.";
        finding_evidence(d, finding,
                         "the kernel refuses to connect a socket to %s (EPERM), before anything is sent: no "
                         "firewall rule does that",
                         server->target->id);
        finding_step(d, finding, "see whether the Service has ready endpoints",
                     "kubectl -n {ns} get endpointslices -l kubernetes.io/service-name={svc} -o wide", NULL);
        finding_step(d, finding, "see why no Pod is ready", "kubectl -n {ns} describe pods -l {sel}", NULL);
        finding_socket_programs(d, finding);
        finding_step(
            d, finding, "where some are ready: see what the agent of this node knows",
            socket_programs_are_of_calico(d)
                ? "kubectl -n calico-system exec ds/calico-node -c calico-node -- calico-node -bpf nat dump"
                : "kubectl -n kube-system exec ds/cilium -c cilium-agent -- cilium-dbg service list",
            NULL);
    }
    return finding != NULL;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct replicas_facts *replicas = d->facts->replicas;
    bool seen = by_socket(rule, d);

    if (seen)
        return;

    /* Nothing is behind a Service where DNS runs on the nodes or outside the cluster. */
    if (!cluster_dns_has_pods(d->facts->dns))
        return;
    for (size_t i = 0; replicas && i < replicas->services_count; i++) {
        seen = seen || replicas->services[i].endpoints_seen || misses_pods(&replicas->services[i]) ||
               replicas->services[i].without_ip;
        judge(rule, d, &replicas->services[i]);
    }
    /* A ClusterIP that answers has some. */
    if (!seen && !clusterip_answers(d))
        rule_unknown(
            d,
            "the endpoints of the DNS Service; kubectl get services,endpointslices,pods -A -o json | {k8sdns} "
            "diagnose --endpoints -");
}

static const struct step steps[] = {
    {.text = "see whether {dns} runs", .command = "kubectl -n {ns} get pods -l {sel} -o wide"},
    {.text = "see why no Pod is ready", .command = "kubectl -n {ns} describe pods -l {sel}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get endpointslices -l kubernetes.io/service-name={svc} -o wide",
    "kubectl -n {ns} get pods -l {sel} --show-labels -o wide",
    NULL,
};

static const char *const explains[] = {
    "all-unreachable", "clusterip-unreachable", "clusterip-lossy", "path-filtered", "replica-refused", NULL,
};

const struct rule rule_service_endpoints = {
    .id = "service-endpoints",
    .title = "the DNS Service has no ready endpoint",
    .severity = SEVERITY_CRITICAL,
    .healthy = "the DNS Service has ready endpoints",
    .cause =
        "The ClusterIP leads nowhere while its Service has no ready endpoint: kube-proxy rejects or drops the queries. "
        "A {dns} that runs and is not ready has not reached the API server yet, or its readiness probe fails.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
