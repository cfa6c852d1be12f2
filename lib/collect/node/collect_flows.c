/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <ifaddrs.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/collect/collect_flows.h>
#include <k8sdns/model/node/conntrack_flows.h>
#include <k8sdns/source/node/conntrack_events.h>
#include <k8sdns/source/node/conntrack_table.h>
#include <k8sdns/source/node/pod_addresses.h>
#include <math.h>
#include <stdlib.h>

/* Of our choice: events that come as fast as they are read must not keep the caller. */
#define TAKEN_MAX 65536
/* Of each of the two kinds: enough to see which clients they are of. */
#define EXAMPLES_MAX 32

struct flow_watch {
    struct flow_watch_options options;
    struct conntrack_events *events;
    struct conntrack_flows *flows;
    struct arena *arena; /* of one event */
    struct address *own;
    size_t own_count;
    struct pod_addresses *pods;
    struct conntrack_flow_facts *unanswered, *odd; /* examples, in options.kept */
    size_t unanswered_count, odd_count;
    uint64_t now_ns; /* of what is being taken */
};

static const char *replica_pod(const struct flow_watch *watch, const struct address *where)
{
    const struct known_replicas *known = watch->options.known;

    for (size_t i = 0; known && i < known->replicas_count; i++)
        if (address_same_host(&known->replicas[i], where))
            return known->pods[i];
    return NULL;
}

/* By the list of replicas, or where it is of this node by /proc. */
static const char *pod_of(struct flow_watch *watch, const struct address *where)
{
    const char *pod = replica_pod(watch, where);

    return pod ? pod : pod_addresses_find(watch->pods, where);
}

static struct conntrack_flow_facts facts_of(struct flow_watch *watch, struct arena *arena,
                                            const struct conntrack_flow_notice *notice)
{
    const char *pod = pod_of(watch, &notice->entry->orig_src),
               *backend_pod = pod_of(watch, &notice->entry->reply_src);
    struct conntrack_flow_facts facts;
    char time[CLOCK_TEXT];

    facts = (struct conntrack_flow_facts){
        .time = arena_text(arena, clock_format(clock_realtime_ns(), time, sizeof(time))),
        .event = (int)notice->event,
        .flow = conntrack_tuple_facts_of(arena, notice->entry),
        .age_ms = notice->age_ns == CONNTRACK_UNSET ? (double)NAN : (double)notice->age_ns / 1e6,
        .known = notice->known,
        .pod = pod ? arena_text(arena, pod) : NULL,
        .backend_pod = backend_pod ? arena_text(arena, backend_pod) : NULL,
    };
    if (notice->other) {
        facts.other = ARENA_NEW(arena, struct conntrack_tuple_facts);
        *facts.other = conntrack_tuple_facts_of(arena, notice->other);
    }
    return facts;
}

static void keep_example(struct flow_watch *watch, const struct conntrack_flow_notice *notice)
{
    struct arena *arena = watch->options.kept;

    if (notice->event == FLOW_UNANSWERED && watch->unanswered_count < EXAMPLES_MAX)
        *ARENA_PUSH(arena, watch->unanswered, watch->unanswered_count) = facts_of(watch, arena, notice);
    else if (notice->event >= FLOW_STALE && watch->odd_count < EXAMPLES_MAX)
        *ARENA_PUSH(arena, watch->odd, watch->odd_count) = facts_of(watch, arena, notice);
}

static void on_notice(void *user, const struct conntrack_flow_notice *notice)
{
    struct flow_watch *watch = user;
    struct conntrack_flow_facts facts;

    if (watch->options.kept)
        keep_example(watch, notice);
    if (!watch->options.each)
        return;
    arena_reset(watch->arena);
    facts = facts_of(watch, watch->arena, notice);
    watch->options.each(watch->options.user, watch->arena, &facts);
}

static bool is_own(const struct flow_watch *watch, const struct address *address)
{
    for (size_t i = 0; i < watch->own_count; i++)
        if (address_same_host(&watch->own[i], address))
            return true;
    return false;
}

static void on_event(void *user, enum conntrack_change change, const struct conntrack_entry *entry)
{
    struct flow_watch *watch = user;

    if (!is_own(watch, &entry->orig_src))
        conntrack_flows_take(watch->flows, change, entry, watch->now_ns);
}

static void on_present(void *user, const struct conntrack_entry *entry)
{
    struct flow_watch *watch = user;

    if (!is_own(watch, &entry->orig_src))
        conntrack_flows_seed(watch->flows, entry);
}

static void find_own(struct survey *survey, struct flow_watch *watch)
{
    struct ifaddrs *all = NULL;
    struct address one;

    if (getifaddrs(&all) < 0)
        return;
    for (const struct ifaddrs *at = all; at; at = at->ifa_next)
        if (at->ifa_addr && address_from_sockaddr(at->ifa_addr, &one) == 0)
            *ARENA_PUSH(survey->arena, watch->own, watch->own_count) = one;
    freeifaddrs(all);
}

static struct conntrack_flows *flows_of(struct flow_watch *watch)
{
    const struct flow_watch_options *o = &watch->options;
    struct conntrack_flows_options options = {
        .port = o->port,
        .wait_ns = (o->wait_us ? o->wait_us : FLOW_WAIT_US) * 1000,
        .flows_max = o->flows_max ? o->flows_max : FLOW_KEPT_MAX,
        .clients = o->clients.items,
        .clients_count = o->clients.count,
        .backends = o->backends.items,
        .backends_count = o->backends.count,
        .tell = o->each || o->kept ? on_notice : NULL,
        .user = watch,
    };

    if (o->known) {
        options.replicas = o->known->replicas;
        options.replicas_count = o->known->replicas_count;
        options.cluster_ips = o->known->cluster_ips;
        options.cluster_ips_count = o->known->cluster_ips_count;
    }
    return conntrack_flows_new(&options, watch->now_ns);
}

int flow_watch_begin(struct survey *survey, const struct flow_watch_options *options, struct flow_watch **ret)
{
    const struct conntrack_events_options asked = {options->port, options->buffer_size ? options->buffer_size
                                                                                       : FLOW_BUFFER_SIZE};
    struct flow_watch *watch = calloc(1, sizeof(*watch));
    struct conntrack_dump dump;
    int r;

    if (!watch)
        err_out_of_memory();
    watch->options = *options;
    watch->now_ns = clock_monotonic_ns();
    r = conntrack_events_open(&asked, &watch->events, &survey->err);
    if (r < 0) {
        free(watch);
        return r;
    }
    if (options->others)
        find_own(survey, watch);
    watch->arena = arena_new();
    watch->pods = pod_addresses_new();
    watch->flows = flows_of(watch);
    /* After the socket, so that none is missed between the two. */
    if (options->present && conntrack_dump(options->port, on_present, watch, &dump, &survey->err) < 0)
        survey->err = (struct err){0};
    *ret = watch;
    return 0;
}

void flow_watch_end(struct flow_watch *watch)
{
    if (!watch)
        return;
    conntrack_events_close(watch->events);
    conntrack_flows_free(watch->flows);
    pod_addresses_free(watch->pods);
    arena_free(watch->arena);
    free(watch);
}

int flow_watch_fd(const struct flow_watch *watch)
{
    return conntrack_events_fd(watch->events);
}

int flow_watch_take(struct flow_watch *watch, struct err *err)
{
    int r, count = 0;

    watch->now_ns = clock_monotonic_ns();
    do {
        r = conntrack_events_read(watch->events, on_event, watch);
        count += r > 0 ? r : 0;
        if (r == -ENOBUFS)
            conntrack_flows_overrun(watch->flows);
    } while ((r > 0 && count < TAKEN_MAX) || r == -ENOBUFS);
    if (r < 0)
        return err_set_errno(err, ERR_UNOBSERVED, -r, "read conntrack events");
    /* What is still to be read may be the reply of what has waited. */
    if (count < TAKEN_MAX)
        conntrack_flows_tick(watch->flows, watch->now_ns);
    return count;
}

bool flow_watch_waits(const struct flow_watch *watch, uint64_t began_ns)
{
    return conntrack_flows_wait(watch->flows, began_ns);
}

static void name_pods(struct flow_watch *watch, struct arena *arena, struct conntrack_flow_peer_facts *peers,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *pod = NULL;
        struct address where;
        struct err unused;

        if (address_parse(peers[i].address, watch->options.port, &where, &unused) == 0)
            pod = pod_of(watch, &where);
        peers[i].pod = pod ? arena_text(arena, pod) : NULL;
    }
}

void flow_watch_facts(struct flow_watch *watch, struct arena *arena, struct conntrack_follow_facts *ret)
{
    struct conntrack_events_state state;

    conntrack_flows_facts(watch->flows, arena, watch->now_ns, ret);
    conntrack_events_state(watch->events, &state);
    ret->overruns = state.overruns;
    ret->lost = state.lost;
    ret->damaged = state.damaged;
    ret->buffer_bytes = state.buffer_size;
    ret->reader = state.library ? CONNTRACK_READER_LIBRARY : CONNTRACK_READER_OWN;
    ret->unanswered_flows = watch->unanswered;
    ret->unanswered_flows_count = watch->unanswered_count;
    ret->odd_flows = watch->odd;
    ret->odd_flows_count = watch->odd_count;
    if (watch->options.without_pods)
        return;
    name_pods(watch, arena, ret->by_client, ret->by_client_count);
    name_pods(watch, arena, ret->by_backend, ret->by_backend_count);
}
