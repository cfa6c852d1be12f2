/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "discovery.h"
#include "resolver_choice.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/conntrack_table.h>
#include <k8sdns/source/identity.h>
#include <k8sdns/source/ipvs_dump.h>
#include <k8sdns/source/kube_api.h>
#include <stdlib.h>
#include <string.h>

/* An API server that is well answers in milliseconds; whoever waits here has an emergency. */
#define API_TIMEOUT_US 2000000
#define DNS_PORT       53

const char discovery_remedy[] =
    "where kubectl works: kubectl get services,endpointslices,pods -n kube-system "
    "-l k8s-app=kube-dns -o json | k8sdns replicas --endpoints -";

struct discovery {
    struct run *run;
    struct replicas_facts *facts;
    struct replica_sighting *sightings;
    size_t count, merged;
    int way; /* the one that is looked at */
    uint64_t found;
};

static struct replica_sighting *see(struct discovery *d, int role, const struct address *where)
{
    struct replica_sighting *sighting;
    bool same_host = false;

    for (size_t i = 0; i < d->count; i++) {
        sighting = &d->sightings[i];
        if (sighting->way != d->way || sighting->role != role || !address_same_host(&sighting->where, where))
            continue;
        if (address_equal(&sighting->where, where))
            return sighting;
        same_host = true; /* a Pod, whose port is not said, and its endpoint are one */
    }
    sighting = ARENA_PUSH(d->run->arena, d->sightings, d->count);
    *sighting = (struct replica_sighting){.way = d->way, .role = role, .where = *where, .ready = -1};
    d->found += role == TARGET_REPLICA && !same_host;
    return sighting;
}

static void begin_way(struct discovery *d, int way)
{
    d->way = way;
    d->found = 0;
}

static void end_way(struct discovery *d, int outcome, const char *detail)
{
    *ARENA_PUSH(d->run->arena, d->facts->ways, d->facts->ways_count) =
        (struct way_facts){d->way, outcome, d->found, detail};
}

static int outcome_by_count(const struct discovery *d)
{
    return d->found ? WAY_FOUND : WAY_NOTHING;
}

static int outcome_of_error(int r)
{
    return r == -EPERM || r == -EACCES                             ? WAY_REFUSED
           : r == -ENOENT || r == -EPROTONOSUPPORT || r == -EINVAL ? WAY_UNAVAILABLE
           : r == -ESRCH                                           ? WAY_NOTHING
                                                                   : WAY_FAILED;
}

static void by_options(struct discovery *d, const struct target_options *options)
{
    begin_way(d, WAY_OPTION);
    for (size_t i = 0; i < options->cluster_ip.count; i++)
        see(d, TARGET_CLUSTER_IP, &options->cluster_ip.items[i]);
    for (size_t i = 0; i < options->replica.count; i++)
        see(d, TARGET_REPLICA, &options->replica.items[i]);
    end_way(d, outcome_by_count(d), d->found ? NULL : "--replica names none");
}

static void by_resolv_conf(struct discovery *d, const struct resolv_facts *resolv,
                           const struct resolver_view *view)
{
    bool cluster = resolv->dns_policy && strncmp(resolv->dns_policy, "ClusterFirst", 12) == 0;

    begin_way(d, WAY_RESOLV_CONF);
    if (!cluster || !view->nameservers_count) {
        end_way(d, WAY_NOTHING, "it is not of the ClusterFirst kind");
    } else if (address_is_link_local(&view->servers[0])) {
        end_way(d, WAY_NOTHING, "its nameserver is node-local");
    } else {
        see(d, TARGET_CLUSTER_IP, &view->servers[0]);
        end_way(d, WAY_FOUND, NULL);
    }
}

static void see_objects(struct discovery *d, const struct kube_objects *objects)
{
    for (size_t i = 0; i < objects->services_count; i++) {
        const struct kube_service *service = &objects->services[i];

        for (size_t k = 0; k < service->addresses_count && !service->node_local; k++)
            see(d, TARGET_CLUSTER_IP, &service->addresses[k]);
    }
    for (size_t i = 0; i < objects->endpoints_count; i++) {
        const struct kube_endpoint *endpoint = &objects->endpoints[i];
        struct replica_sighting *sighting =
            see(d, endpoint->node_local ? TARGET_NODE_LOCAL : TARGET_REPLICA, &endpoint->where);

        sighting->node = endpoint->node ? endpoint->node : sighting->node;
        sighting->pod = endpoint->pod ? endpoint->pod : sighting->pod;
        sighting->ready = endpoint->ready;
        sighting->terminating = endpoint->terminating;
    }
    for (size_t i = 0; i < objects->pods_count; i++) {
        const struct kube_pod *pod = &objects->pods[i];

        for (size_t k = 0; k < pod->addresses_count; k++) {
            struct replica_sighting *sighting =
                see(d, pod->node_local ? TARGET_NODE_LOCAL : TARGET_REPLICA, &pod->addresses[k]);

            sighting->node = pod->node;
            sighting->pod = pod->name;
            sighting->version = pod->version;
            sighting->ready = pod->ready;
        }
    }
}

void discovery_api_options(const struct run *run, const struct target_options *options, uint64_t timeout_us,
                           struct kube_api_options *ret_options)
{
    *ret_options = (struct kube_api_options){
        .pid = run->globals->pid,
        .account = options->service_account,
        .host = getenv("KUBERNETES_SERVICE_HOST"),
        .port = getenv("KUBERNETES_SERVICE_PORT"),
        .timeout_us = timeout_us,
    };
}

static void by_api(struct discovery *d, const struct target_options *options,
                   const struct discovery_asks *asks)
{
    static const int outcomes[] = {[KUBE_API_READ] = WAY_FOUND,
                                   [KUBE_API_PARTLY] = WAY_FOUND,
                                   [KUBE_API_ABSENT] = WAY_UNAVAILABLE,
                                   [KUBE_API_REFUSED] = WAY_REFUSED,
                                   [KUBE_API_FAILED] = WAY_FAILED};
    struct kube_api_options api;
    struct kube_objects objects = {0};
    const char *detail;
    int outcome;

    discovery_api_options(d->run, options, asks->api_us ? asks->api_us : API_TIMEOUT_US, &api);
    api.state = asks->objects;
    begin_way(d, WAY_API);
    outcome = outcomes[kube_api_read(d->run->arena, &api, &objects, &detail)];
    see_objects(d, &objects);
    if (asks->objects)
        *asks->objects = objects;
    if (outcome == WAY_FOUND && !d->found) {
        outcome = WAY_NOTHING;
        detail = "kube-system has no Service of CoreDNS that is known by its name or labels";
    }
    end_way(d, outcome, detail);
}

static int by_file(struct discovery *d, const char *path, const struct discovery_asks *asks)
{
    struct kube_objects objects = {0};
    char *bytes;
    size_t len;
    int r;

    begin_way(d, WAY_FILE);
    if (!path)
        return 0;
    r = file_read(d->run->arena, path, KUBE_JSON_MAX, &bytes, &len, &d->run->err);
    if (r < 0)
        return r;
    r = kube_objects_read(d->run->arena, bytes, len, &objects, &d->run->err);
    if (r < 0)
        return err_prefix(&d->run->err, r, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
    see_objects(d, &objects);
    /* What somebody who may see it all has piped in says more than what this Pod may ask for. */
    if (asks->objects && (objects.pods_count || objects.deployments_count || objects.configs_count)) {
        *asks->objects = objects;
    } else if (asks->objects && objects.names_count > asks->objects->names_count) {
        asks->objects->names = objects.names;
        asks->objects->names_count = objects.names_count;
    }
    end_way(d, outcome_by_count(d),
            d->found ? NULL
                     : arena_printf(
                           d->run->arena,
                           "none of its %zu objects is an endpoint or a Pod of CoreDNS that is known by its "
                           "name or labels",
                           objects.others + objects.services_count));
    return 0;
}

/* Among the first `known` sightings, since more are added while these are looked through. */
static bool is_cluster_ip(const struct discovery *d, size_t known, const struct address *where)
{
    for (size_t i = 0; i < known; i++)
        if (d->sightings[i].role == TARGET_CLUSTER_IP && address_equal(&d->sightings[i].where, where))
            return true;
    return false;
}

static void on_entry(void *user, const struct conntrack_entry *entry)
{
    struct discovery *d = user;

    if (entry->protocol == IPPROTO_UDP && !address_same_host(&entry->orig_dst, &entry->reply_src) &&
        is_cluster_ip(d, d->count, &entry->orig_dst))
        see(d, TARGET_REPLICA, &entry->reply_src);
}

/* Begin a way through the kernel, which starts at a ClusterIP; false where none is known. */
static bool begin_kernel_way(struct discovery *d, int way)
{
    begin_way(d, way);
    for (size_t i = 0; i < d->count; i++)
        if (d->sightings[i].role == TARGET_CLUSTER_IP)
            return true;
    end_way(d, WAY_UNAVAILABLE, "it takes a ClusterIP to look for");
    return false;
}

static void by_conntrack(struct discovery *d)
{
    struct conntrack_dump dump;
    struct err err = {0};
    int r;

    if (!begin_kernel_way(d, WAY_CONNTRACK))
        return;
    r = conntrack_dump(DNS_PORT, on_entry, d, &dump, &err);
    if (r < 0)
        end_way(d, outcome_of_error(r), arena_text(d->run->arena, err.text));
    else
        end_way(
            d, outcome_by_count(d),
            d->found
                ? NULL
                : "no entry from the ClusterIP to a replica: this is no node's network namespace, or nobody "
                  "asked lately");
}

static void by_ipvs(struct discovery *d)
{
    struct ipvs_table table;
    struct err err = {0};
    size_t known = d->count, services = 0;
    int r;

    if (!begin_kernel_way(d, WAY_IPVS))
        return;
    r = ipvs_table_read(d->run->arena, DNS_PORT, &table, &err);
    for (size_t i = 0; r == 0 && i < table.services_count; i++) {
        const struct ipvs_listed *listed = &table.services[i];

        if (!is_cluster_ip(d, known, &listed->service.where))
            continue;
        services++;
        for (size_t k = 0; k < listed->destinations_count; k++)
            see(d, TARGET_REPLICA, &listed->destinations[k].where);
    }
    if (r < 0)
        end_way(d, outcome_of_error(r), arena_text(d->run->arena, err.text));
    else
        end_way(d, outcome_by_count(d),
                d->found   ? NULL
                : services ? "the virtual service has no destination"
                           : "IPVS has no virtual service at the ClusterIP");
}

/* Put together what was seen since the last time. */
static void merge(struct discovery *d)
{
    if (d->merged < d->count)
        replicas_merge(d->run->arena, d->sightings + d->merged, d->count - d->merged, d->facts);
    d->merged = d->count;
}

static const char *own_name(struct arena *arena, const struct resolver_view *view)
{
    const char *domain = view ? resolver_cluster_domain(view) : NULL;

    return arena_printf(arena, "kubernetes.default.svc.%s", domain ? domain : "cluster.local");
}

int discovery_run(struct run *run, const struct target_options *options, const struct resolv_facts *resolv,
                  const struct resolver_view *view, const struct discovery_asks *asks,
                  struct replicas_facts *facts)
{
    struct discovery d = {.run = run, .facts = facts};
    const char *name = own_name(run->arena, view);
    int r;

    by_options(&d, options);
    if (resolv && !options->no_discovery)
        by_resolv_conf(&d, resolv, view);
    if (!options->no_discovery)
        by_api(&d, options, asks);
    r = by_file(&d, options->endpoints, asks);
    if (r < 0)
        return r;
    merge(&d);
    if (asks->identity_us)
        r = identity_ask_cluster(run->arena, name, asks->identity_us, facts, &run->err);
    if (r < 0)
        return r;
    if (asks->kernel && !options->no_discovery) {
        by_conntrack(&d);
        by_ipvs(&d);
    }
    merge(&d);
    if (asks->identity_us)
        r = identity_ask(run->arena, name, asks->identity_us, facts, &run->err);
    if (r < 0)
        return r;
    replicas_compare(run->arena, facts);
    return 0;
}

void discovery_unobserved(struct run *run, const struct replicas_facts *facts)
{
    for (size_t i = 0; i < facts->ways_count; i++) {
        const struct way_facts *way = &facts->ways[i];

        if (way->way == WAY_API && (way->outcome == WAY_REFUSED || way->outcome == WAY_FAILED) &&
            !facts->replicas_count)
            run_unobserved(run, "the CoreDNS replicas", way->detail, discovery_remedy);
    }
}
