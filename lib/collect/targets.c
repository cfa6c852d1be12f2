/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/collect/discovery.h>
#include <k8sdns/collect/targets.h>
#include <k8sdns/model/probe/server_place.h>
#include <k8sdns/source/node/own_address.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

/* So many servers outside of the cluster are named. */
#define FOREIGN_NAMED 3

struct target_list {
    struct arena *arena;
    struct target_facts *items;
    size_t count;
    struct left_out left_out; /* of those that were found rather than named */
};

static void add(struct target_list *all, const struct address *where, int role, enum target_origin found_by)
{
    char text[ADDRESS_TEXT];
    struct target_facts *target;

    for (size_t i = 0; i < all->count; i++)
        if (address_equal(&all->items[i].where, where)) {
            if (all->items[i].role == TARGET_NAMESERVER)
                all->items[i].role = role; /* what it is besides was not known yet */
            return;
        }
    if (found_by != ORIGIN_OPTION && all->count >= TARGETS_MAX) {
        left_out_add(&all->left_out, where);
        return;
    }
    target = ARENA_PUSH(all->arena, all->items, all->count);
    target->where = *where;
    target->role = role;
    target->found_by = (int)found_by;
    target->again_us = SHAPE_UNSET;
    target->port = where->port;
    target->address = arena_text(all->arena, address_format(where, text, sizeof(text)));
    target->id = where->port == DNS_PORT
                     ? target->address
                     : arena_text(all->arena, address_format_port(where, text, sizeof(text)));
}

static void add_list(struct target_list *all, const struct address_list *list, int role)
{
    for (size_t i = 0; i < list->count; i++)
        add(all, &list->items[i], role, ORIGIN_OPTION);
}

/* Whether a nameserver may be the ClusterIP: where it is known what that is, it must be among them. */
static bool may_be_cluster_ip(const struct replicas_facts *replicas, const struct address *where)
{
    char text[ADDRESS_TEXT];

    for (size_t i = 0; replicas && i < replicas->service_ips_count; i++)
        if (strcmp(replicas->service_ips[i], address_format(where, text, sizeof(text))) == 0)
            return true;
    return !replicas || !replicas->service_ips_count;
}

static void add_nameservers(struct target_list *all, const struct resolv_facts *resolv,
                            const struct resolver_view *view, const struct replicas_facts *replicas)
{
    bool cluster_dns = resolv->dns_policy && strncmp(resolv->dns_policy, "ClusterFirst", 12) == 0;

    for (size_t i = 0; i < view->nameservers_count; i++) {
        enum server_place place = server_place(&view->servers[i]);
        int role = TARGET_NAMESERVER;

        if (place == PLACE_NODE_CACHE) {
            role = TARGET_NODE_LOCAL;
        } else if (cluster_dns && place == PLACE_NETWORK) {
            role = may_be_cluster_ip(replicas, &view->servers[i]) ? TARGET_CLUSTER_IP : TARGET_NAMESERVER;
            cluster_dns = false; /* one that stands behind it is another server */
        }
        add(all, &view->servers[i], role, ORIGIN_RESOLV_CONF);
    }
}

_Static_assert((int)ORIGIN_IDENTITY == (int)METHOD_IDENTITY && (int)ORIGIN_DISCOVERY == DISCOVERY_METHODS,
               "origins begin with the methods of discovery");

/* The first of the ways in which it was found. */
static enum target_origin origin_of(const struct replica_facts *replica)
{
    for (unsigned method = 0; method < DISCOVERY_METHODS; method++)
        if (replica->methods & 1U << method)
            return (enum target_origin)method;
    return ORIGIN_DISCOVERY;
}

/* By what saw flows alone: they outlive the replica that they led to. */
static bool is_by_flows(const struct replica_facts *replica)
{
    return !(replica->methods & ~(1U << METHOD_CONNTRACK));
}

/*
 * Those that Kubernetes sends queries to; one that is not ready fails by design. An address that flows alone
 * show is asked only where nobody names the replicas.
 */
static void add_discovered(struct target_list *all, const struct replicas_facts *facts)
{
    bool named = false;

    for (size_t i = 0; i < facts->replicas_count; i++)
        named = named || !is_by_flows(&facts->replicas[i]);
    for (size_t i = 0; i < facts->cluster_ips_count; i++)
        if (may_be_cluster_ip(facts, &facts->cluster_where[i]))
            add(all, &facts->cluster_where[i], TARGET_CLUSTER_IP, ORIGIN_DISCOVERY);
    for (size_t i = 0; i < facts->replicas_count; i++)
        if (facts->replicas[i].ready != 0 && !(named && is_by_flows(&facts->replicas[i])))
            add(all, &facts->replicas[i].where, TARGET_REPLICA, origin_of(&facts->replicas[i]));
}

/*
 * A list that somebody hands over may name any address. One outside of what clusters use, and of what this
 * machine is in, is asked as the list says, and it is told.
 */
static void tell_foreign(struct survey *survey, const struct target_list *all)
{
    const char **foreign = NULL;
    size_t count = 0;

    for (size_t i = 0; i < all->count; i++) {
        const struct target_facts *target = &all->items[i];

        if (target->found_by == ORIGIN_FILE && address_is_public(&target->where) &&
            !own_address_is_near(&target->where))
            *ARENA_PUSH(survey->arena, foreign, count) = target->address;
    }
    if (!count)
        return;
    survey_unobserved_as(
        survey, GAP_FOREIGN_SERVERS,
        arena_printf(survey->arena, "whether %s %s of this cluster",
                     arena_join(survey->arena, foreign, count > FOREIGN_NAMED ? FOREIGN_NAMED : count, ", "),
                     count > 1 ? "and others are" : "is"),
        "the list of --endpoints names it, and it is a public address, so queries went out of the cluster",
        "leave it out of the list if it is none");
}

int targets_put_together(struct survey *survey, const struct target_options *options,
                         const struct resolv_facts *resolv, const struct resolver_view *view,
                         const struct replicas_facts *replicas, struct target_facts **ret_targets)
{
    struct target_list all = {.arena = survey->arena};

    add_list(&all, &options->cluster_ip, TARGET_CLUSTER_IP);
    /* Without the file a resolver asks 127.0.0.1, where nobody was put to answer. */
    if (!options->no_discovery && resolv->file)
        add_nameservers(&all, resolv, view, replicas);
    add_list(&all, &options->replica, TARGET_REPLICA);
    add_list(&all, &options->target, TARGET_OTHER);
    if (replicas)
        add_discovered(&all, replicas);
    /* Whoever named a process meant its servers. */
    if (!all.count && survey->pid && survey->resolv_why)
        return err_set(&survey->err, ERR_INPUT, ENOENT,
                       "%s; name a server with --cluster-ip, --replica or --target, or the file with "
                       "--resolv-conf",
                       survey->resolv_why);
    if (!all.count)
        return err_set(&survey->err, ERR_USAGE, ENOENT,
                       "there is no server to ask; name one with --cluster-ip, --replica or --target");
    if (all.count > TARGETS_MAX)
        return err_set(&survey->err, ERR_USAGE, E2BIG, "%zu servers are more than %d, the most at once",
                       all.count, TARGETS_MAX);
    left_out_tell(survey, &all.left_out, TARGETS_MAX);
    tell_foreign(survey, &all);
    *ret_targets = all.items;
    return (int)all.count;
}

int targets_collect(struct survey *survey, const struct target_options *options,
                    const struct resolv_facts *resolv, const struct resolver_view *view,
                    struct target_facts **ret_targets)
{
    bool named = options->cluster_ip.count || options->replica.count || options->target.count;
    const struct discovery_asks asks = {.kernel = true};
    struct replicas_facts *facts = NULL;
    int r;

    if (options->endpoints || (!named && !options->no_discovery)) {
        facts = ARENA_NEW(survey->arena, struct replicas_facts);
        r = discovery_run(survey, options, resolv, view, &asks, facts);
        if (r < 0)
            return r;
        discovery_unobserved(survey, facts);
    }
    return targets_put_together(survey, options, resolv, view, facts, ret_targets);
}

size_t targets_of_cluster(struct arena *arena, const struct target_facts *targets, size_t count,
                          struct address **ret_addresses)
{
    size_t found = 0;

    *ret_addresses = NULL;
    for (size_t i = 0; i < count; i++)
        if (targets[i].role == TARGET_CLUSTER_IP || targets[i].role == TARGET_REPLICA)
            *ARENA_PUSH(arena, *ret_addresses, found) = targets[i].where;
    return found;
}
