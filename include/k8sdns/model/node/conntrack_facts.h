/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_CONNTRACK_FACTS_H
#define K8SDNS_MODEL_CONNTRACK_FACTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/conntrack_flow_facts.h>
#include <k8sdns/model/node/conntrack_tuple_facts.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>

/* By what the kernel showed a table: procfs has less of it, and takes no privilege. */
enum table_interface {
    TABLE_BY_NETLINK,
    TABLE_BY_PROCFS,
};
extern const char *const table_interface_names[]; /* "netlink", "procfs" */

/* How full the table is. The limit is the machine's; the entries are those of one network namespace. */
struct conntrack_table_facts {
    uint64_t entries, max, buckets;
    double fill_ratio; /* NAN when one of the two is not known */
    int how;           /* enum table_interface */
    int hooks; /* 0: this namespace tracks nothing, as a Pod's own does; 1: it does; -1: cannot tell */
};
extern const struct shape conntrack_table_facts_shape;

/* The kernel's counters (struct conntrack_counters): of one CPU, summed, or their change per second. */
extern const struct shape conntrack_counter_facts_shape;
extern const struct shape conntrack_cpu_facts_shape; /* with the CPU's number */

struct conntrack_rate_facts {
    double values[CONNTRACK_COUNTERS]; /* per second; NAN when not known */
};
extern const struct shape conntrack_rate_facts_shape;

/* DNS entries that lead to one server, or come from one client. */
struct conntrack_peer_facts {
    const char *address; /* with the port when that is not the one looked at */
    uint64_t entries, unreplied, assured;
    double share;              /* of all DNS entries */
    int known;                 /* of a backend: a replica; -1: nobody said which are */
    uint64_t queries, replies; /* packets; unset without accounting */
    uint64_t oldest_s;         /* unset without timestamps */
};
extern const struct shape conntrack_peer_facts_shape;

enum conntrack_collision_kind {
    COLLISION_SHARED,    /* one client port, several destinations */
    COLLISION_REWRITTEN, /* the port was taken, and another put in its place */
    COLLISION_HALF,      /* more queries than replies on one port (accounting) */
};
extern const char *const conntrack_collision_names[]; /* "shared", "rewritten", "half-answered" */

struct conntrack_collision_facts {
    int kind;
    const char *client; /* address and port */
    struct conntrack_tuple_facts *entries;
    size_t entries_count;
};
extern const struct shape conntrack_collision_facts_shape;

/* How much of the ephemeral range one source uses towards one server. */
struct conntrack_port_use_facts {
    const char *source, *destination;
    uint64_t ports, range;
    double ratio;
    /* UDP flows whose source port was replaced (masquerading), and the lowest and the highest port put in the
     * place of one, unset without any; `dense`: all between them are in use, as when a narrow range ends. */
    uint64_t masked, low, high;
    bool dense;
};
extern const struct shape conntrack_port_use_facts_shape;

/* Several UDP sockets of this namespace with the same ends. */
struct shared_port_facts {
    const char *local; /* address and port */
    uint64_t sockets;
    uint64_t uid; /* whose the first is */
};
extern const struct shape shared_port_facts_shape;

struct conntrack_dns_facts {
    uint64_t port;
    uint64_t entries, unreplied, assured;
    uint64_t
        unrouted; /* to come from the ClusterIP itself, where no such reply was seen: made without a rule */
    uint64_t oldest_s; /* unset where the kernel keeps no timestamps */
    struct conntrack_peer_facts *by_backend, *by_client;
    size_t by_backend_count, by_client_count;
    struct conntrack_port_use_facts *port_use;
    size_t port_use_count;
    bool filtered, ipv6, interrupted; /* the kernel's filter was used; IPv6 as well; the dump is not whole */
    uint64_t damaged;                 /* entries that could not be read */
    uint64_t untracked;               /* entries beyond what this program keeps in mind */
};
extern const struct shape conntrack_dns_facts_shape;

/* `data` of the conntrack command. */
struct conntrack_facts {
    int status;               /* enum health; -1: not judged */
    struct finding *findings; /* the envelope's, for the text; not in JSON, as the next */
    size_t findings_count;
    struct conntrack_table_facts table;
    struct conntrack_counters counters;
    struct conntrack_counters *per_cpu;
    size_t per_cpu_count;
    struct conntrack_rate_facts *rates; /* since the interval before; NULL in the first */
    struct conntrack_dns_facts *dns;    /* NULL when entries could not be read */
    struct conntrack_collision_facts *collisions;
    size_t collisions_count;
    uint64_t collisions_total;
    struct conntrack_tuple_facts *stale;
    size_t stale_count;
    uint64_t stale_total;
    struct shared_port_facts *shared_ports; /* by sock_diag */
    size_t shared_ports_count;
    const char *socket_backend; /* where a socket that is connected to the ClusterIP leads instead */
    const char **replicas;      /* whom the entries were compared with */
    size_t replicas_count;
    struct conntrack_follow_facts *flows; /* NULL when no events were followed */
};
extern const struct shape conntrack_facts_shape;

/* What flows that were followed come to: enum health. Pure. */
int conntrack_follow_status(const struct conntrack_follow_facts *flows,
                            const struct conntrack_table_facts *table);

/* Fill now->rates, and `renewed` of the stale entries, by what was seen `seconds` before. Pure. */
void conntrack_facts_rates(struct arena *arena, const struct conntrack_facts *before,
                           struct conntrack_facts *now, double seconds);

#endif
