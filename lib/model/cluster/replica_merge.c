/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/replica_facts.h>
#include <string.h>

#define DNS_PORT 53

#define BIT(way) (1U << (way))
/* The ways by which Kubernetes itself says what the endpoints are. */
#define BY_KUBERNETES (BIT(WAY_API) | BIT(WAY_FILE))

static void add_conflict(struct arena *arena, struct replicas_facts *facts, const char *address,
                         const char *text)
{
    *ARENA_PUSH(arena, facts->conflicts, facts->conflicts_count) = (struct replica_conflict){address, text};
}

static void add_cluster_ip(struct arena *arena, struct replicas_facts *facts, const struct address *where)
{
    size_t count = facts->cluster_ips_count;
    char text[ADDRESS_TEXT];

    for (size_t i = 0; i < count; i++)
        if (address_same_host(&facts->cluster_where[i], where))
            return;
    *ARENA_PUSH(arena, facts->cluster_where, count) = *where;
    *ARENA_PUSH(arena, facts->cluster_ips, facts->cluster_ips_count) =
        arena_text(arena, address_format(where, text, sizeof(text)));
    facts->cluster_ip = facts->cluster_ips[0];
}

/* The same server: by address and port, or by address where one of the two does not say the port. */
static struct replica_facts *find(struct replica_facts *all, size_t count, const struct address *where)
{
    for (size_t i = 0; i < count; i++)
        if (address_same_host(&all[i].where, where) && (!where->port || all[i].where.port == where->port))
            return &all[i];
    return NULL;
}

/* Take over what was not known; note what contradicts. */
static void add_word(struct arena *arena, struct replicas_facts *facts, const struct replica_facts *replica,
                     const char *what, const char **known, const char *said, int way)
{
    if (!said)
        return;
    if (!*known)
        *known = said;
    else if (strcmp(*known, said) != 0)
        add_conflict(arena, facts, replica->address,
                     arena_printf(arena, "%s: its %s is %s, but %s by %s", replica->address, what, *known,
                                  said, discovery_way_words[way]));
}

void replica_add_way(struct arena *arena, struct replica_facts *replica, int way)
{
    if (replica->ways & BIT(way))
        return;
    replica->ways |= BIT(way);
    *ARENA_PUSH(arena, replica->found_by, replica->found_by_count) = discovery_way_words[way];
}

static bool any_endpoint(const struct replicas_facts *facts)
{
    for (size_t i = 0; i < facts->replicas_count; i++)
        if (facts->replicas[i].endpoint)
            return true;
    return false;
}

static void add_server(struct arena *arena, struct replicas_facts *facts, const struct replica_sighting *s)
{
    bool local = s->role == TARGET_NODE_LOCAL;
    struct replica_facts *replica = local ? find(facts->node_local, facts->node_local_count, &s->where)
                                          : find(facts->replicas, facts->replicas_count, &s->where);
    char text[ADDRESS_TEXT];

    if (!replica) {
        bool has_endpoints = !s->where.port && any_endpoint(facts);

        replica = local ? ARENA_PUSH(arena, facts->node_local, facts->node_local_count)
                        : ARENA_PUSH(arena, facts->replicas, facts->replicas_count);
        replica->where = s->where;
        replica->where.port = s->where.port ? s->where.port : DNS_PORT;
        replica->port = replica->where.port;
        replica->address = arena_text(arena, address_format(&s->where, text, sizeof(text)));
        replica->ready = -1;
        if (has_endpoints && !local && s->ready == 1)
            add_conflict(arena, facts, replica->address,
                         arena_printf(arena, "the Pod %s (%s) is ready, but is no endpoint of the Service",
                                      s->pod ? s->pod : "", replica->address));
    }
    replica_add_way(arena, replica, s->way);
    replica->endpoint = replica->endpoint || (s->where.port && BIT(s->way) & BY_KUBERNETES);
    add_word(arena, facts, replica, "node", &replica->node, s->node, s->way);
    add_word(arena, facts, replica, "Pod", &replica->pod, s->pod, s->way);
    add_word(arena, facts, replica, "version", &replica->version, s->version, s->way);
    replica->terminating = replica->terminating || s->terminating;
    if (replica->ready < 0)
        replica->ready = s->ready;
    else if (s->ready >= 0 && s->ready != replica->ready)
        add_conflict(arena, facts, replica->address,
                     arena_printf(arena, "%s is %sready, but %sready by %s", replica->address,
                                  replica->ready ? "" : "not ", s->ready ? "" : "not ",
                                  discovery_way_words[s->way]));
}

void replicas_merge(struct arena *arena, const struct replica_sighting *sightings, size_t count,
                    struct replicas_facts *facts)
{
    /* Those that name a port first: the others are then known by their address. */
    for (int named = 1; named >= 0; named--)
        for (size_t i = 0; i < count; i++)
            if ((sightings[i].where.port != 0) == named) {
                if (sightings[i].role == TARGET_CLUSTER_IP)
                    add_cluster_ip(arena, facts, &sightings[i].where);
                else
                    add_server(arena, facts, &sightings[i]);
            }
}

static bool way_found(const struct replicas_facts *facts, unsigned ways)
{
    for (size_t i = 0; i < facts->ways_count; i++)
        if (ways & BIT(facts->ways[i].way) && facts->ways[i].outcome == WAY_FOUND && facts->ways[i].found)
            return true;
    return false;
}

/* A server that Kubernetes does not name, by how it was seen. */
static void compare_stranger(struct arena *arena, struct replicas_facts *facts, const struct replica_facts *r)
{
    add_conflict(
        arena, facts, r->address,
        r->ways & BIT(WAY_IPVS)
            ? arena_printf(arena, "%s still gets queries by IPVS, but is no endpoint of the Service",
                           r->address)
        : r->ways & BIT(WAY_CONNTRACK)
            ? arena_printf(arena,
                           "%s still has connections by the node's conntrack, but is no endpoint of the "
                           "Service",
                           r->address)
            : arena_printf(arena, "%s was named, but is no endpoint of the Service", r->address));
}

static bool is_known(const struct replicas_facts *facts, const char *identity)
{
    for (size_t i = 0; i < facts->replicas_count; i++) {
        const struct replica_facts *r = &facts->replicas[i];

        if ((r->identity && strcmp(r->identity, identity) == 0) || (r->pod && strcmp(r->pod, identity) == 0))
            return true;
    }
    return false;
}

void replicas_compare(struct arena *arena, struct replicas_facts *facts)
{
    bool told = way_found(facts, BY_KUBERNETES), all_identified = facts->replicas_count > 0;

    for (size_t i = 0; i < facts->replicas_count; i++) {
        const struct replica_facts *r = &facts->replicas[i];

        all_identified = all_identified && (r->identity || r->pod);
        if (told && !(r->ways & BY_KUBERNETES))
            compare_stranger(arena, facts, r);
        if (way_found(facts, BIT(WAY_IPVS)) && r->ways & BY_KUBERNETES && r->ready == 1 &&
            !(r->ways & BIT(WAY_IPVS)))
            add_conflict(
                arena, facts, r->address,
                arena_printf(arena, "%s is a ready endpoint, but gets no queries by IPVS", r->address));
        if (r->identity && r->pod && strcmp(r->identity, r->pod) != 0)
            add_conflict(arena, facts, r->address,
                         arena_printf(arena, "%s should be the Pod %s, but calls itself %s", r->address,
                                      r->pod, r->identity));
    }
    for (size_t i = 0; all_identified && i < facts->cluster_identities_count; i++)
        if (!is_known(facts, facts->cluster_identities[i]))
            add_conflict(arena, facts, NULL,
                         arena_printf(arena,
                                      "at the ClusterIP %s answered, which is not among these replicas",
                                      facts->cluster_identities[i]));
}
