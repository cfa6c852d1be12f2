/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public resolvers in a file whose search list is a cluster's: alone, or beside the cluster's own. */
#include "resolv_outsiders.h"
#include <k8sdns/model/probe/server_place.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <string.h>
#include <strings.h>

static bool searches_cluster(const struct resolv_reading *reading)
{
    for (size_t i = 0; i < reading->search_count; i++)
        if (strncasecmp(reading->search[i], "svc.", 4) == 0 || strcasestr(reading->search[i], ".svc."))
            return true;
    return false;
}

static bool rotates(const struct resolv_reading *reading)
{
    for (size_t i = 0; i < reading->options_count; i++)
        if (strcmp(reading->options[i], "rotate") == 0)
            return true;
    return false;
}

/* At the address of a site, a node or a Pod: the cluster's DNS may be there. */
static bool may_be_cluster(const struct address *server)
{
    enum server_place place = server_place(server);

    return place == PLACE_NODE_CACHE ||
           (place == PLACE_NETWORK && !address_is_public(server) && !server_place_public(server));
}

static bool has_cluster(const struct resolv_reading *reading, int family)
{
    for (size_t i = 0; i < reading->nameservers_count; i++)
        if (may_be_cluster(&reading->servers[i]) && (!family || reading->servers[i].family == family))
            return true;
    return false;
}

/*
 * Whose it is. Some clusters have Services at public addresses, GKE and those of IPv6 among them: one that is
 * not known stands for somebody else's only beside another of its family.
 */
static const char *outsider(struct arena *arena, const struct resolv_reading *reading, size_t at)
{
    const struct address *server = &reading->servers[at];
    const char *owner = server_place_public(server);

    if (owner)
        return arena_printf(arena, "a public resolver (%s)", owner);
    return server_place(server) == PLACE_NETWORK && address_is_public(server) &&
                   has_cluster(reading, server->family)
               ? "somebody else's, by its public address"
               : NULL;
}

/* When it is asked, beside servers of the cluster. Sources: those of the rules of each resolver. */
static const char *when_asked(const struct resolv_reading *reading, size_t at, int resolver)
{
    if (resolver == RESOLVER_MUSL)
        return "musl asks all servers at once and takes the first answer: a cluster name is not found "
               "whenever this one is faster";
    if (rotates(reading))
        return "with rotate it is asked first in its turn, and its NXDOMAIN is final: cluster names are found "
               "by some lookups and not by others";
    if (!at)
        return "it is asked first, and its NXDOMAIN is final: cluster names are not found";
    if (resolver == RESOLVER_CARES)
        return "once one before it failed more often, c-ares asks it first: cluster names are not found then";
    return "it is asked when those before it are silent or fail (SERVFAIL, REFUSED), and its NXDOMAIN is final: "
           "cluster names are not found then";
}

const char *outsider_text(struct arena *arena, const struct resolv_reading *reading, size_t at, int resolver)
{
    const char *what = searches_cluster(reading) ? outsider(arena, reading, at) : NULL;
    bool beside = has_cluster(reading, 0);

    if (!what || (!beside && resolver == RESOLVER_CARES))
        return NULL;
    return arena_printf(arena, "nameserver %s is %s, which knows no cluster name%s%s",
                        reading->nameservers[at], what, beside ? "; " : ", and no server here does",
                        beside ? when_asked(reading, at, resolver) : "");
}
