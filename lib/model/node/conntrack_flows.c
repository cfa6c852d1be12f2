/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conntrack_flow_peers.h"
#include <k8sdns/base/err.h>
#include <k8sdns/model/node/conntrack_flows.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <stdlib.h>
#include <string.h>

/* A clash that the kernel resolved by NAT. The bit is used again for templates, which are no entries. Source:
 * Linux net/netfilter/nf_conntrack_core.c, nf_ct_resolve_clash_harder. */
#define RESOLVED_CLASH IPS_UNTRACKED
#define NONE           UINT32_MAX

enum flow_state {
    STATE_WAITING,
    STATE_ANSWERED,
    STATE_UNANSWERED,
    STATE_UNSURE,
    STATE_SEEDED, /* older than the look */
    STATE_ENDED,
};

struct kept_flow {
    struct address client, server, backend, back; /* both tuples */
    uint64_t began_ns;
    uint32_t next; /* of the same client port; NONE */
    uint16_t zone;
    uint8_t protocol, state;
};

/*
 * Flows stand in a ring in the order in which they began, so those that have waited long enough are found
 * without a search: `judged` walks behind `head`.
 */
struct conntrack_flows {
    struct conntrack_flows_options options;
    uint64_t began_ns;
    struct kept_flow *ring;
    uint32_t *heads; /* by the hash of the client's port */
    size_t size, heads_size;
    uint64_t head, tail, judged; /* count up without end; modulo size they are places */
    struct conntrack_follow_facts counts;
    struct flow_peers clients, backends;
};

struct conntrack_flows *conntrack_flows_new(const struct conntrack_flows_options *options, uint64_t now_ns)
{
    struct conntrack_flows *flows = calloc(1, sizeof(*flows));

    if (!flows)
        err_out_of_memory();
    flows->options = *options;
    flows->began_ns = now_ns;
    flows->size = options->flows_max ? options->flows_max : 1;
    flows->heads_size = flows->size * 2;
    flows->ring = calloc(flows->size, sizeof(*flows->ring));
    flows->heads = malloc(flows->heads_size * sizeof(*flows->heads));
    if (!flows->ring || !flows->heads)
        err_out_of_memory();
    memset(flows->heads, 0xff, flows->heads_size * sizeof(*flows->heads));
    flow_peers_init(&flows->clients, false);
    flow_peers_init(&flows->backends, true);
    return flows;
}

void conntrack_flows_free(struct conntrack_flows *flows)
{
    if (!flows)
        return;
    flow_peers_fini(&flows->clients);
    flow_peers_fini(&flows->backends);
    free(flows->ring);
    free(flows->heads);
    free(flows);
}

static bool is_any(const struct address *address, const struct address *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (address_same_host(address, &all[i]))
            return true;
    return false;
}

static bool is_wanted(const struct conntrack_flows *flows, const struct conntrack_entry *e)
{
    const struct conntrack_flows_options *o = &flows->options;

    return (!o->clients_count || is_any(&e->orig_src, o->clients, o->clients_count)) &&
           (!o->backends_count || is_any(&e->reply_src, o->backends, o->backends_count));
}

/* Whether its backend is a replica; what is not asked by the ClusterIP need not be one. */
static int is_known(const struct conntrack_flows *flows, const struct conntrack_entry *e)
{
    const struct conntrack_flows_options *o = &flows->options;

    /* What this namespace leads nowhere is to be answered from the ClusterIP itself, wherever the rules are.
     */
    if (!o->replicas_count || !is_any(&e->orig_dst, o->cluster_ips, o->cluster_ips_count) ||
        address_same_host(&e->orig_dst, &e->reply_src))
        return -1;
    return is_any(&e->reply_src, o->replicas, o->replicas_count);
}

/* ---- the ring ---- */

static uint32_t *head_of(const struct conntrack_flows *flows, const struct address *client, uint8_t protocol)
{
    uint64_t hash = flow_peers_hash(client, true) ^ protocol;

    return &flows->heads[hash % flows->heads_size];
}

static void unlink_flow(struct conntrack_flows *flows, uint32_t place)
{
    struct kept_flow *flow = &flows->ring[place];
    uint32_t *at = head_of(flows, &flow->client, flow->protocol);

    while (*at != NONE && *at != place)
        at = &flows->ring[*at].next;
    if (*at == place)
        *at = flow->next;
}

static bool is_same_port(const struct kept_flow *flow, const struct conntrack_entry *e)
{
    return flow->protocol == e->protocol && address_equal(&flow->client, &e->orig_src);
}

static struct kept_flow *find(const struct conntrack_flows *flows, const struct conntrack_entry *e)
{
    for (uint32_t i = *head_of(flows, &e->orig_src, e->protocol); i != NONE; i = flows->ring[i].next) {
        struct kept_flow *flow = &flows->ring[i];

        if (is_same_port(flow, e) && flow->zone == e->zone && address_equal(&flow->server, &e->orig_dst))
            return flow;
    }
    return NULL;
}

static struct kept_flow *keep(struct conntrack_flows *flows, const struct conntrack_entry *e, uint64_t now_ns,
                              enum flow_state state)
{
    uint32_t place = (uint32_t)(flows->head % flows->size), *head;
    struct kept_flow *flow = &flows->ring[place];

    if (flows->head - flows->tail == flows->size) {
        if (flow->state != STATE_ENDED)
            unlink_flow(flows, place);
        flows->counts.untracked += flow->state == STATE_WAITING;
        flows->tail++;
        if (flows->judged < flows->tail)
            flows->judged = flows->tail;
    }
    flows->head++;
    head = head_of(flows, &e->orig_src, e->protocol);
    *flow = (struct kept_flow){.client = e->orig_src,
                               .server = e->orig_dst,
                               .backend = e->reply_src,
                               .back = e->reply_dst,
                               .began_ns = now_ns,
                               .next = *head,
                               .zone = e->zone,
                               .protocol = e->protocol,
                               .state = (uint8_t)state};
    *head = place;
    return flow;
}

static struct conntrack_entry entry_of(const struct kept_flow *flow)
{
    return (struct conntrack_entry){.orig_src = flow->client,
                                    .orig_dst = flow->server,
                                    .reply_src = flow->backend,
                                    .reply_dst = flow->back,
                                    .protocol = flow->protocol,
                                    .status =
                                        (address_equal(&flow->client, &flow->back) ? 0U : IPS_SRC_NAT) |
                                        (address_equal(&flow->server, &flow->backend) ? 0U : IPS_DST_NAT),
                                    .replied = flow->state == STATE_ANSWERED,
                                    .zone = flow->zone,
                                    .timeout_s = CONNTRACK_UNSET,
                                    .orig_packets = CONNTRACK_UNSET,
                                    .reply_packets = CONNTRACK_UNSET,
                                    .started_ns = CONNTRACK_UNSET,
                                    .stopped_ns = CONNTRACK_UNSET};
}

/* ---- what is told ---- */

static void tell(const struct conntrack_flows *flows, enum flow_event event, const struct conntrack_entry *e,
                 const struct kept_flow *other, uint64_t age_ns)
{
    struct conntrack_entry before;
    struct conntrack_flow_notice notice = {
        .event = event, .entry = e, .age_ns = age_ns, .known = is_known(flows, e)};

    if (!flows->options.tell)
        return;
    if (other) {
        before = entry_of(other);
        notice.other = &before;
    }
    flows->options.tell(flows->options.user, &notice);
}

/* NAT makes its two tuples differ in more than their direction. */
static bool is_translated(const struct address *client, const struct address *server,
                          const struct address *backend, const struct address *back)
{
    return !address_equal(client, back) || !address_equal(server, backend);
}

static void note_stale(struct conntrack_flows *flows, const struct conntrack_entry *e, uint64_t age_ns)
{
    /* A connection of TCP ends by itself; only a client of UDP stays with its entry. */
    if (e->protocol != IPPROTO_UDP || is_known(flows, e) != 0)
        return;
    flows->counts.stale++;
    tell(flows, FLOW_STALE, e, NULL, age_ns);
}

/* Another flow of its port that has not ended: the answers of two may be mixed up where one is translated. */
static void note_others(struct conntrack_flows *flows, const struct conntrack_entry *e)
{
    bool translated = is_translated(&e->orig_src, &e->orig_dst, &e->reply_src, &e->reply_dst);

    for (uint32_t i = *head_of(flows, &e->orig_src, e->protocol); i != NONE; i = flows->ring[i].next) {
        const struct kept_flow *flow = &flows->ring[i];

        if (!is_same_port(flow, e) || (address_equal(&flow->server, &e->orig_dst) && flow->zone == e->zone))
            continue;
        if (address_equal(&flow->backend, &e->reply_src) && address_equal(&flow->back, &e->reply_dst)) {
            flows->counts.clash++;
            tell(flows, FLOW_CLASH, e, flow, 0);
        } else if (translated || is_translated(&flow->client, &flow->server, &flow->backend, &flow->back)) {
            flows->counts.reused++;
            tell(flows, FLOW_REUSED, e, flow, 0);
        } else {
            continue;
        }
        return;
    }
    if (e->status & RESOLVED_CLASH) {
        flows->counts.clash++;
        tell(flows, FLOW_CLASH, e, NULL, 0);
    }
}

static void begin(struct conntrack_flows *flows, const struct conntrack_entry *e, uint64_t now_ns)
{
    struct kept_flow *before = find(flows, e);
    struct flow_peer *backend;
    int known = is_known(flows, e);

    flows->counts.created++;
    flow_peers_at(&flows->clients, &e->orig_src)->flows++;
    backend = flow_peers_at(&flows->backends, &e->reply_src);
    backend->flows++;
    backend->known = known < 0 ? backend->known : known;
    tell(flows, FLOW_NEW, e, NULL, 0);
    note_stale(flows, e, 0);
    if (!address_same_host(&e->reply_dst, &e->orig_src)) {
        flows->counts.masqueraded++;
    } else if (e->reply_dst.port != e->orig_src.port) {
        flows->counts.rewritten++;
        tell(flows, FLOW_REWRITTEN, e, NULL, 0);
    }
    note_others(flows, e);
    /* Its end was among the events that were lost. */
    if (before) {
        unlink_flow(flows, (uint32_t)(before - flows->ring));
        before->state = STATE_ENDED;
    }
    (void)keep(flows, e, now_ns, STATE_WAITING);
}

static void answer(struct conntrack_flows *flows, const struct conntrack_entry *e, struct kept_flow *flow,
                   uint64_t age_ns)
{
    struct flow_peer *client = flow_peers_at(&flows->clients, &e->orig_src);
    struct flow_peer *backend = flow_peers_at(&flows->backends, &e->reply_src);
    bool late = flow->state == STATE_UNANSWERED;

    flows->counts.late += late;
    client->late += late;
    backend->late += late;
    flows->counts.answered += !late;
    client->answered += !late;
    backend->answered += !late;
    flows->counts.unsure -= flow->state == STATE_UNSURE;
    flow->state = STATE_ANSWERED;
    tell(flows, late ? FLOW_LATE : FLOW_ANSWERED, e, NULL, age_ns);
}

static void lose(struct conntrack_flows *flows, struct kept_flow *flow, uint64_t age_ns)
{
    struct conntrack_entry e = entry_of(flow);

    flow->state = STATE_UNANSWERED;
    flows->counts.unanswered++;
    flow_peers_at(&flows->clients, &flow->client)->unanswered++;
    flow_peers_at(&flows->backends, &flow->backend)->unanswered++;
    tell(flows, FLOW_UNANSWERED, &e, NULL, age_ns);
}

static void end(struct conntrack_flows *flows, const struct conntrack_entry *e, struct kept_flow *flow,
                uint64_t age_ns)
{
    flows->counts.ended++;
    if (!flow || flow->state == STATE_SEEDED) {
        flows->counts.older++;
    } else if (!e->replied && flow->state == STATE_WAITING) {
        lose(flows, flow, age_ns);
    }
    tell(flows, FLOW_ENDED, e, NULL, age_ns);
    if (flow) {
        unlink_flow(flows, (uint32_t)(flow - flows->ring));
        flow->state = STATE_ENDED;
    }
}

void conntrack_flows_take(struct conntrack_flows *flows, enum conntrack_change change,
                          const struct conntrack_entry *e, uint64_t now_ns)
{
    struct kept_flow *flow;
    uint64_t age_ns;

    if (!is_wanted(flows, e))
        return;
    if (change == CONNTRACK_NEW) {
        begin(flows, e, now_ns);
        return;
    }
    flow = find(flows, e);
    age_ns = flow && flow->state != STATE_SEEDED ? now_ns - flow->began_ns : CONNTRACK_UNSET;
    if (change == CONNTRACK_DESTROY) {
        end(flows, e, flow, age_ns);
        return;
    }
    flows->counts.updates++;
    flows->counts.older += !flow || flow->state == STATE_SEEDED;
    if (flow && e->replied &&
        (flow->state == STATE_WAITING || flow->state == STATE_UNANSWERED || flow->state == STATE_UNSURE))
        answer(flows, e, flow, age_ns);
    else
        tell(flows, FLOW_UPDATED, e, NULL, age_ns);
}

void conntrack_flows_seed(struct conntrack_flows *flows, const struct conntrack_entry *e)
{
    if (!is_wanted(flows, e) || find(flows, e))
        return;
    note_stale(flows, e, CONNTRACK_UNSET);
    (void)keep(flows, e, 0, STATE_SEEDED);
}

void conntrack_flows_tick(struct conntrack_flows *flows, uint64_t now_ns)
{
    for (; flows->judged < flows->head; flows->judged++) {
        struct kept_flow *flow = &flows->ring[flows->judged % flows->size];

        if (flow->state != STATE_WAITING)
            continue;
        if (now_ns - flow->began_ns < flows->options.wait_ns)
            return;
        lose(flows, flow, now_ns - flow->began_ns);
    }
}

bool conntrack_flows_wait(const struct conntrack_flows *flows, uint64_t began_ns)
{
    for (uint64_t i = flows->judged; i < flows->head; i++) {
        const struct kept_flow *flow = &flows->ring[i % flows->size];

        if (flow->began_ns > began_ns)
            break;
        if (flow->state == STATE_WAITING)
            return true;
    }
    return false;
}

void conntrack_flows_overrun(struct conntrack_flows *flows)
{
    for (uint64_t i = flows->judged; i < flows->head; i++) {
        struct kept_flow *flow = &flows->ring[i % flows->size];

        if (flow->state != STATE_WAITING)
            continue;
        flow->state = STATE_UNSURE;
        flows->counts.unsure++;
    }
}

void conntrack_flows_facts(const struct conntrack_flows *flows, struct arena *arena, uint64_t now_ns,
                           struct conntrack_follow_facts *ret)
{
    double seconds = (double)(now_ns - flows->began_ns) / 1e9;

    *ret = flows->counts;
    ret->seconds = seconds;
    ret->wait_s = (double)flows->options.wait_ns / 1e9;
    ret->rate = seconds > 0 ? (double)ret->created / seconds : 0;
    for (uint64_t i = flows->judged; i < flows->head; i++)
        ret->waiting += flows->ring[i % flows->size].state == STATE_WAITING;
    flow_peers_facts(&flows->clients, arena, flows->options.port, seconds, &ret->by_client,
                     &ret->by_client_count);
    flow_peers_facts(&flows->backends, arena, flows->options.port, seconds, &ret->by_backend,
                     &ret->by_backend_count);
}
