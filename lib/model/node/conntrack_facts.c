/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/node/conntrack_facts.h>
#include <math.h>
#include <string.h>

const char *const conntrack_collision_names[] = {"shared", "rewritten", "half-answered", NULL};

const char *const table_interface_names[] = {"netlink", "procfs", NULL};

static const struct shape_field table_fields[] = {
    SHAPE_FIELD_COUNT(struct conntrack_table_facts, entries, "entries", "of this network namespace"),
    SHAPE_FIELD_COUNT(struct conntrack_table_facts, max, "max", "the machine's limit"),
    SHAPE_FIELD_COUNT(struct conntrack_table_facts, buckets, "buckets", "of the hash table"),
    SHAPE_FIELD_REAL(struct conntrack_table_facts, fill_ratio, "fill_ratio", "0 to 1"),
    SHAPE_FIELD_CHOICE(struct conntrack_table_facts, how, "how", table_interface_names,
                       "netlink, or procfs without privilege"),
    SHAPE_FIELD_ANSWER(struct conntrack_table_facts, hooks, "hooks",
                       "this namespace tracks connections; a Pod's own does not, and is not the node's"),
};
const struct shape conntrack_table_facts_shape =
    SHAPE(struct conntrack_table_facts, table_fields, "conntrack_table");

#define COUNTER_FIELDS(type, kind)                                                                      \
    kind(type, values[CONNTRACK_FOUND], "found", "entries looked up where another used the same hash"), \
        kind(type, values[CONNTRACK_INVALID], "invalid", "packets that could not be tracked"),          \
        kind(type, values[CONNTRACK_INSERT], "insert", "entries made by netlink (not by traffic)"),     \
        kind(type, values[CONNTRACK_INSERT_FAILED], "insert_failed",                                    \
             "entries that could not be made: another has the tuple"),                                  \
        kind(type, values[CONNTRACK_DROP], "drop",                                                      \
             "packets dropped: the table is full, or insertion failed"),                                \
        kind(type, values[CONNTRACK_EARLY_DROP], "early_drop", "entries thrown out to make room"),      \
        kind(type, values[CONNTRACK_ERROR], "error", "packets that are damaged or out of place"),       \
        kind(type, values[CONNTRACK_SEARCH_RESTART], "search_restart", "lookups begun again"),          \
        kind(type, values[CONNTRACK_CLASH_RESOLVE], "clash_resolve",                                    \
             "two packets raced to make one entry, and both went through: no loss"),                    \
        kind(type, values[CONNTRACK_CHAIN_TOOLONG], "chain_toolong",                                    \
             "entries refused: a hash chain is too long")

static const struct shape_field counter_fields[] = {
    COUNTER_FIELDS(struct conntrack_counters, SHAPE_FIELD_COUNT)};
const struct shape conntrack_counter_facts_shape =
    SHAPE(struct conntrack_counters, counter_fields, "conntrack_counters");

static const struct shape_field cpu_fields[] = {
    SHAPE_FIELD_COUNT(struct conntrack_counters, cpu, "cpu", "its number"),
    COUNTER_FIELDS(struct conntrack_counters, SHAPE_FIELD_COUNT)};
const struct shape conntrack_cpu_facts_shape = SHAPE(struct conntrack_counters, cpu_fields, "conntrack_cpu");

static const struct shape_field rate_fields[] = {
    COUNTER_FIELDS(struct conntrack_rate_facts, SHAPE_FIELD_REAL)};
const struct shape conntrack_rate_facts_shape =
    SHAPE(struct conntrack_rate_facts, rate_fields, "conntrack_rates");

static const struct shape_field peer_fields[] = {
    SHAPE_FIELD_NAME(struct conntrack_peer_facts, address, "address", "IP address, with an unusual port"),
    SHAPE_FIELD_COUNT(struct conntrack_peer_facts, entries, "entries", "DNS entries"),
    SHAPE_FIELD_COUNT(struct conntrack_peer_facts, unreplied, "unreplied", "of these: no reply was seen"),
    SHAPE_FIELD_COUNT(struct conntrack_peer_facts, assured, "assured", "of these: not thrown out early"),
    SHAPE_FIELD_REAL(struct conntrack_peer_facts, share, "share", "of all DNS entries, 0 to 1"),
    SHAPE_FIELD_ANSWER(struct conntrack_peer_facts, known, "known", "of a backend: it is a replica"),
    SHAPE_FIELD_COUNT(struct conntrack_peer_facts, queries, "queries",
                      "packets to it of these entries; null without nf_conntrack_acct"),
    SHAPE_FIELD_COUNT(struct conntrack_peer_facts, replies, "replies", "packets back"),
    SHAPE_FIELD_COUNT(struct conntrack_peer_facts, oldest_s, "oldest_s",
                      "age of the oldest; null without nf_conntrack_timestamp"),
};
const struct shape conntrack_peer_facts_shape =
    SHAPE(struct conntrack_peer_facts, peer_fields, "conntrack_peer");

static const struct shape_field collision_fields[] = {
    SHAPE_FIELD_CHOICE(
        struct conntrack_collision_facts, kind, "kind", conntrack_collision_names,
        "one port towards several servers, a port that was replaced, or queries without replies"),
    SHAPE_FIELD_NAME(struct conntrack_collision_facts, client, "client", "address and source port"),
    SHAPE_FIELD_OBJECTS(struct conntrack_collision_facts, entries, "entries", &conntrack_tuple_facts_shape,
                        "the entries"),
};
const struct shape conntrack_collision_facts_shape =
    SHAPE(struct conntrack_collision_facts, collision_fields, "conntrack_collision");

static const struct shape_field port_use_fields[] = {
    SHAPE_FIELD_NAME(struct conntrack_port_use_facts, source, "source", "address after SNAT"),
    SHAPE_FIELD_NAME(struct conntrack_port_use_facts, destination, "destination",
                     "server and port after DNAT"),
    SHAPE_FIELD_COUNT(struct conntrack_port_use_facts, ports, "ports", "source ports in use between the two"),
    SHAPE_FIELD_COUNT(struct conntrack_port_use_facts, range, "range", "ephemeral ports there are"),
    SHAPE_FIELD_REAL(struct conntrack_port_use_facts, ratio, "ratio", "0 to 1"),
    SHAPE_FIELD_COUNT(struct conntrack_port_use_facts, masked, "masked",
                      "UDP flows whose source port was replaced (masquerading)"),
    SHAPE_FIELD_COUNT(struct conntrack_port_use_facts, low, "low", "the lowest port put in the place of one"),
    SHAPE_FIELD_COUNT(struct conntrack_port_use_facts, high, "high", "the highest"),
    SHAPE_FIELD_BOOL(struct conntrack_port_use_facts, dense, "dense",
                     "every port between the two is in use, as when a narrow range ends"),
};
const struct shape conntrack_port_use_facts_shape =
    SHAPE(struct conntrack_port_use_facts, port_use_fields, "conntrack_port_use");

static const struct shape_field shared_port_fields[] = {
    SHAPE_FIELD_NAME(struct shared_port_facts, local, "local", "address and port"),
    SHAPE_FIELD_COUNT(struct shared_port_facts, sockets, "sockets", "how many are bound to it"),
    SHAPE_FIELD_COUNT(struct shared_port_facts, uid, "uid", "whose the first is"),
};
const struct shape shared_port_facts_shape =
    SHAPE(struct shared_port_facts, shared_port_fields, "shared_port");

static const struct shape_field dns_fields[] = {
    SHAPE_FIELD_COUNT(struct conntrack_dns_facts, port, "port", "original destination port looked for"),
    SHAPE_FIELD_COUNT(struct conntrack_dns_facts, entries, "entries", "UDP and TCP, IPv4 and IPv6"),
    SHAPE_FIELD_COUNT(struct conntrack_dns_facts, unreplied, "unreplied", "of these: no reply was seen"),
    SHAPE_FIELD_COUNT(struct conntrack_dns_facts, assured, "assured", "of these: not thrown out early"),
    SHAPE_FIELD_COUNT(struct conntrack_dns_facts, unrouted, "unrouted",
                      "to the ClusterIP with no backend: made while the rule was missing"),
    SHAPE_FIELD_COUNT(struct conntrack_dns_facts, oldest_s, "oldest_s",
                      "age of the oldest; null without timestamps"),
    SHAPE_FIELD_OBJECTS(struct conntrack_dns_facts, by_backend, "by_backend", &conntrack_peer_facts_shape,
                        "by who is to answer"),
    SHAPE_FIELD_OBJECTS(struct conntrack_dns_facts, by_client, "by_client", &conntrack_peer_facts_shape,
                        "the clients with the most"),
    SHAPE_FIELD_OBJECTS(struct conntrack_dns_facts, port_use, "port_use", &conntrack_port_use_facts_shape,
                        "ephemeral ports in use, the most first"),
    SHAPE_FIELD_BOOL(struct conntrack_dns_facts, filtered, "filtered",
                     "the kernel left out all other entries"),
    SHAPE_FIELD_BOOL(
        struct conntrack_dns_facts, ipv6, "ipv6",
        "IPv6 was looked through; not where there are only link-local addresses and no forwarding"),
    SHAPE_FIELD_BOOL(struct conntrack_dns_facts, interrupted, "interrupted",
                     "the table changed while it was read: some may be missing or twice"),
    SHAPE_FIELD_COUNT(struct conntrack_dns_facts, damaged, "damaged", "entries that could not be read"),
    SHAPE_FIELD_COUNT(struct conntrack_dns_facts, untracked, "untracked",
                      "entries counted but not compared: more than are kept in mind"),
};
const struct shape conntrack_dns_facts_shape = SHAPE(struct conntrack_dns_facts, dns_fields, "conntrack_dns");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct conntrack_facts, status, "status", health_names,
                     "the whole in one word; the exit status says the same; null when nothing was judged"),
    SHAPE_FIELD_OBJECT(struct conntrack_facts, table, "table", &conntrack_table_facts_shape, "its fill"),
    SHAPE_FIELD_OBJECT(struct conntrack_facts, counters, "counters", &conntrack_counter_facts_shape,
                       "since the start, over all CPUs"),
    SHAPE_FIELD_OBJECTS(struct conntrack_facts, per_cpu, "per_cpu", &conntrack_cpu_facts_shape,
                        "the same by CPU"),
    SHAPE_FIELD_POINTER(struct conntrack_facts, rates, "rates", &conntrack_rate_facts_shape,
                        "their change per second; null at first"),
    SHAPE_FIELD_POINTER(struct conntrack_facts, dns, "dns", &conntrack_dns_facts_shape,
                        "DNS entries; null when they could not be read"),
    SHAPE_FIELD_OBJECTS(struct conntrack_facts, collisions, "collisions", &conntrack_collision_facts_shape,
                        "source ports that collide"),
    SHAPE_FIELD_COUNT(struct conntrack_facts, collisions_total, "collisions_total", "with those not listed"),
    SHAPE_FIELD_OBJECTS(struct conntrack_facts, stale, "stale", &conntrack_tuple_facts_shape,
                        "UDP entries whose backend is no replica"),
    SHAPE_FIELD_COUNT(struct conntrack_facts, stale_total, "stale_total", "with those not listed"),
    SHAPE_FIELD_OBJECTS(struct conntrack_facts, shared_ports, "shared_ports", &shared_port_facts_shape,
                        "UDP sockets of this namespace that share a port (SO_REUSEPORT)"),
    SHAPE_FIELD_TEXT(struct conntrack_facts, socket_backend, "socket_backend",
                     "where a socket connected to the ClusterIP leads instead: load balancing at the socket, "
                     "of which the table has nothing"),
    SHAPE_FIELD_TEXTS(struct conntrack_facts, replicas, "replicas", "whom the entries were compared with"),
    SHAPE_FIELD_POINTER(struct conntrack_facts, flows, "flows", &conntrack_follow_facts_shape,
                        "flows that were followed as they came; null when none were"),
};
const struct shape conntrack_facts_shape = SHAPE(struct conntrack_facts, fields, "conntrack");

int conntrack_follow_status(const struct conntrack_follow_facts *flows,
                            const struct conntrack_table_facts *table)
{
    uint64_t judged = flows->answered + flows->unanswered;

    if (!flows->created && table->hooks == 0)
        return HEALTH_UNKNOWN;
    if (judged && flows->unanswered * 2 >= judged)
        return HEALTH_FAILING;
    return flows->unanswered || flows->stale || flows->clash ? HEALTH_DEGRADED : HEALTH_OK;
}

static bool is_same_flow(const struct conntrack_tuple_facts *a, const struct conntrack_tuple_facts *b)
{
    return strcmp(a->protocol, b->protocol) == 0 && strcmp(a->orig_src, b->orig_src) == 0 &&
           strcmp(a->orig_dst, b->orig_dst) == 0 && strcmp(a->reply_src, b->reply_src) == 0;
}

/* Left alone, an entry comes nearer to its end by the time that passed; both are in whole seconds. */
static bool is_renewed(const struct conntrack_tuple_facts *before, const struct conntrack_tuple_facts *now,
                       double seconds)
{
    return (double)before->timeout_s - (double)now->timeout_s < floor(seconds);
}

void conntrack_facts_rates(struct arena *arena, const struct conntrack_facts *before,
                           struct conntrack_facts *now, double seconds)
{
    now->rates = ARENA_NEW(arena, struct conntrack_rate_facts);
    for (size_t i = 0; i < CONNTRACK_COUNTERS; i++) {
        uint64_t was = before->counters.values[i], is = now->counters.values[i];

        now->rates->values[i] = was == CONNTRACK_UNSET || is == CONNTRACK_UNSET || is < was
                                    ? (double)NAN
                                    : (double)(is - was) / seconds;
    }
    for (size_t i = 0; i < now->stale_count; i++)
        for (size_t k = 0; k < before->stale_count; k++)
            if (is_same_flow(&now->stale[i], &before->stale[k]))
                now->stale[i].renewed = is_renewed(&before->stale[k], &now->stale[i], seconds);
}
