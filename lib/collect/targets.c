/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "targets.h"
#include "discovery.h"
#include <errno.h>
#include <string.h>

struct collection {
    struct arena *arena;
    struct target_facts *items;
    size_t count;
};

static void add(struct collection *all, const struct address *where, int role, const char *found_by)
{
    char text[ADDRESS_TEXT];
    struct target_facts *target;

    for (size_t i = 0; i < all->count; i++)
        if (address_equal(&all->items[i].where, where)) {
            if (all->items[i].role == TARGET_NAMESERVER)
                all->items[i].role = role; /* what it is besides was not known yet */
            return;
        }
    target = ARENA_PUSH(all->arena, all->items, all->count);
    target->where = *where;
    target->role = role;
    target->found_by = found_by;
    target->again_us = SHAPE_UNSET;
    target->port = where->port;
    target->address = arena_text(all->arena, address_format(where, text, sizeof(text)));
    target->id = where->port == 53 ? target->address
                                   : arena_text(all->arena, address_format_port(where, text, sizeof(text)));
}

static void add_list(struct collection *all, const struct option_addresses *list, int role)
{
    for (size_t i = 0; i < list->count; i++)
        add(all, &list->items[i], role, "option");
}

static void add_nameservers(struct collection *all, const struct resolv_facts *resolv,
                            const struct resolver_view *view)
{
    bool cluster_dns = resolv->dns_policy && strncmp(resolv->dns_policy, "ClusterFirst", 12) == 0;

    for (size_t i = 0; i < view->nameservers_count; i++) {
        int role = TARGET_NAMESERVER;

        if (address_is_link_local(&view->servers[i]))
            role = TARGET_NODE_LOCAL;
        else if (cluster_dns && i == 0)
            role = TARGET_CLUSTER_IP;
        add(all, &view->servers[i], role, "resolv.conf");
    }
}

/* Those that Kubernetes sends queries to; one that is not ready fails by design. */
static void add_discovered(struct collection *all, const struct replicas_facts *facts)
{
    for (size_t i = 0; i < facts->cluster_ips_count; i++)
        add(all, &facts->cluster_where[i], TARGET_CLUSTER_IP, "discovery");
    for (size_t i = 0; i < facts->replicas_count; i++)
        if (facts->replicas[i].ready != 0)
            add(all, &facts->replicas[i].where, TARGET_REPLICA, facts->replicas[i].found_by[0]);
}

int targets_put_together(struct run *run, const struct target_options *options,
                         const struct resolv_facts *resolv, const struct resolver_view *view,
                         const struct replicas_facts *replicas, struct target_facts **ret_targets)
{
    struct collection all = {.arena = run->arena};

    add_list(&all, &options->cluster_ip, TARGET_CLUSTER_IP);
    /* Without the file a resolver asks 127.0.0.1, where nobody was put to answer. */
    if (!options->no_discovery && resolv->file)
        add_nameservers(&all, resolv, view);
    add_list(&all, &options->replica, TARGET_REPLICA);
    add_list(&all, &options->target, TARGET_OTHER);
    if (replicas)
        add_discovered(&all, replicas);
    if (!all.count)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "there is no server to ask; name one with --cluster-ip, --replica or --target");
    if (all.count > TARGETS_MAX)
        return err_set(&run->err, ERR_USAGE, E2BIG, "%zu servers are more than %d, the most at once",
                       all.count, TARGETS_MAX);
    *ret_targets = all.items;
    return (int)all.count;
}

int targets_collect(struct run *run, const struct target_options *options, const struct resolv_facts *resolv,
                    const struct resolver_view *view, struct target_facts **ret_targets)
{
    bool named = options->cluster_ip.count || options->replica.count || options->target.count;
    const struct discovery_asks asks = {.kernel = true};
    struct replicas_facts *facts = NULL;
    int r;

    if (options->endpoints || (!named && !options->no_discovery)) {
        facts = ARENA_NEW(run->arena, struct replicas_facts);
        r = discovery_run(run, options, resolv, view, &asks, facts);
        if (r < 0)
            return r;
        discovery_unobserved(run, facts);
    }
    return targets_put_together(run, options, resolv, view, facts, ret_targets);
}
