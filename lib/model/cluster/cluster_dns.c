/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/cluster/cluster_dns.h>
#include <k8sdns/model/probe/server_place.h>
#include <string.h>

static const struct shape_field cache_fields[] = {
    SHAPE_FIELD_TEXT(struct node_cache_dns, space, "namespace", "of the cache on each node"),
    SHAPE_FIELD_TEXT(struct node_cache_dns, workload, "workload", "daemonset/node-local-dns"),
    SHAPE_FIELD_TEXT(struct node_cache_dns, config_map, "config_map", "with its Corefile"),
    SHAPE_FIELD_TEXT(struct node_cache_dns, selector, "selector", "of its Pods"),
    SHAPE_FIELD_TEXTS(struct node_cache_dns, addresses, "addresses", "link-local ones in resolv.conf"),
};
const struct shape node_cache_dns_shape = SHAPE(struct node_cache_dns, cache_fields, "node_cache_dns");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct cluster_dns, distribution, "distribution", distribution_names,
                     "who installed it; unknown where the signs do not suffice"),
    SHAPE_FIELD_BOOL(struct cluster_dns, certain, "certain",
                     "the distribution, by a sign that no other one has"),
    SHAPE_FIELD_TEXTS(struct cluster_dns, recognised_by, "recognised_by", "these signs"),
    SHAPE_FIELD_WORD(struct cluster_dns, software, "software", dns_software_names, "what answers"),
    SHAPE_FIELD_WORD(struct cluster_dns, kind, "kind", dns_workload_names, "what runs it"),
    SHAPE_FIELD_TEXT(struct cluster_dns, space, "namespace", "of the cluster's DNS"),
    SHAPE_FIELD_TEXT(struct cluster_dns, service, "service", "its Service"),
    SHAPE_FIELD_TEXT(struct cluster_dns, workload, "workload", "as kubectl takes it: deployment/coredns"),
    SHAPE_FIELD_TEXT(struct cluster_dns, container, "container", "of its Pods: the one that answers"),
    SHAPE_FIELD_BOOL(struct cluster_dns, many_containers, "many_containers", "the Pods have others as well"),
    SHAPE_FIELD_COUNT(struct cluster_dns, port, "port", "of its Pods"),
    SHAPE_FIELD_TEXT(struct cluster_dns, config_map, "config_map", "with the Corefile, or kube-dns's own"),
    SHAPE_FIELD_TEXT(struct cluster_dns, custom_map, "custom_map", "what that imports, for users to edit"),
    SHAPE_FIELD_BOOL(struct cluster_dns, custom_seen, "custom_seen", "that one is there"),
    SHAPE_FIELD_BOOL(struct cluster_dns, reconciled, "reconciled",
                     "changes of the ConfigMap are undone by what installed it"),
    SHAPE_FIELD_TEXT(struct cluster_dns, selector, "selector", "of its Pods"),
    SHAPE_FIELD_TEXT(struct cluster_dns, account, "account", "its ServiceAccount"),
    SHAPE_FIELD_TEXT(struct cluster_dns, autoscaler_map, "autoscaler_map", "of what scales it"),
    SHAPE_FIELD_TEXT(struct cluster_dns, domain, "domain", "the cluster's"),
    SHAPE_FIELD_TEXTS(struct cluster_dns, service_ranges, "service_ranges",
                      "of ClusterIPs, where they were read"),
    SHAPE_FIELD_POINTER(struct cluster_dns, node_cache, "node_cache", &node_cache_dns_shape,
                        "the cache on each node; null when none was seen"),
};
/* Its name in the schema is older than most of it. */
const struct shape cluster_dns_shape = SHAPE(struct cluster_dns, fields, "dns_names");

bool cluster_dns_has_pods(const struct cluster_dns *dns)
{
    return !dns || (dns->kind != WORKLOAD_NODE_SERVICE && dns->kind != WORKLOAD_MANAGED);
}

/* The Service that Pods ask: by its address or a flag, else the first that has an address. */
static void name_service(struct cluster_dns *dns, const struct kube_objects *objects)
{
    const struct kube_service *found = NULL;

    for (size_t i = 0; i < objects->services_count; i++) {
        const struct kube_service *service = &objects->services[i];

        if (service->node_local || !service->addresses_count)
            continue;
        found = service->wanted || !found ? service : found;
        if (service->wanted)
            break;
    }
    if (found) {
        dns->service = found->name;
        dns->selector = found->selector;
        dns->space = found->space;
    }
    for (size_t i = 0; i < objects->endpoints_count && !dns->space; i++)
        if (!objects->endpoints[i].node_local) {
            dns->space = objects->endpoints[i].space;
            dns->service = dns->service ? dns->service : objects->endpoints[i].service;
        }
    for (size_t i = 0; i < objects->pods_count && !dns->space; i++)
        dns->space = objects->pods[i].node_local ? NULL : objects->pods[i].space;
    for (size_t i = 0; i < objects->configs_count && !dns->space; i++)
        dns->space = objects->configs[i].corefile ? objects->configs[i].space : NULL;
    /* A selector that fits none of its Pods finds none. */
    for (size_t i = 0; i < objects->pods_count && dns->selector; i++)
        if (!objects->pods[i].node_local && !objects->pods[i].selected)
            dns->selector = NULL;
}

static int kind_of(const char *workload)
{
    return strncmp(workload, "daemonset/", 10) == 0     ? WORKLOAD_DAEMON_SET
           : strncmp(workload, "statefulset/", 12) == 0 ? WORKLOAD_STATEFUL_SET
                                                        : WORKLOAD_DEPLOYMENT;
}

/* By its own object, else by what made its Pods. */
static void name_workload(struct arena *arena, struct cluster_dns *dns, const struct kube_objects *objects)
{
    for (size_t i = 0; i < objects->deployments_count && !dns->workload; i++) {
        const struct kube_deployment *d = &objects->deployments[i];

        if (!d->name || (dns->space && d->space && strcmp(d->space, dns->space) != 0))
            continue;
        dns->space = dns->space ? dns->space : d->space;
        dns->workload = arena_printf(arena, "%s/%s", d->daemon_set ? "daemonset" : "deployment", d->name);
        dns->container = d->container;
        dns->many_containers = d->containers > 1;
        dns->port = dns->port == SHAPE_UNSET && d->port ? d->port : dns->port;
        dns->account = d->account;
        dns->software = d->image && (strstr(d->image, "kube-dns") || strstr(d->image, "kubedns"))
                            ? SOFTWARE_KUBE_DNS
                            : dns->software;
    }
    for (size_t i = 0; i < objects->pods_count; i++) {
        const struct kube_pod *pod = &objects->pods[i];

        if (pod->node_local || (dns->space && pod->space && strcmp(pod->space, dns->space) != 0))
            continue;
        dns->workload = dns->workload ? dns->workload : pod->owner;
        dns->account = dns->account ? dns->account : pod->account;
        dns->port = dns->port == SHAPE_UNSET && pod->port ? pod->port : dns->port;
        if (!dns->container && pod->container) {
            dns->container = pod->container;
            dns->many_containers = pod->containers > 1;
        }
        dns->software = pod->kube_dns ? SOFTWARE_KUBE_DNS : dns->software;
    }
    if (dns->workload)
        dns->kind = kind_of(dns->workload);
}

/* A Corefile that imports from a folder called custom reads such a ConfigMap, whoever installed it. */
static bool imports_custom(const char *corefile)
{
    const char *at = corefile ? strstr(corefile, "import ") : NULL;

    for (; at; at = strstr(at + 1, "import "))
        if (memmem(at, strcspn(at, "\n"), "custom/", 7))
            return true;
    return false;
}

static bool is_usual_map(const char *name)
{
    return strcmp(name, distribution_table[DISTRIBUTION_UNKNOWN].config_map) == 0;
}

static void name_maps(struct cluster_dns *dns, const struct kube_objects *objects)
{
    size_t of_kind = 0;

    for (size_t i = 0; i < objects->maps_count; i++) {
        const struct kube_map *map = &objects->maps[i];
        int wanted = dns->software == SOFTWARE_KUBE_DNS ? KUBE_MAP_KUBE_DNS : KUBE_MAP_COREFILE;

        if (dns->space && map->space && strcmp(map->space, dns->space) != 0)
            continue;
        of_kind += map->kind == wanted;
        if (map->kind == wanted && (!dns->config_map || is_usual_map(map->name))) {
            dns->config_map = map->name;
            dns->reconciled = map->reconciled;
        }
        if (map->kind == KUBE_MAP_CUSTOM) {
            dns->custom_map = map->name;
            dns->custom_seen = true;
        }
    }
    /* Of several with names of their own nobody knows which it is. */
    if (of_kind > 1 && !is_usual_map(dns->config_map)) {
        dns->config_map = NULL;
        dns->reconciled = false;
    }
    for (size_t i = 0; i < objects->configs_count; i++)
        if (!dns->custom_map && imports_custom(objects->configs[i].corefile))
            dns->custom_map = "coredns-custom";
}

static bool is_of_node_cache(const char *text)
{
    struct address address;

    return address_parse(text, 0, &address, NULL) == 0 && server_place(&address) == PLACE_NODE_CACHE;
}

static struct node_cache_dns *node_cache(struct arena *arena, const struct distribution_signs *signs)
{
    const struct kube_objects *objects = signs->objects;
    struct node_cache_dns cache = {0}, *found;

    for (size_t i = 0; i < objects->local_sets_count && !cache.workload; i++) {
        cache.space = objects->local_sets[i].space;
        cache.workload = objects->local_sets[i].name
                             ? arena_printf(arena, "daemonset/%s", objects->local_sets[i].name)
                             : NULL;
    }
    for (size_t i = 0; i < objects->pods_count && (!cache.workload || !cache.selector); i++)
        if (objects->pods[i].node_local) {
            cache.space = cache.space ? cache.space : objects->pods[i].space;
            cache.workload = cache.workload ? cache.workload : objects->pods[i].owner;
            cache.selector =
                strstr(objects->pods[i].labels ? objects->pods[i].labels : "", "k8s-app=nodelocaldns")
                    ? "k8s-app=nodelocaldns"
                    : "k8s-app=node-local-dns";
        }
    for (size_t i = 0; i < objects->maps_count && !cache.config_map; i++)
        cache.config_map = objects->maps[i].kind == KUBE_MAP_NODE_LOCAL ? objects->maps[i].name : NULL;
    for (size_t i = 0; i < signs->nameservers_count; i++)
        if (is_of_node_cache(signs->nameservers[i]))
            *ARENA_PUSH(arena, cache.addresses, cache.addresses_count) = signs->nameservers[i];
    if (!cache.workload && !cache.config_map && !cache.addresses_count)
        return NULL;
    found = ARENA_NEW(arena, struct node_cache_dns);
    *found = cache;
    return found;
}

#define FILL(member) (dns->member = dns->member ? dns->member : usual->member)

/* What no object said is what the distribution calls it; for an unknown one only what objects said. */
static void complete(struct cluster_dns *dns)
{
    const struct distribution_names *usual = &distribution_table[dns->distribution];

    if (dns->distribution == DISTRIBUTION_HELM || dns->distribution == DISTRIBUTION_UNKNOWN)
        return;
    if (!dns->workload) {
        dns->kind = usual->kind;
        dns->software = usual->software;
    }
    FILL(space);
    FILL(service);
    FILL(workload);
    if (!dns->container) {
        dns->container = usual->container;
        dns->many_containers = usual->many_containers;
    }
    if (dns->port == SHAPE_UNSET)
        dns->port = usual->port;
    FILL(custom_map);
    FILL(account);
    /* GKE, too, can run CoreDNS of somebody's own, and others kube-dns. */
    if (dns->software == usual->software) {
        FILL(config_map);
        FILL(selector);
    }
}

struct cluster_dns *cluster_dns_from(struct arena *arena, const struct distribution_signs *signs,
                                     const char *space, const char *service, const char *domain)
{
    const struct kube_objects *objects = signs->objects;
    struct cluster_dns dns = {.port = SHAPE_UNSET, .domain = domain}, *found;

    dns.distribution =
        (int)distribution_recognise(arena, signs, &dns.certain, &dns.recognised_by, &dns.recognised_by_count);
    name_service(&dns, objects);
    for (size_t i = 0; i < objects->endpoints_count && dns.port == SHAPE_UNSET; i++)
        if (!objects->endpoints[i].node_local)
            dns.port = objects->endpoints[i].where.port;
    dns.space = space ? space : dns.space;
    dns.service = service ? service : dns.service;
    name_workload(arena, &dns, objects);
    name_maps(&dns, objects);
    dns.autoscaler_map = objects->autoscaler_map;
    dns.service_ranges = objects->service_ranges;
    dns.service_ranges_count = objects->service_ranges_count;
    dns.node_cache = node_cache(arena, signs);
    if (!dns.space && !dns.service && !dns.workload && !dns.config_map && !dns.node_cache &&
        dns.distribution == DISTRIBUTION_UNKNOWN)
        return NULL;
    complete(&dns);
    /* kube-dns that nobody described further has the usual names of its own. */
    if (dns.software == SOFTWARE_KUBE_DNS && !dns.config_map)
        dns.config_map = "kube-dns";
    found = ARENA_NEW(arena, struct cluster_dns);
    *found = dns;
    return found;
}
