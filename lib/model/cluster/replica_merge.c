/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Servers as each method of discovery saw them, put together: one row each, and a conflict where two
 * methods disagree.
 */
#include <k8sdns/model/cluster/replica_facts.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

#define BIT(method) (1U << (method))
/* The ways by which Kubernetes itself says what the endpoints are. */
#define BY_KUBERNETES (BIT(METHOD_API) | BIT(METHOD_FILE))

static void add_conflict(struct arena *arena, struct replicas_facts *facts, const char *address,
                         const char *text)
{
    *ARENA_PUSH(arena, facts->conflicts, facts->conflicts_count) = (struct replica_conflict){address, text};
}

static void add_once(struct arena *arena, const char ***texts, size_t *count, const char *text)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*texts)[i], text) == 0)
            return;
    *ARENA_PUSH(arena, *texts, *count) = text;
}

static void add_cluster_ip(struct arena *arena, struct replicas_facts *facts,
                           const struct candidate_server *server)
{
    size_t count = facts->cluster_ips_count;
    char text[ADDRESS_TEXT];
    const char *address = arena_text(arena, address_format(&server->where, text, sizeof(text)));

    if (BIT(server->method) & (BY_KUBERNETES | BIT(METHOD_OPTION)))
        add_once(arena, &facts->service_ips, &facts->service_ips_count, address);
    for (size_t i = 0; i < count; i++)
        if (address_same_host(&facts->cluster_where[i], &server->where))
            return;
    *ARENA_PUSH(arena, facts->cluster_where, count) = server->where;
    *ARENA_PUSH(arena, facts->cluster_ips, facts->cluster_ips_count) = address;
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
                     const char *what, const char **known, const char *said, int method)
{
    if (!said)
        return;
    if (!*known)
        *known = said;
    else if (strcmp(*known, said) != 0)
        add_conflict(arena, facts, replica->address,
                     arena_printf(arena, "%s: its %s is %s, but %s by %s", replica->address, what, *known,
                                  said, discovery_method_names[method]));
}

void replica_add_method(struct arena *arena, struct replica_facts *replica, int method)
{
    if (replica->methods & BIT(method))
        return;
    replica->methods |= BIT(method);
    *ARENA_PUSH(arena, replica->found_by, replica->found_by_count) = discovery_method_names[method];
}

static bool any_endpoint(const struct replicas_facts *facts)
{
    for (size_t i = 0; i < facts->replicas_count; i++)
        if (facts->replicas[i].endpoint)
            return true;
    return false;
}

static void add_server(struct arena *arena, struct replicas_facts *facts, const struct candidate_server *s)
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
    replica_add_method(arena, replica, s->method);
    replica->endpoint = replica->endpoint || (s->where.port && BIT(s->method) & BY_KUBERNETES);
    add_word(arena, facts, replica, "node", &replica->node, s->node, s->method);
    add_word(arena, facts, replica, "Pod", &replica->pod, s->pod, s->method);
    add_word(arena, facts, replica, "version", &replica->version, s->version, s->method);
    replica->terminating = replica->terminating || s->terminating;
    if (replica->ready < 0)
        replica->ready = s->ready;
    else if (s->ready >= 0 && s->ready != replica->ready)
        add_conflict(arena, facts, replica->address,
                     arena_printf(arena, "%s is %sready, but %sready by %s", replica->address,
                                  replica->ready ? "" : "not ", s->ready ? "" : "not ",
                                  discovery_method_names[s->method]));
}

void replicas_merge(struct arena *arena, const struct candidate_server *servers, size_t count,
                    struct replicas_facts *facts)
{
    /* Those that name a port first: the others are then known by their address. */
    for (int named = 1; named >= 0; named--)
        for (size_t i = 0; i < count; i++)
            if ((servers[i].where.port != 0) == named) {
                if (servers[i].role == TARGET_CLUSTER_IP)
                    add_cluster_ip(arena, facts, &servers[i]);
                else
                    add_server(arena, facts, &servers[i]);
            }
}

static bool method_found(const struct replicas_facts *facts, unsigned methods)
{
    for (size_t i = 0; i < facts->methods_count; i++)
        if (methods & BIT(facts->methods[i].method) && facts->methods[i].outcome == METHOD_FOUND &&
            facts->methods[i].found)
            return true;
    return false;
}

/* A server that Kubernetes does not name, by how it was seen. */
static void compare_stranger(struct arena *arena, struct replicas_facts *facts, const struct replica_facts *r)
{
    add_conflict(
        arena, facts, r->address,
        r->methods & BIT(METHOD_IPVS)
            ? arena_printf(arena, "%s still gets queries by IPVS, but is no endpoint of the Service",
                           r->address)
        : r->methods & BIT(METHOD_CONNTRACK)
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
    bool told = method_found(facts, BY_KUBERNETES), all_identified = facts->replicas_count > 0;

    for (size_t i = 0; i < facts->replicas_count; i++) {
        const struct replica_facts *r = &facts->replicas[i];

        all_identified = all_identified && (r->identity || r->pod);
        if (told && !(r->methods & BY_KUBERNETES))
            compare_stranger(arena, facts, r);
        if (method_found(facts, BIT(METHOD_IPVS)) && r->methods & BY_KUBERNETES && r->ready == 1 &&
            !(r->methods & BIT(METHOD_IPVS)))
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
