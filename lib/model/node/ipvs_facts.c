/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/node/ipvs_facts.h>
#include <string.h>

const char *const ipvs_state_names[] = {"alive", "weight-0", "removed", "no-replica", NULL};

#define TRAFFIC_FIELDS(type)                                                                               \
    SHAPE_FIELD_COUNT(type, traffic.connections, "connections_total", "scheduled since it was made"),      \
        SHAPE_FIELD_COUNT(type, traffic.in_packets, "in_packets", "from clients; null without privilege"), \
        SHAPE_FIELD_COUNT(type, traffic.out_packets, "out_packets", "to clients; null without privilege")

static const struct shape_field destination_fields[] = {
    SHAPE_FIELD_NAME(struct ipvs_destination_facts, address, "address", "with its port"),
    SHAPE_FIELD_CHOICE(struct ipvs_destination_facts, state, "state", ipvs_state_names,
                       "removed: only connections still lead there"),
    SHAPE_FIELD_TEXT(struct ipvs_destination_facts, method, "method", "how packets are forwarded"),
    SHAPE_FIELD_COUNT(struct ipvs_destination_facts, weight, "weight", "0: nothing new goes there"),
    SHAPE_FIELD_COUNT(struct ipvs_destination_facts, active, "active", "connections, as IPVS counts them"),
    SHAPE_FIELD_COUNT(struct ipvs_destination_facts, inactive, "inactive", "the same; UDP is always here"),
    TRAFFIC_FIELDS(struct ipvs_destination_facts),
    SHAPE_FIELD_COUNT(struct ipvs_destination_facts, connections, "connections", "in the table now"),
};
const struct shape ipvs_destination_facts_shape =
    SHAPE(struct ipvs_destination_facts, destination_fields, "ipvs_destination");

static const struct shape_field service_fields[] = {
    SHAPE_FIELD_NAME(struct ipvs_service_facts, protocol, "protocol", "UDP, TCP or SCTP"),
    SHAPE_FIELD_NAME(struct ipvs_service_facts, address, "address", "with its port"),
    SHAPE_FIELD_NAME(struct ipvs_service_facts, scheduler, "scheduler", "rr, wrr, lc, ..."),
    SHAPE_FIELD_BOOL(struct ipvs_service_facts, persistent, "persistent",
                     "a client stays with one destination"),
    SHAPE_FIELD_COUNT(struct ipvs_service_facts, persistent_s, "persistent_s",
                      "for so long; null when it does not, and without privilege"),
    SHAPE_FIELD_BOOL(struct ipvs_service_facts, one_packet, "one_packet",
                     "each packet is scheduled alone, no connection is kept"),
    TRAFFIC_FIELDS(struct ipvs_service_facts),
    SHAPE_FIELD_OBJECTS(struct ipvs_service_facts, destinations, "destinations",
                        &ipvs_destination_facts_shape, "and removed ones that connections still lead to"),
};
const struct shape ipvs_service_facts_shape =
    SHAPE(struct ipvs_service_facts, service_fields, "ipvs_service");

static const struct shape_field connection_fields[] = {
    SHAPE_FIELD_NAME(struct ipvs_connection_facts, protocol, "protocol", "UDP, TCP or SCTP"),
    SHAPE_FIELD_NAME(struct ipvs_connection_facts, client, "client", "address and port"),
    SHAPE_FIELD_NAME(struct ipvs_connection_facts, service, "service", "what the client asks"),
    SHAPE_FIELD_NAME(struct ipvs_connection_facts, destination, "destination", "who is to answer"),
    SHAPE_FIELD_NAME(struct ipvs_connection_facts, connection_state, "connection_state",
                     "UDP, ESTABLISHED, ..."),
    SHAPE_FIELD_CHOICE(struct ipvs_connection_facts, why, "why", ipvs_state_names, "the destination's state"),
    SHAPE_FIELD_COUNT(struct ipvs_connection_facts, expires_s, "expires_s", "when no further packet comes"),
};
const struct shape ipvs_connection_facts_shape =
    SHAPE(struct ipvs_connection_facts, connection_fields, "ipvs_connection");

static const struct shape_field timeout_fields[] = {
    SHAPE_FIELD_COUNT(struct ipvs_timeouts, tcp_s, "tcp_s", "an established connection"),
    SHAPE_FIELD_COUNT(struct ipvs_timeouts, tcp_fin_s, "tcp_fin_s", "one that is being closed"),
    SHAPE_FIELD_COUNT(struct ipvs_timeouts, udp_s, "udp_s", "one of UDP"),
};
static const struct shape timeouts_shape = SHAPE(struct ipvs_timeouts, timeout_fields, "ipvs_timeouts");

static const struct shape_field fields[] = {
    SHAPE_FIELD_CHOICE(struct ipvs_facts, how, "how", table_interface_names,
                       "netlink, or procfs without privilege"),
    SHAPE_FIELD_COUNT(struct ipvs_facts, services_total, "services_total", "on whatever port"),
    SHAPE_FIELD_OBJECTS(struct ipvs_facts, services, "services", &ipvs_service_facts_shape,
                        "on the port of DNS"),
    SHAPE_FIELD_COUNT(struct ipvs_facts, connections_total, "connections_total", "of these services"),
    SHAPE_FIELD_OBJECTS(struct ipvs_facts, stale_connections, "stale_connections",
                        &ipvs_connection_facts_shape, "to backends that are gone"),
    SHAPE_FIELD_COUNT(struct ipvs_facts, stale_total, "stale_total", "with those not listed"),
    SHAPE_FIELD_TALLIES(struct ipvs_facts, sysctls, "sysctls", "of net.ipv4.vs, those that matter here"),
    SHAPE_FIELD_OBJECT(struct ipvs_facts, timeouts, "timeouts", &timeouts_shape,
                       "seconds that a connection lives without a packet; null without privilege"),
    SHAPE_FIELD_TEXTS(struct ipvs_facts, behaviour, "behaviour", "what this kernel does with these settings"),
    SHAPE_FIELD_TEXTS(struct ipvs_facts, replicas, "replicas", "whom the destinations were compared with"),
};
const struct shape ipvs_facts_shape = SHAPE(struct ipvs_facts, fields, "ipvs");

uint64_t ipvs_sysctl(const struct ipvs_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->sysctls_count; i++)
        if (strcmp(facts->sysctls[i].name, name) == 0)
            return facts->sysctls[i].count;
    return SHAPE_UNSET;
}
