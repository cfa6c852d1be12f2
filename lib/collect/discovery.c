/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endpoints_files.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/collect/discovery.h>
#include <k8sdns/collect/pod_view.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/collect/targets.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <k8sdns/model/probe/server_place.h>
#include <k8sdns/source/cluster/identity.h>
#include <k8sdns/source/cluster/kube_api.h>
#include <k8sdns/source/cluster/kubelet.h>
#include <k8sdns/source/node/conntrack_table.h>
#include <k8sdns/source/node/ipvs_dump.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <stdlib.h>
#include <string.h>

/* An API server that is well answers in milliseconds; whoever waits here has an emergency. */
#define API_TIMEOUT_US 2000000

/* Six lists are asked for, and some have several pages: so many that are slow are waited for. */
#define API_REQUESTS 3

const char *discovery_remedy(const struct survey *survey)
{
    if (!cluster_dns_has_pods(survey->dns))
        return arena_printf(survey->arena, "none: the DNS of %s has no Pods",
                            distribution_table[survey->dns->distribution].label);
    return cluster_words_expand(
        survey->arena, survey->dns,
        "where kubectl works: kubectl get services,endpointslices,pods -n {ns} -l {sel} "
        "-o json | k8sdns replicas --endpoints -");
}

struct discovery {
    struct survey *survey;
    struct replicas_facts *facts;
    struct candidate_server *servers;
    size_t count, merged;
    struct kube_wanted wanted;
    struct kube_objects objects; /* what Kubernetes says */
    int method;                  /* the one that is looked at */
    uint64_t found;
    size_t seen;                   /* servers of this method */
    struct left_out left_out;      /* those over the most that are asked */
    struct candidate_server spare; /* what is told of one of these */
};

static struct candidate_server *see(struct discovery *d, int role, const struct address *where)
{
    struct candidate_server *server;
    bool same_host = false;

    for (size_t i = 0; i < d->count; i++) {
        server = &d->servers[i];
        if (server->method != d->method || server->role != role || !address_same_host(&server->where, where))
            continue;
        if (address_equal(&server->where, where))
            return server;
        same_host = true; /* a Pod, whose port is not said, and its endpoint are one */
    }
    if (d->seen == TARGETS_MAX) {
        left_out_add(&d->left_out, where);
        d->spare = (struct candidate_server){.method = d->method, .ready = -1};
        return &d->spare;
    }
    d->seen++;
    server = ARENA_PUSH(d->survey->arena, d->servers, d->count);
    *server = (struct candidate_server){.method = d->method, .role = role, .where = *where, .ready = -1};
    d->found += role == TARGET_REPLICA && !same_host;
    return server;
}

static void begin_method(struct discovery *d, int method)
{
    d->method = method;
    d->found = d->seen = 0;
}

static void end_method(struct discovery *d, int outcome, const char *detail)
{
    *ARENA_PUSH(d->survey->arena, d->facts->methods, d->facts->methods_count) =
        (struct method_facts){d->method, outcome, d->found, detail};
}

static int outcome_by_count(const struct discovery *d)
{
    return d->found ? METHOD_FOUND : METHOD_NOTHING;
}

static int outcome_of_error(int r)
{
    return r == -EPERM || r == -EACCES                             ? METHOD_REFUSED
           : r == -ENOENT || r == -EPROTONOSUPPORT || r == -EINVAL ? METHOD_UNAVAILABLE
           : r == -ESRCH                                           ? METHOD_NOTHING
                                                                   : METHOD_FAILED;
}

static void by_options(struct discovery *d, const struct target_options *options)
{
    begin_method(d, METHOD_OPTION);
    for (size_t i = 0; i < options->cluster_ip.count; i++)
        see(d, TARGET_CLUSTER_IP, &options->cluster_ip.items[i]);
    for (size_t i = 0; i < options->replica.count; i++)
        see(d, TARGET_REPLICA, &options->replica.items[i]);
    end_method(d, outcome_by_count(d), d->found ? NULL : "--replica is not given");
}

/* Why resolv.conf names no ClusterIP: what its first server is instead. */
static const char *no_cluster_ip(const struct resolver_view *view)
{
    switch (server_place(&view->servers[0])) {
    case PLACE_NODE_CACHE:
        return "its nameserver is node-local";
    case PLACE_CLOUD:
        return "its nameserver is the cloud's resolver";
    case PLACE_SELF:
    case PLACE_STUB:
        return "its nameserver is this Pod itself";
    case PLACE_LINK:
        return "its nameserver is a link-local IPv6 address";
    case PLACE_NETWORK:
        break;
    }
    return NULL;
}

static void by_resolv_conf(struct discovery *d, const struct resolv_facts *resolv,
                           const struct resolver_view *view)
{
    bool cluster = resolv->dns_policy && strncmp(resolv->dns_policy, "ClusterFirst", 12) == 0;

    begin_method(d, METHOD_RESOLV_CONF);
    if (!cluster || !view->nameservers_count) {
        end_method(d, METHOD_NOTHING, "it is not of the ClusterFirst kind");
        return;
    }
    for (size_t i = 0; i < view->nameservers_count; i++)
        if (server_place(&view->servers[i]) == PLACE_NETWORK) {
            see(d, TARGET_CLUSTER_IP, &view->servers[i]);
            end_method(d, METHOD_FOUND, NULL);
            return;
        }
    end_method(d, METHOD_NOTHING, no_cluster_ip(view));
}

/* On a node: what Pods have in their resolv.conf. */
static void by_kubelet(struct discovery *d)
{
    const struct kubelet *kubelet;

    if (!pod_view_is_node(d->survey) || !pod_view_has_cluster(d->survey))
        return;
    kubelet = pod_view_kubelet(d->survey);
    if (!kubelet->config.servers_count)
        return;
    begin_method(d, METHOD_KUBELET);
    for (size_t i = 0; i < kubelet->config.servers_count; i++) {
        enum server_place place = server_place(&kubelet->config.servers[i]);

        if (place == PLACE_NETWORK || place == PLACE_NODE_CACHE)
            see(d, place == PLACE_NETWORK ? TARGET_CLUSTER_IP : TARGET_NODE_LOCAL,
                &kubelet->config.servers[i]);
    }
    end_method(d, METHOD_FOUND, kubelet->servers_where);
}

static void see_objects(struct discovery *d, const struct kube_objects *objects)
{
    dns_services_take(d->survey->arena, objects, d->facts);
    for (size_t i = 0; i < objects->services_count; i++) {
        const struct kube_service *service = &objects->services[i];

        for (size_t k = 0; k < service->addresses_count && !service->node_local; k++)
            see(d, TARGET_CLUSTER_IP, &service->addresses[k]);
    }
    for (size_t i = 0; i < objects->endpoints_count; i++) {
        const struct kube_endpoint *endpoint = &objects->endpoints[i];
        struct candidate_server *server =
            see(d, endpoint->node_local ? TARGET_NODE_LOCAL : TARGET_REPLICA, &endpoint->where);

        server->node = endpoint->node ? endpoint->node : server->node;
        server->pod = endpoint->pod ? endpoint->pod : server->pod;
        server->ready = endpoint->ready;
        server->terminating = endpoint->terminating;
    }
    for (size_t i = 0; i < objects->pods_count; i++) {
        const struct kube_pod *pod = &objects->pods[i];

        for (size_t k = 0; k < pod->addresses_count; k++) {
            struct candidate_server *server =
                see(d, pod->node_local ? TARGET_NODE_LOCAL : TARGET_REPLICA, &pod->addresses[k]);

            server->node = pod->node;
            server->pod = pod->name;
            server->version = pod->version;
            server->ready = pod->ready;
        }
    }
}

void discovery_api_options(const struct survey *survey, const struct target_options *options,
                           uint64_t timeout_us, struct kube_api_options *ret_options)
{
    *ret_options = (struct kube_api_options){
        .process = survey->process,
        .account = options->service_account,
        .host = getenv("KUBERNETES_SERVICE_HOST"),
        .port = getenv("KUBERNETES_SERVICE_PORT"),
        .timeout_us = timeout_us,
    };
}

/* What Kubernetes says: all of it, or only the names of Services where that is more than before. */
static void keep_objects(struct discovery *d, const struct kube_objects *objects, bool all)
{
    if (all)
        d->objects = *objects;
    else if (objects->names_count > d->objects.names_count) {
        d->objects.names = objects->names;
        d->objects.names_count = objects->names_count;
    }
}

static void by_api(struct discovery *d, const struct target_options *options,
                   const struct discovery_asks *asks)
{
    static const int outcomes[] = {[KUBE_API_READ] = METHOD_FOUND,
                                   [KUBE_API_PARTLY] = METHOD_FOUND,
                                   [KUBE_API_ABSENT] = METHOD_UNAVAILABLE,
                                   [KUBE_API_REFUSED] = METHOD_REFUSED,
                                   [KUBE_API_FAILED] = METHOD_FAILED};
    struct kube_api_options api;
    struct kube_objects objects = {0};
    const char *detail;
    int outcome;

    objects.wanted = d->wanted;
    discovery_api_options(d->survey, options, asks->api_us ? asks->api_us : API_TIMEOUT_US, &api);
    api.state = asks->objects;
    api.budget_us = API_REQUESTS * api.timeout_us;
    begin_method(d, METHOD_API);
    outcome = outcomes[kube_api_read(d->survey->arena, &api, &objects, &detail)];
    see_objects(d, &objects);
    keep_objects(d, &objects, true);
    if (outcome == METHOD_FOUND && !d->found) {
        outcome = METHOD_NOTHING;
        detail = arena_printf(d->survey->arena,
                              "%s has no Service of DNS that is known by its address, name or labels",
                              options->dns_namespace ? options->dns_namespace : "kube-system");
    }
    end_method(d, outcome, detail);
}

static int by_file(struct discovery *d, const char *path)
{
    struct kube_objects objects = {.wanted = d->wanted};
    const char *bytes;
    size_t len;
    int r;

    begin_method(d, METHOD_FILE);
    if (!path)
        return 0;
    r = endpoints_files_read(d->survey, path, &bytes, &len);
    if (r < 0)
        return r;
    r = kube_objects_read(d->survey->arena, bytes, len, &objects, &d->survey->err);
    if (r < 0 && file_deadline_has_cut()) {
        d->survey->err = (struct err){0};
        end_method(d, METHOD_FAILED, "what came in time is no whole object");
        return 0;
    }
    if (r < 0)
        return err_prefix(&d->survey->err, r, "%s", file_shown(path));
    see_objects(d, &objects);
    /* What somebody who may see it all has piped in says more than what this Pod may ask for. */
    keep_objects(d, &objects,
                 objects.pods_count || objects.deployments_count || objects.configs_count ||
                     (!d->objects.pods_count && !d->objects.services_count));
    if (objects.status && !d->found) {
        end_method(d, METHOD_REFUSED,
                   arena_printf(d->survey->arena, "it is an error of the API server: %s", objects.status));
        return 0;
    }
    end_method(
        d, outcome_by_count(d),
        d->found
            ? NULL
            : arena_printf(d->survey->arena,
                           "none of its %zu objects is an endpoint or a Pod of CoreDNS that is known by its "
                           "name or labels",
                           objects.others + objects.services_count));
    return 0;
}

/* Among the first `known` sightings, since more are added while these are looked through. */
static bool is_cluster_ip(const struct discovery *d, size_t known, const struct address *where)
{
    for (size_t i = 0; i < known; i++)
        if (d->servers[i].role == TARGET_CLUSTER_IP && address_equal(&d->servers[i].where, where))
            return true;
    return false;
}

static void on_entry(void *user, const struct conntrack_entry *entry)
{
    struct discovery *d = user;

    /* What is led to a loopback address is redirected to a program here, which is no replica. */
    if (entry->protocol == IPPROTO_UDP && !address_is_loopback(&entry->reply_src) &&
        !address_same_host(&entry->orig_dst, &entry->reply_src) &&
        is_cluster_ip(d, d->count, &entry->orig_dst))
        see(d, TARGET_REPLICA, &entry->reply_src);
}

/* Begin a way through the kernel, which starts at a ClusterIP; false where none is known. */
static bool begin_kernel_method(struct discovery *d, int method)
{
    begin_method(d, method);
    for (size_t i = 0; i < d->count; i++)
        if (d->servers[i].role == TARGET_CLUSTER_IP)
            return true;
    end_method(d, METHOD_UNAVAILABLE, "it takes a ClusterIP to look for");
    return false;
}

static void by_conntrack(struct discovery *d)
{
    struct conntrack_dump dump;
    struct err err = {0};
    int r;

    if (!begin_kernel_method(d, METHOD_CONNTRACK))
        return;
    r = conntrack_dump(DNS_PORT, on_entry, d, &dump, &err);
    if (r < 0)
        end_method(d, outcome_of_error(r), arena_text(d->survey->arena, err.text));
    else
        end_method(
            d, outcome_by_count(d),
            d->found
                ? NULL
                : "no entry from the ClusterIP to a replica: not a node's network namespace, or no query "
                  "lately");
}

static void by_ipvs(struct discovery *d)
{
    struct ipvs_table table;
    struct err err = {0};
    size_t known = d->count, services = 0;
    int r;

    if (!begin_kernel_method(d, METHOD_IPVS))
        return;
    r = ipvs_table_read(d->survey->arena, DNS_PORT, &table, &err);
    for (size_t i = 0; r == 0 && i < table.services_count; i++) {
        const struct ipvs_listed *listed = &table.services[i];

        if (!is_cluster_ip(d, known, &listed->service.where))
            continue;
        services++;
        for (size_t k = 0; k < listed->destinations_count; k++)
            see(d, TARGET_REPLICA, &listed->destinations[k].where);
    }
    if (r < 0)
        end_method(d, outcome_of_error(r), arena_text(d->survey->arena, err.text));
    else
        end_method(d, outcome_by_count(d),
                   d->found   ? NULL
                   : services ? "the virtual service has no destination"
                              : "IPVS has no virtual service at the ClusterIP");
}

/* Put together what was seen since the last time. */
static void merge(struct discovery *d)
{
    if (d->merged < d->count)
        replicas_merge(d->survey->arena, d->servers + d->merged, d->count - d->merged, d->facts);
    d->merged = d->count;
}

static const char *own_name(struct arena *arena, const struct resolver_view *view)
{
    const char *domain = view ? resolver_cluster_domain(view) : NULL;

    return arena_printf(arena, "kubernetes.default.svc.%s", domain ? domain : CLUSTER_DOMAIN_USUAL);
}

/* The Service that Pods ask has the address that the command line or resolv.conf names. */
static void want(struct discovery *d, const struct target_options *options, const struct resolver_view *view)
{
    struct address *addresses = NULL;
    size_t count = 0;

    for (size_t i = 0; i < options->cluster_ip.count; i++)
        *ARENA_PUSH(d->survey->arena, addresses, count) = options->cluster_ip.items[i];
    for (size_t i = 0; !count && view && !options->no_discovery && i < view->nameservers_count; i++)
        if (server_place(&view->servers[i]) == PLACE_NETWORK)
            *ARENA_PUSH(d->survey->arena, addresses, count) = view->servers[i];
    d->wanted = (struct kube_wanted){.addresses = addresses,
                                     .addresses_count = count,
                                     .space = options->dns_namespace,
                                     .service = options->dns_service};
}

/* What the cluster's DNS is called here, by all that was seen. */
static void name_dns(struct discovery *d, const struct target_options *options,
                     const struct resolv_facts *resolv, const struct resolver_view *view)
{
    struct survey *survey = d->survey;
    bool pod = resolv && view && !options->no_discovery && resolv->dns_policy &&
               strncmp(resolv->dns_policy, "ClusterFirst", 12) == 0;
    const struct distribution_signs signs = {
        .objects = &d->objects,
        .nameservers = pod ? view->nameservers : NULL,
        .nameservers_count = pod ? view->nameservers_count : 0,
        .search = pod ? view->search : NULL,
        .search_count = pod ? view->search_count : 0,
        .kernel = pod && survey->host ? survey->host->kernel : NULL,
    };

    survey->dns = cluster_dns_from(survey->arena, &signs, options->dns_namespace, options->dns_service,
                                   pod ? resolver_cluster_domain(view) : NULL);
}

int discovery_run(struct survey *survey, const struct target_options *options,
                  const struct resolv_facts *resolv, const struct resolver_view *view,
                  const struct discovery_asks *asks, struct replicas_facts *facts)
{
    struct discovery d = {.survey = survey, .facts = facts};
    const char *name = own_name(survey->arena, view);
    int r;

    want(&d, options, view);
    by_options(&d, options);
    if (resolv && !options->no_discovery)
        by_resolv_conf(&d, resolv, view);
    if (!options->no_discovery)
        by_kubelet(&d);
    if (!options->no_discovery)
        by_api(&d, options, asks);
    r = by_file(&d, options->endpoints);
    if (r < 0)
        return r;
    if (asks->objects)
        *asks->objects = d.objects;
    name_dns(&d, options, resolv, view);
    merge(&d);
    if (asks->identity_us)
        r = identity_ask_cluster(survey->arena, name, asks->identity_us, facts, &survey->err);
    if (r < 0)
        return r;
    if (asks->kernel && !options->no_discovery) {
        by_conntrack(&d);
        by_ipvs(&d);
    }
    merge(&d);
    if (asks->identity_us)
        r = identity_ask(survey->arena, name, asks->identity_us, facts, &survey->err);
    if (r < 0)
        return r;
    replicas_compare(survey->arena, facts);
    left_out_tell(survey, &d.left_out, TARGETS_MAX);
    return 0;
}

void discovery_unobserved(struct survey *survey, const struct replicas_facts *facts)
{
    for (size_t i = 0; i < facts->methods_count; i++) {
        const struct method_facts *method = &facts->methods[i];

        if (method->method == METHOD_API &&
            (method->outcome == METHOD_REFUSED || method->outcome == METHOD_FAILED) && !facts->replicas_count)
            survey_unobserved_as(survey, GAP_REPLICAS, NULL, method->detail, discovery_remedy(survey));
    }
}
