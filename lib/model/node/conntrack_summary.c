/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/model/node/conntrack_summary.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* So many client ports are remembered: a whole table of the usual size, in 8 MB. A power of two as PEERS_MAX
 * is: a division would cost more than the hash that it is of. */
#define FLOWS_MAX 262144
/* Servers, clients, and pairs of the two. */
#define PEERS_MAX 4096
/* Listed at most; the totals count all. */
#define LISTED_MAX    100
#define EVIDENCE_MAX  4
#define CLIENTS_SHOWN 10
#define USES_SHOWN    10
/* Fewer neighbouring ports may be so by chance. */
#define DENSE_MIN 8

/* A set of addresses, each with its counts: open addressing, at most half full. */
struct peer {
    struct address key, other; /* `other` for pairs */
    uint64_t entries, unreplied, assured;
    uint64_t queries, replies; /* packets; CONNTRACK_UNSET until accounting is seen */
    uint64_t oldest_ns;        /* 0 without timestamps */
    uint64_t masked;           /* of pairs: UDP flows whose port was replaced */
    uint16_t low, high;        /* by these */
    bool behind_cluster_ip;
    bool used;
};

struct peers {
    struct peer *slots;
    size_t size, count;
};

/* The first entry of each client port, as far as is needed to know the next one by. */
struct flow {
    uint64_t client; /* hash of who asked, from where; 0: free */
    uint32_t server; /* of whom */
    bool shared;     /* already noted */
    bool plain;      /* the first one was not translated */
};

struct collision {
    int kind;
    size_t count;
    struct conntrack_entry entries[EVIDENCE_MAX];
};

struct conntrack_summary {
    struct conntrack_summary_options options;
    uint64_t entries, unreplied, assured, unrouted, direct, untracked, oldest_ns;
    struct peers backends, clients, uses;
    struct flow *flows;
    size_t flows_count;
    struct collision collisions[LISTED_MAX];
    size_t collisions_count;
    uint64_t collisions_total;
    struct conntrack_entry stale[LISTED_MAX];
    size_t stale_count;
    uint64_t stale_total;
};

/* By words, since a full table asks for five hashes an entry. Whoever makes Pods choose ports to collide here
 * slows a diagnosis, no more. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static uint64_t mix_address(uint64_t hash, const struct address *address, bool with_port)
{
    uint64_t port = with_port ? address->port : 0, words[2];

    if (address->family == AF_INET)
        return mix(hash, (uint64_t)address->v4.s_addr << 16 | port);
    memcpy(words, &address->v6, sizeof(words));
    return mix(mix(mix(hash, words[0]), words[1]), port);
}

#define SEED UINT64_C(14695981039346656037)

static struct peers peers_new(size_t size)
{
    struct peers peers = {calloc(size * 2, sizeof(struct peer)), size * 2, 0};

    if (!peers.slots)
        err_out_of_memory();
    return peers;
}

static bool same(const struct address *a, const struct address *b, bool with_port)
{
    return with_port ? address_equal(a, b) : address_same_host(a, b);
}

/* The counts of `key`, or of the pair; NULL when there are too many. */
static struct peer *peers_at(struct peers *peers, const struct address *key, bool key_port,
                             const struct address *other)
{
    uint64_t hash = mix_address(SEED, key, key_port);

    if (other)
        hash = mix_address(hash, other, false);
    for (size_t mask = peers->size - 1, i = hash & mask;; i = (i + 1) & mask) {
        struct peer *peer = &peers->slots[i];

        if (!peer->used) {
            if (peers->count >= peers->size / 2)
                return NULL;
            peers->count++;
            *peer = (struct peer){
                .key = *key, .used = true, .queries = CONNTRACK_UNSET, .replies = CONNTRACK_UNSET};
            if (other)
                peer->other = *other;
            return peer;
        }
        if (same(&peer->key, key, key_port) && (!other || same(&peer->other, other, false)))
            return peer;
    }
}

struct conntrack_summary *conntrack_summary_new(const struct conntrack_summary_options *options)
{
    struct conntrack_summary *s = calloc(1, sizeof(*s));

    if (!s)
        err_out_of_memory();
    s->options = *options;
    s->backends = peers_new(PEERS_MAX);
    s->clients = peers_new(PEERS_MAX);
    s->uses = peers_new(PEERS_MAX);
    /* Twice the flows, so that a free place is near; pages that nothing falls on are never touched. */
    s->flows = calloc(FLOWS_MAX * 2, sizeof(*s->flows));
    if (!s->flows)
        err_out_of_memory();
    return s;
}

void conntrack_summary_free(struct conntrack_summary *s)
{
    if (!s)
        return;
    free(s->backends.slots);
    free(s->clients.slots);
    free(s->uses.slots);
    free(s->flows);
    free(s);
}

static void note_oldest(uint64_t *oldest_ns, const struct conntrack_entry *e)
{
    if (e->started_ns != CONNTRACK_UNSET && (!*oldest_ns || e->started_ns < *oldest_ns))
        *oldest_ns = e->started_ns;
}

static void count(struct conntrack_summary *s, struct peer *peer, const struct conntrack_entry *e)
{
    if (!peer) {
        s->untracked++;
        return;
    }
    peer->entries++;
    peer->unreplied += !e->replied;
    peer->assured += e->assured;
    note_oldest(&peer->oldest_ns, e);
    if (e->orig_packets == CONNTRACK_UNSET || e->reply_packets == CONNTRACK_UNSET)
        return;
    peer->queries = e->orig_packets + (peer->queries == CONNTRACK_UNSET ? 0 : peer->queries);
    peer->replies = e->reply_packets + (peer->replies == CONNTRACK_UNSET ? 0 : peer->replies);
}

static bool is_any(const struct address *address, const struct address *all, size_t all_count)
{
    for (size_t i = 0; i < all_count; i++)
        if (address_same_host(address, &all[i]))
            return true;
    return false;
}

static void list_collision(struct conntrack_summary *s, int kind, const struct conntrack_entry *e)
{
    struct collision *collision;

    s->collisions_total++;
    if (s->collisions_count == LISTED_MAX)
        return;
    collision = &s->collisions[s->collisions_count++];
    *collision = (struct collision){.kind = kind, .count = 1, .entries = {*e}};
}

/*
 * One client port towards two servers, which NAT may mix up. Flows of which none is translated (`plain`) are
 * told apart by their addresses: so asks a program with several nameservers, or behind load balancing at the
 * socket.
 */
static void follow(struct conntrack_summary *s, const struct conntrack_entry *e, bool plain)
{
    uint64_t client = mix(mix_address(SEED, &e->orig_src, true), e->protocol) | 1;
    uint32_t server = (uint32_t)mix_address(mix_address(SEED, &e->orig_dst, true), &e->reply_src, true);
    const size_t mask = FLOWS_MAX * 2 - 1;

    for (size_t i = client >> 1 & mask;; i = (i + 1) & mask) {
        struct flow *flow = &s->flows[i];

        if (!flow->client) {
            if (s->flows_count == FLOWS_MAX) {
                s->untracked++;
                return;
            }
            s->flows_count++;
            *flow = (struct flow){client, server, false, plain};
            return;
        }
        if (flow->client != client)
            continue;
        if (flow->server != server && !flow->shared && !(flow->plain && plain)) {
            flow->shared = true;
            list_collision(s, COLLISION_SHARED, e);
        }
        return;
    }
}

static void note_masked(struct peer *use, const struct conntrack_entry *e)
{
    uint16_t port = e->reply_dst.port;

    if (e->protocol != IPPROTO_UDP || port == e->orig_src.port)
        return;
    use->low = use->masked && use->low < port ? use->low : port;
    use->high = use->high > port ? use->high : port;
    use->masked++;
}

void conntrack_summary_add(void *summary, const struct conntrack_entry *e)
{
    struct conntrack_summary *s = summary;
    const struct conntrack_summary_options *o = &s->options;
    bool to_cluster = is_any(&e->orig_dst, o->cluster_ips, o->cluster_ips_count);
    /* No rule of this namespace leads it to a backend: it is to be answered from the ClusterIP itself. */
    bool direct = to_cluster && address_same_host(&e->orig_dst, &e->reply_src);
    struct peer *backend, *use;

    s->entries++;
    s->unreplied += !e->replied;
    s->assured += e->assured;
    s->unrouted += direct && !e->replied;
    s->direct += direct && e->replied;
    note_oldest(&s->oldest_ns, e);
    backend = peers_at(&s->backends, &e->reply_src, true, NULL);
    count(s, backend, e);
    if (backend && to_cluster && !direct)
        backend->behind_cluster_ip = true;
    count(s, peers_at(&s->clients, &e->orig_src, false, NULL), e);
    use = peers_at(&s->uses, &e->reply_src, true, &e->reply_dst);
    count(s, use, e);
    if (use)
        note_masked(use, e);
    follow(s, e, !to_cluster && address_same_host(&e->orig_dst, &e->reply_src));
    /* With the address the client's own, only a port that was taken is replaced; masquerading may choose any.
     */
    if (e->reply_dst.port != e->orig_src.port && address_same_host(&e->reply_dst, &e->orig_src))
        list_collision(s, COLLISION_REWRITTEN, e);
    if (e->protocol == IPPROTO_UDP && e->orig_packets != CONNTRACK_UNSET && e->replied &&
        e->orig_packets > e->reply_packets)
        list_collision(s, COLLISION_HALF, e);
    if (e->protocol == IPPROTO_UDP && to_cluster && !direct && o->replicas_count &&
        !is_any(&e->reply_src, o->replicas, o->replicas_count)) {
        s->stale_total++;
        if (s->stale_count < LISTED_MAX)
            s->stale[s->stale_count++] = *e;
    }
}

bool conntrack_summary_wants_again(const struct conntrack_summary *s)
{
    for (size_t i = 0; i < s->collisions_count; i++)
        if (s->collisions[i].kind == COLLISION_SHARED)
            return true;
    return false;
}

void conntrack_summary_again(void *summary, const struct conntrack_entry *e)
{
    struct conntrack_summary *s = summary;

    for (size_t i = 0; i < s->collisions_count; i++) {
        struct collision *c = &s->collisions[i];

        if (c->kind == COLLISION_SHARED && c->count < EVIDENCE_MAX && c->entries[0].protocol == e->protocol &&
            address_equal(&c->entries[0].orig_src, &e->orig_src) &&
            !(address_equal(&c->entries[0].orig_dst, &e->orig_dst) &&
              address_equal(&c->entries[0].reply_src, &e->reply_src)))
            c->entries[c->count++] = *e;
    }
}

/* A peer in the order of entries. */
struct ranked_tally {
    const struct peer *peer;
};

static int by_entries(const void *a, const void *b)
{
    const struct ranked_tally *x = a, *y = b;

    return (x->peer->entries < y->peer->entries) - (x->peer->entries > y->peer->entries);
}

/* The used ones, the most entries first. */
static const struct ranked_tally *sorted(struct arena *arena, const struct peers *peers)
{
    struct ranked_tally *all = arena_array(arena, peers->count + 1, sizeof(*all));
    size_t n = 0;

    for (size_t i = 0; i < peers->size; i++)
        if (peers->slots[i].used)
            all[n++].peer = &peers->slots[i];
    qsort(all, n, sizeof(*all), by_entries);
    return all;
}

static const char *with_port(struct arena *arena, const struct address *address)
{
    char text[ADDRESS_TEXT];

    return arena_text(arena, address_format_port(address, text, sizeof(text)));
}

static uint64_t age_s(const struct conntrack_summary *s, uint64_t oldest_ns)
{
    return oldest_ns && s->options.now_ns > oldest_ns ? (s->options.now_ns - oldest_ns) / UINT64_C(1000000000)
                                                      : SHAPE_UNSET;
}

static struct conntrack_peer_facts peer_facts(const struct conntrack_summary *s, struct arena *arena,
                                              const struct peer *peer, bool backend)
{
    char text[ADDRESS_TEXT];
    int known = -1;

    /* An upstream of CoreDNS is none of the replicas, and need not be. */
    if (backend && s->options.replicas_count && peer->behind_cluster_ip)
        known = is_any(&peer->key, s->options.replicas, s->options.replicas_count);
    return (struct conntrack_peer_facts){
        .address = backend && peer->key.port != s->options.port
                       ? with_port(arena, &peer->key)
                       : arena_text(arena, address_format(&peer->key, text, sizeof(text))),
        .entries = peer->entries,
        .unreplied = peer->unreplied,
        .assured = peer->assured,
        .share = (double)peer->entries / (double)s->entries,
        .known = known,
        .queries = peer->queries,
        .replies = peer->replies,
        .oldest_s = age_s(s, peer->oldest_ns),
    };
}

static void add_uses(const struct conntrack_summary *s, struct arena *arena, struct conntrack_dns_facts *dns)
{
    const struct ranked_tally *uses = sorted(arena, &s->uses);
    uint64_t range = s->options.port_low == CONNTRACK_UNSET || s->options.port_high < s->options.port_low
                         ? SHAPE_UNSET
                         : s->options.port_high - s->options.port_low + 1;
    char text[ADDRESS_TEXT];

    for (size_t i = 0; i < s->uses.count && i < USES_SHOWN; i++)
        *ARENA_PUSH(arena, dns->port_use, dns->port_use_count) = (struct conntrack_port_use_facts){
            .source = arena_text(arena, address_format(&uses[i].peer->other, text, sizeof(text))),
            .destination = with_port(arena, &uses[i].peer->key),
            .ports = uses[i].peer->entries,
            .range = range,
            .ratio = range == SHAPE_UNSET ? (double)NAN : (double)uses[i].peer->entries / (double)range,
            .masked = uses[i].peer->masked,
            .low = uses[i].peer->masked ? uses[i].peer->low : SHAPE_UNSET,
            .high = uses[i].peer->masked ? uses[i].peer->high : SHAPE_UNSET,
            .dense = uses[i].peer->masked >= DENSE_MIN &&
                     uses[i].peer->masked == (uint64_t)(uses[i].peer->high - uses[i].peer->low) + 1,
        };
}

void conntrack_summary_facts(const struct conntrack_summary *s, struct arena *arena,
                             struct conntrack_facts *facts)
{
    struct conntrack_dns_facts *dns = ARENA_NEW(arena, struct conntrack_dns_facts);
    const struct ranked_tally *backends = sorted(arena, &s->backends), *clients = sorted(arena, &s->clients);

    *dns = (struct conntrack_dns_facts){
        .port = s->options.port,
        .entries = s->entries,
        .unreplied = s->unreplied,
        .assured = s->assured,
        /* What answers at the ClusterIP itself (a node's cache), or behind another namespace's rules (of a
         * Pod that tracks as well, as under Istio), leaves some that wait for their answer: no rule is
         * missing. */
        .unrouted = s->direct ? 0 : s->unrouted,
        .oldest_s = age_s(s, s->oldest_ns),
        .untracked = s->untracked,
    };
    for (size_t i = 0; i < s->backends.count; i++)
        *ARENA_PUSH(arena, dns->by_backend, dns->by_backend_count) =
            peer_facts(s, arena, backends[i].peer, true);
    for (size_t i = 0; i < s->clients.count && i < CLIENTS_SHOWN; i++)
        *ARENA_PUSH(arena, dns->by_client, dns->by_client_count) =
            peer_facts(s, arena, clients[i].peer, false);
    add_uses(s, arena, dns);
    facts->dns = dns;
    facts->collisions_total = s->collisions_total;
    for (size_t i = 0; i < s->collisions_count; i++) {
        struct conntrack_collision_facts *c = ARENA_PUSH(arena, facts->collisions, facts->collisions_count);

        c->kind = s->collisions[i].kind;
        c->client = with_port(arena, &s->collisions[i].entries[0].orig_src);
        for (size_t k = 0; k < s->collisions[i].count; k++)
            *ARENA_PUSH(arena, c->entries, c->entries_count) =
                conntrack_tuple_facts_of(arena, &s->collisions[i].entries[k]);
    }
    facts->stale_total = s->stale_total;
    for (size_t i = 0; i < s->stale_count; i++)
        *ARENA_PUSH(arena, facts->stale, facts->stale_count) = conntrack_tuple_facts_of(arena, &s->stale[i]);
}
