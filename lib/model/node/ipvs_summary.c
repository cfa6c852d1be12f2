/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/model/node/ipvs_summary.h>
#include <stdlib.h>

/* Stale connections listed, and removed destinations of a service told apart; beyond these they are counted.
 */
#define STALE_MAX   64
#define REMOVED_MAX 64

static const char *where_text(struct arena *arena, const struct address *where)
{
    char text[ADDRESS_TEXT];

    return arena_text(arena, address_format_port(where, text, sizeof(text)));
}

static const char *protocol_text(uint8_t protocol)
{
    return protocol == IPPROTO_UDP    ? "UDP"
           : protocol == IPPROTO_TCP  ? "TCP"
           : protocol == IPPROTO_SCTP ? "SCTP"
                                      : "";
}

static bool is_replica(const struct address *where, const struct address *replicas, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (address_same_host(&replicas[i], where))
            return true;
    return false;
}

static int by_address(const void *a, const void *b)
{
    const struct ipvs_destination_facts *x = a, *y = b;

    return address_compare(&x->where, &y->where);
}

static void add_destinations(struct arena *arena, const struct ipvs_listed *listed,
                             const struct address *replicas, size_t replicas_count,
                             struct ipvs_service_facts *service)
{
    for (size_t i = 0; i < listed->destinations_count; i++) {
        const struct ipvs_destination *d = &listed->destinations[i];
        bool strange = replicas_count && !is_replica(&d->where, replicas, replicas_count);

        *ARENA_PUSH(arena, service->destinations, service->destinations_count) =
            (struct ipvs_destination_facts){
                .address = where_text(arena, &d->where),
                .state = strange     ? IPVS_NO_REPLICA
                         : d->weight ? IPVS_ALIVE
                                     : IPVS_DRAINED,
                .method = ipvs_method_names[d->method],
                .weight = d->weight,
                .active = d->active,
                .inactive = d->inactive,
                .traffic = d->traffic,
                .where = d->where,
            };
    }
    /* The kernel's order is that of their making. */
    if (service->destinations_count)
        qsort(service->destinations, service->destinations_count, sizeof(*service->destinations), by_address);
}

void ipvs_summary_begin(struct arena *arena, const struct ipvs_table *table, const struct address *replicas,
                        size_t replicas_count, struct ipvs_facts *facts)
{
    facts->how = table->how;
    facts->services_total = table->services_total;
    facts->timeouts = table->timeouts;
    for (size_t i = 0; i < table->services_count; i++) {
        const struct ipvs_service *s = &table->services[i].service;
        struct ipvs_service_facts *service = ARENA_PUSH(arena, facts->services, facts->services_count);

        *service = (struct ipvs_service_facts){
            .protocol = protocol_text(s->protocol),
            .address =
                s->fwmark ? arena_printf(arena, "mark %" PRIu32, s->fwmark) : where_text(arena, &s->where),
            .scheduler = arena_text(arena, s->scheduler),
            .persistent = s->persistent,
            .persistent_s = s->persistent ? s->persistent_s : SHAPE_UNSET,
            .one_packet = s->one_packet,
            .traffic = s->traffic,
            .where = s->where,
            .protocol_number = s->protocol,
        };
        add_destinations(arena, &table->services[i], replicas, replicas_count, service);
    }
}

/* The connection's destination in its service; a removed one is added while there is room, else NULL. */
static struct ipvs_destination_facts *destination_of(struct arena *arena,
                                                     const struct ipvs_connection *connection,
                                                     struct ipvs_service_facts *service)
{
    struct ipvs_destination_facts *removed;
    size_t known = 0;

    for (size_t i = 0; i < service->destinations_count; i++) {
        if (address_equal(&service->destinations[i].where, &connection->destination))
            return &service->destinations[i];
        known += service->destinations[i].state == IPVS_REMOVED;
    }
    if (known >= REMOVED_MAX)
        return NULL;
    removed = ARENA_PUSH(arena, service->destinations, service->destinations_count);
    *removed = (struct ipvs_destination_facts){
        .address = where_text(arena, &connection->destination),
        .state = IPVS_REMOVED,
        .weight = SHAPE_UNSET,
        .active = SHAPE_UNSET,
        .inactive = SHAPE_UNSET,
        .traffic = {IPVS_UNSET, IPVS_UNSET, IPVS_UNSET},
        .where = connection->destination,
    };
    return removed;
}

void ipvs_summary_add(struct arena *arena, const struct ipvs_connection *connection, struct ipvs_facts *facts)
{
    struct ipvs_service_facts *service = NULL;
    struct ipvs_destination_facts *destination;
    int why;

    for (size_t i = 0; i < facts->services_count && !service; i++)
        if (facts->services[i].protocol_number == connection->protocol &&
            address_equal(&facts->services[i].where, &connection->service))
            service = &facts->services[i];
    /* A template of a persistent service has no client port, and carries no packet. */
    if (!service || !connection->client.port)
        return;
    facts->connections_total++;
    destination = destination_of(arena, connection, service);
    why = destination ? destination->state : IPVS_REMOVED;
    if (destination)
        destination->connections++;
    if (why == IPVS_ALIVE)
        return;
    facts->stale_total++;
    if (facts->stale_connections_count >= STALE_MAX)
        return;
    *ARENA_PUSH(arena, facts->stale_connections, facts->stale_connections_count) =
        (struct ipvs_connection_facts){
            .protocol = service->protocol,
            .client = where_text(arena, &connection->client),
            .service = service->address,
            .destination = where_text(arena, &connection->destination),
            .connection_state = arena_text(arena, connection->state),
            .why = why,
            .expires_s = connection->expires_s,
        };
}

/* Whether the release is before major.minor; one that cannot be read is taken for a new one. */
static bool before(const char *release, long major, long minor)
{
    char *end;
    long is_major = strtol(release, &end, 10), is_minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

    return end != release && (is_major < major || (is_major == major && is_minor < minor));
}

static void say(struct arena *arena, struct ipvs_facts *facts, const char *text)
{
    *ARENA_PUSH(arena, facts->behaviour, facts->behaviour_count) = text;
}

void ipvs_summary_behaviour(struct arena *arena, const char *release, struct ipvs_facts *facts)
{
    bool old = before(release, 5, 9), keeps = true;
    uint64_t expire = ipvs_sysctl(facts, "expire_nodest_conn"), reuse = ipvs_sysctl(facts, "conn_reuse_mode");

    for (size_t i = 0; i < facts->services_count; i++)
        keeps = keeps && !facts->services[i].one_packet;
    if (expire == 0 && keeps)
        say(arena, facts,
            facts->timeouts.udp_s == IPVS_UNSET
                ? "expire_nodest_conn is 0: what comes from a source port that has a connection to a removed "
                  "backend is dropped in silence until that connection expires, and each retry makes it live longer"
                : arena_printf(
                      arena,
                      "expire_nodest_conn is 0: what comes from a source port that has a connection to "
                      "a removed backend is dropped in silence until that connection has been idle for "
                      "%" PRIu64 " s, and each retry makes it live longer",
                      facts->timeouts.udp_s));
    if (expire == 1 && old)
        say(arena, facts,
            "expire_nodest_conn is 1: before Linux 5.9 a connection to a removed backend ends with the next packet "
            "on it, which is lost; the retry is answered");
    if (reuse != SHAPE_UNSET && reuse != 0 && old)
        say(arena, facts,
            "conn_reuse_mode is not 0: before Linux 5.9 a TCP connection from a port that was used shortly before "
            "may lose its first packet, which costs a second; UDP is not concerned");
    if (reuse == 0)
        say(arena, facts,
            "conn_reuse_mode is 0: a TCP connection from a port that was used before goes to the backend of then, "
            "even when that has weight 0; UDP does so in any mode");
}
