/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_IPVS_FACTS_H
#define K8SDNS_MODEL_IPVS_FACTS_H

#include <k8sdns/model/node/conntrack_facts.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/wire/node/ipvs_message.h>

enum ipvs_state {
    IPVS_ALIVE,
    IPVS_DRAINED,    /* weight 0: nothing new goes there, what is there stays */
    IPVS_REMOVED,    /* not in the service any more, but connections lead there */
    IPVS_NO_REPLICA, /* in the service, but not one of the replicas that Kubernetes or the options name */
};
extern const char *const ipvs_state_names[]; /* "alive", "weight-0", "removed", "no-replica" */

struct ipvs_destination_facts {
    const char *address; /* with its port */
    int state;
    const char *method;
    uint64_t weight, active, inactive; /* unset for a removed one */
    struct ipvs_traffic traffic;
    uint64_t connections; /* in the table now */
    struct address where; /* not in JSON */
};
extern const struct shape ipvs_destination_facts_shape;

struct ipvs_service_facts {
    const char *protocol, *address, *scheduler;
    bool persistent;       /* a client stays with one destination */
    uint64_t persistent_s; /* for so long; unset when it does not, or that is not shown */
    bool one_packet;
    struct ipvs_traffic traffic;
    struct ipvs_destination_facts *destinations;
    size_t destinations_count;
    struct address where; /* not in JSON, as the next */
    uint8_t protocol_number;
};
extern const struct shape ipvs_service_facts_shape;

/* A connection to a backend that is gone. */
struct ipvs_connection_facts {
    const char *protocol, *client, *service, *destination, *connection_state;
    int why; /* enum ipvs_state */
    uint64_t expires_s;
};
extern const struct shape ipvs_connection_facts_shape;

/* `data` of the ipvs command. */
struct ipvs_facts {
    int how;                 /* enum table_interface */
    uint64_t services_total; /* on whatever port */
    struct ipvs_service_facts *services;
    size_t services_count;
    uint64_t connections_total; /* to these services; unset when they cannot be read */
    struct ipvs_connection_facts *stale_connections;
    size_t stale_connections_count;
    uint64_t stale_total; /* with those not listed */
    struct shape_tally *sysctls;
    size_t sysctls_count;
    struct ipvs_timeouts timeouts;
    const char **behaviour; /* what this kernel does with these settings */
    size_t behaviour_count;
    const char **replicas; /* whom the destinations were compared with */
    size_t replicas_count;
};
extern const struct shape ipvs_facts_shape;

/* A sysctl of net.ipv4.vs by its last name; SHAPE_UNSET when the kernel does not have it. */
uint64_t ipvs_sysctl(const struct ipvs_facts *facts, const char *name);

#endif
