/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Service of the cluster DNS, with how many of its endpoints are ready: what tells a selector that fits
 * no Pod from Pods that are not ready.
 */
#include <k8sdns/model/cluster/replica_facts.h>
#include <string.h>

static const struct shape_field fields[] = {
    SHAPE_FIELD_NAME(struct dns_service_facts, name, "name", "of the Service"),
    SHAPE_FIELD_NAME(struct dns_service_facts, namespace, "namespace", "of the Service"),
    SHAPE_FIELD_TEXT(struct dns_service_facts, selector, "selector", "null when the Service was not seen"),
    SHAPE_FIELD_BOOL(struct dns_service_facts, endpoints_seen, "endpoints_seen",
                     "there were some, or none in a list"),
    SHAPE_FIELD_COUNT(struct dns_service_facts, ready, "ready", "endpoints that are ready"),
    SHAPE_FIELD_COUNT(struct dns_service_facts, not_ready, "not_ready", "endpoints that are not"),
    SHAPE_FIELD_TEXTS(struct dns_service_facts, not_ready_names, "not_ready_names", "which these are"),
    SHAPE_FIELD_COUNT(struct dns_service_facts, pods, "pods", "of CoreDNS in its namespace"),
    SHAPE_FIELD_COUNT(struct dns_service_facts, pods_ready, "pods_ready", "of these"),
    SHAPE_FIELD_COUNT(struct dns_service_facts, pods_selected, "pods_selected",
                      "of these: the selector fits them"),
    SHAPE_FIELD_TEXT(struct dns_service_facts, outside_pod, "outside_pod",
                     "one that is ready and that it does not fit"),
    SHAPE_FIELD_TEXT(struct dns_service_facts, outside_labels, "outside_labels", "of that Pod"),
    SHAPE_FIELD_BOOL(struct dns_service_facts, local_only, "local_only",
                     "internalTrafficPolicy Local: it leads to Pods of the same node alone"),
    SHAPE_FIELD_TEXT(struct dns_service_facts, ports_fault, "ports_fault", "why its ports lead nowhere"),
    SHAPE_FIELD_COUNT(struct dns_service_facts, endpoint_port, "endpoint_port",
                      "over UDP, where the one container of a Pod behind it declares another"),
    SHAPE_FIELD_COUNT(struct dns_service_facts, declared_port, "declared_port", "by that container"),
    SHAPE_FIELD_TEXT(struct dns_service_facts, declaring_pod, "declaring_pod", "the Pod with that container"),
    SHAPE_FIELD_TEXT(struct dns_service_facts, without_ip, "without_ip",
                     "what says that it has no ClusterIP: clusterIP None, or type ExternalName"),
};
const struct shape dns_service_facts_shape = SHAPE(struct dns_service_facts, fields, "dns_service");

static bool same_space(const char *a, const char *b)
{
    return !a || !b || !*a || !*b || strcmp(a, b) == 0;
}

static struct dns_service_facts *service_of(struct arena *arena, struct replicas_facts *facts,
                                            const char *name, const char *space)
{
    struct dns_service_facts *service;

    for (size_t i = 0; i < facts->services_count; i++)
        if (strcmp(facts->services[i].name, name) == 0 && same_space(facts->services[i].namespace, space))
            return &facts->services[i];
    service = ARENA_PUSH(arena, facts->services, facts->services_count);
    *service = (struct dns_service_facts){.name = name,
                                          .namespace = space ? space : "",
                                          .endpoint_port = SHAPE_UNSET,
                                          .declared_port = SHAPE_UNSET};
    return service;
}

/* Endpoints and their slices may both be there, and say the same. */
static void add_not_ready(struct arena *arena, struct dns_service_facts *service, const char *name)
{
    for (size_t i = 0; i < service->not_ready_names_count; i++)
        if (strcmp(service->not_ready_names[i], name) == 0)
            return;
    *ARENA_PUSH(arena, service->not_ready_names, service->not_ready_names_count) = name;
    service->not_ready = service->not_ready_names_count;
}

static void count_endpoints(struct arena *arena, const struct kube_objects *objects,
                            struct dns_service_facts *service)
{
    for (size_t i = 0; i < objects->endpoints_count; i++) {
        const struct kube_endpoint *e = &objects->endpoints[i];
        char text[ADDRESS_TEXT];

        if (e->node_local || !e->service || strcmp(e->service, service->name) != 0 ||
            !same_space(e->space, service->namespace) || e->ready == KUBE_YES)
            continue;
        address_format(&e->where, text, sizeof(text));
        add_not_ready(arena, service,
                      e->pod ? arena_printf(arena, "%s (Pod %s%s)", text, e->pod,
                                            e->terminating ? ", which is terminating" : "")
                             : arena_text(arena, text));
    }
}

static void count_pods(const struct kube_objects *objects, struct dns_service_facts *service)
{
    service->pods = service->pods_ready = service->pods_selected = 0;
    service->outside_pod = service->outside_labels = NULL;
    for (size_t i = 0; i < objects->pods_count; i++) {
        const struct kube_pod *pod = &objects->pods[i];

        if (pod->node_local || !same_space(pod->space, service->namespace))
            continue;
        service->pods++;
        service->pods_ready += pod->ready == KUBE_YES;
        service->pods_selected += pod->selected;
        if (!pod->selected && pod->ready == KUBE_YES && !service->outside_pod) {
            service->outside_pod = pod->name;
            service->outside_labels = pod->labels;
        }
    }
}

/* The Pod of an endpoint, by its address; NULL. */
static const struct kube_pod *pod_at(const struct kube_objects *objects, const struct address *where)
{
    for (size_t i = 0; i < objects->pods_count; i++)
        for (size_t k = 0; k < objects->pods[i].addresses_count; k++)
            if (address_same_host(&objects->pods[i].addresses[k], where))
                return &objects->pods[i];
    return NULL;
}

static bool is_behind(const struct kube_endpoint *e, const struct kube_service *service)
{
    return !e->node_local && e->service && service->name && strcmp(e->service, service->name) == 0 &&
           same_space(e->space, service->space);
}

/* What the ports of a Service and of what is behind it lack. */
static const char *ports_fault(const struct kube_objects *objects, const struct kube_service *service)
{
    if (service->no_udp)
        return "it has no UDP port 53";
    for (size_t i = 0; i < objects->endpoints_count; i++)
        if (is_behind(&objects->endpoints[i], service) && objects->endpoints[i].no_port)
            return "its EndpointSlice has endpoints and no port: its targetPort is a name that no port of the Pods "
                   "has";
    return NULL;
}

/* A declared port is a note: the container may listen on others. Of several containers another may serve it.
 */
static void compare_ports(const struct kube_objects *objects, const struct kube_service *seen,
                          struct dns_service_facts *service)
{
    for (size_t i = 0; i < objects->endpoints_count; i++) {
        const struct kube_endpoint *e = &objects->endpoints[i];
        const struct kube_pod *pod = is_behind(e, seen) && !e->no_port ? pod_at(objects, &e->where) : NULL;

        if (pod && pod->containers == 1 && pod->port && pod->port != e->where.port) {
            service->endpoint_port = e->where.port;
            service->declared_port = pod->port;
            service->declaring_pod = pod->name;
            return;
        }
    }
}

static void take_service(struct arena *arena, const struct kube_objects *objects,
                         const struct kube_service *seen, struct replicas_facts *facts)
{
    struct dns_service_facts *service = service_of(arena, facts, seen->name, seen->space);

    service->selector = seen->selector;
    service->local_only = seen->local_only;
    service->ports_fault = ports_fault(objects, seen);
    compare_ports(objects, seen, service);
    service->without_ip = seen->without;
}

void dns_services_take(struct arena *arena, const struct kube_objects *objects, struct replicas_facts *facts)
{
    for (size_t i = 0; i < objects->services_count; i++)
        if (!objects->services[i].node_local && objects->services[i].name)
            take_service(arena, objects, &objects->services[i], facts);
    for (size_t i = 0; i < objects->backings_count; i++) {
        const struct kube_backing *backing = &objects->backings[i];
        struct dns_service_facts *service = service_of(arena, facts, backing->service, backing->space);

        service->endpoints_seen = true;
        service->ready = backing->ready;
        service->not_ready = 0;
        service->not_ready_names = NULL;
        service->not_ready_names_count = 0;
        count_endpoints(arena, objects, service);
    }
    for (size_t i = 0; i < facts->services_count && objects->pods_count; i++)
        count_pods(objects, &facts->services[i]);
}
