/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Services of DNS, and which of them is the one that Pods ask. */
#include "kube_reader.h"
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

/* The port of DNS in a list of {name, port, protocol}: the UDP one named "dns...", else any UDP one, else 53.
 */
uint16_t kube_dns_port(const json_t *ports)
{
    const json_t *port;
    size_t i;
    uint16_t found = 0;

    json_array_foreach(ports, i, port)
    {
        const char *protocol = kube_text(port, "protocol"), *name = kube_text(port, "name");
        json_int_t number = json_integer_value(json_object_get(port, "port"));

        if (number < 1 || number > 65535 || !protocol || strcmp(protocol, "UDP") != 0)
            continue;
        if (name && strncmp(name, "dns", 3) == 0)
            return (uint16_t)number;
        found = found ? found : (uint16_t)number;
    }
    return found ? found : DNS_PORT;
}

/* A Service that Pods could have as their nameserver has port 53; TCP is what a port has without a word. */
static bool serves_dns(const json_t *spec, const char *over)
{
    const json_t *ports = json_object_get(spec, "ports"), *port;
    size_t i;

    json_array_foreach(ports, i, port)
    {
        const char *protocol = kube_text(port, "protocol");

        if (kube_count(port, "port") == DNS_PORT && kube_same(protocol ? protocol : "TCP", over))
            return true;
    }
    return false;
}

/* Text that is an address alone; a hostile or foreign one is passed over. */
bool kube_read_address(const char *text, uint16_t port, struct address *ret_address)
{
    struct err ignored = {0};

    if (!text || address_parse(text, port, ret_address, &ignored) < 0)
        return false;
    ret_address->port = port;
    return true;
}

/* Of a label. Source: kubernetes.io/docs/concepts/overview/working-with-objects/names. */
#define NAME_MAX_LEN 63

/* Its named ports. Source: Kubernetes DNS-Based Service Discovery, 2.3.2 and 2.4.2. */
static void read_ports(struct arena *arena, const json_t *spec, struct kube_name *service)
{
    static const char *const protocols[][2] = {{"TCP", "tcp"}, {"UDP", "udp"}, {"SCTP", "sctp"}};
    const json_t *port;
    size_t i;

    if (kube_same(kube_text(spec, "type"), "ExternalName"))
        return;
    json_array_foreach(json_object_get(spec, "ports"), i, port)
    {
        const char *name = kube_text(port, "name"), *protocol = kube_text(port, "protocol");

        for (size_t k = 0; name && *name && k < sizeof(protocols) / sizeof(protocols[0]); k++)
            if (kube_same(protocol ? protocol : "TCP", protocols[k][0]))
                *ARENA_PUSH(arena, service->ports, service->ports_count) =
                    (struct kube_port){arena_text(arena, name), protocols[k][1]};
    }
}

static void read_name(struct arena *arena, const json_t *metadata, const json_t *spec,
                      struct kube_objects *objects)
{
    struct kube_name *service;
    const char *name = kube_text(metadata, "name"), *space = kube_text(metadata, "namespace");

    if (!name || !space || !*name || !*space || strlen(name) > NAME_MAX_LEN || strlen(space) > NAME_MAX_LEN)
        return;
    if (objects->names_count == KUBE_NAMES_MAX) {
        objects->names_dropped++;
        return;
    }
    service = ARENA_PUSH(arena, objects->names, objects->names_count);
    *service = (struct kube_name){.name = arena_text(arena, name), .space = arena_text(arena, space)};
    read_ports(arena, spec, service);
}

/* A Pod that is said to be one of DNS, or labels that are. */
void kube_add_sign(struct arena *arena, struct kube_objects *objects, const char *space, const char *pod,
                   const char *selector)
{
    *ARENA_PUSH(arena, objects->signs, objects->signs_count) =
        (struct kube_sign){space ? space : "", pod, selector};
}

/* By the flags, or by an address that Pods ask. */
static bool is_wanted(const struct kube_objects *objects, const struct kube_service *service)
{
    const struct kube_wanted *wanted = &objects->wanted;

    if (wanted->every)
        return true;
    if (wanted->space || wanted->service)
        return (!wanted->space || kube_same(wanted->space, service->space)) &&
               (!wanted->service || kube_same(wanted->service, service->name)) &&
               (wanted->service || !service->node_local);
    for (size_t i = 0; i < wanted->addresses_count; i++)
        for (size_t k = 0; k < service->addresses_count; k++)
            if (address_same_host(&wanted->addresses[i], &service->addresses[k]))
                return true;
    return false;
}

/* Headless, or a name elsewhere. Source: kubernetes.io/docs/concepts/services-networking/service. */
static const char *without_address(const json_t *spec)
{
    if (kube_same(kube_text(spec, "type"), "ExternalName"))
        return "type: ExternalName";
    return kube_same(kube_text(spec, "clusterIP"), "None") ? "clusterIP: None" : NULL;
}

void kube_read_service(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"), *spec = json_object_get(object, "spec");
    const json_t *ips = json_object_get(spec, "clusterIPs"), *ip;
    enum kube_belonging to = kube_belonging(kube_text(metadata, "name"), json_object_get(metadata, "labels"));
    uint16_t port = kube_dns_port(json_object_get(spec, "ports"));
    struct kube_service read = {0}, *service = &read;
    struct address where;
    size_t i;

    read_name(arena, metadata, spec, objects);
    service->name = kube_copy(arena, kube_text(metadata, "name"));
    service->space = kube_copy(arena, kube_text(metadata, "namespace"));
    service->node_local = to == KUBE_TO_NODE_LOCAL;
    json_array_foreach(ips, i, ip) if (kube_read_address(json_string_value(ip), port, &where)) *
        ARENA_PUSH(arena, service->addresses, service->addresses_count) = where;
    /* Before 1.20 there was but one. A headless Service has "None", which is no address. */
    if (!service->addresses_count && kube_read_address(kube_text(spec, "clusterIP"), port, &where))
        *ARENA_PUSH(arena, service->addresses, service->addresses_count) = where;
    service->wanted = is_wanted(objects, service) && (to != KUBE_TO_OTHERS || serves_dns(spec, "UDP"));
    if (to == KUBE_TO_OTHERS && !service->wanted) {
        objects->others++;
        return;
    }
    service->selector = kube_pairs(arena, json_object_get(spec, "selector"));
    service->labels = kube_pairs(arena, json_object_get(metadata, "labels"));
    service->no_udp = json_array_size(json_object_get(spec, "ports")) && !serves_dns(spec, "UDP");
    service->no_tcp = json_array_size(json_object_get(spec, "ports")) && !serves_dns(spec, "TCP");
    service->local_only = kube_same(kube_text(spec, "internalTrafficPolicy"), "Local");
    service->without = without_address(spec);
    /* It may be read twice: by its address, and in its namespace. */
    for (i = 0; i < objects->services_count; i++)
        if (kube_same(objects->services[i].name, read.name) &&
            kube_same(objects->services[i].space, read.space)) {
            objects->services[i] = read;
            return;
        }
    *ARENA_PUSH(arena, objects->services, objects->services_count) = read;
}

static const struct kube_service *wanted_service(const struct kube_objects *objects)
{
    for (size_t i = 0; i < objects->services_count; i++)
        if (objects->services[i].wanted)
            return &objects->services[i];
    return NULL;
}

/* A Service of DNS, but of other Pods than the one that is wanted: another cluster DNS beside it. */
static bool is_stranger(const struct kube_service *service, const struct kube_service *wanted)
{
    if (service->node_local || service->wanted)
        return false;
    return !kube_same(service->space, wanted->space) || !kube_same(service->selector, wanted->selector);
}

/* Once all Services are read: leave out those that are not asked, and note whose Pods the others' are. */
void kube_choose_services(struct arena *arena, struct kube_objects *objects)
{
    const struct kube_service *found = objects->wanted.every ? NULL : wanted_service(objects);
    const struct kube_service wanted = found ? *found : (struct kube_service){0};
    size_t kept = 0;

    for (size_t i = 0; i < objects->services_count; i++) {
        const struct kube_service service = objects->services[i];

        if (found && is_stranger(&service, &wanted)) {
            objects->others++;
            *ARENA_PUSH(arena, objects->strangers, objects->strangers_count) =
                (struct kube_name){service.name ? service.name : "", service.space ? service.space : ""};
        } else {
            objects->services[kept++] = service;
        }
    }
    objects->services_count = kept;
    for (size_t i = 0; i < kept; i++)
        if (objects->services[i].selector && !objects->services[i].node_local)
            kube_add_sign(arena, objects, objects->services[i].space, NULL, objects->services[i].selector);
}

/* Whose endpoints these are, by their Service where that was seen, else by its name and their labels. */
enum kube_belonging kube_endpoints_belonging(const struct kube_objects *objects, const char *service,
                                             const char *space, const json_t *labels)
{
    for (size_t i = 0; i < objects->strangers_count; i++)
        if (kube_same(objects->strangers[i].name, service) &&
            (!space || !*objects->strangers[i].space || strcmp(objects->strangers[i].space, space) == 0))
            return KUBE_TO_OTHERS;
    for (size_t i = 0; i < objects->services_count; i++)
        if (objects->services[i].wanted && kube_same(objects->services[i].name, service) &&
            (!space || kube_same(objects->services[i].space, space)))
            return objects->services[i].node_local ? KUBE_TO_NODE_LOCAL : KUBE_TO_DNS;
    return kube_belonging(service, labels);
}
