/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What programs in the kernel see: the lookups of all programs, and the DNS packets that it drops. */
#include "agent_state.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/base/heap.h>
#include <k8sdns/collect/collect_flows.h>
#include <k8sdns/source/tracing/drop_trace.h>
#include <k8sdns/source/tracing/lookup_trace.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

/* The kernel's records are taken all together, so that a busy node does not wake us for each. */
#define POLL_US    200000
#define GIVE_UP_US 5000000
/* Drops are counted in the kernel; one of a kind now and then is enough for its place. */
#define DROPS_RATE 1
#define DROPS_RING (64 * 1024)
/* Of 2,000 lookups a second, each about 400 bytes, more than a second. */
#define LOOKUPS_RING (1024 * 1024)

/* Flows that are followed at once, of 2,000 new ones a second those of eight, and events that wait meanwhile.
 */
#define FLOWS_MAX    16384
#define FLOWS_BUFFER (4 * 1024 * 1024)
/* Takes in a poll: a storm of flows holds up nothing else. */
#define TAKES_MAX 100

static const uint16_t dns_port = DNS_PORT;

struct agent_kernel {
    struct arena *arena, *part;
    struct lookup_trace *lookups;
    struct drop_trace *drops;
    struct flow_watch *flows;
    struct event *poll;
};

/* The agent's own looks ask as well, in processes of their own. */
static bool is_own(const struct lookups_call_facts *call)
{
    return call->process.name && strcmp(call->process.name, "k8sdns") == 0;
}

static void on_lookup(void *user, const struct lookups_call_facts *call)
{
    struct agent *agent = user;

    if (is_own(call))
        return;
    agent_counts_lookup(&agent->counts, call, clock_monotonic_ns());
    agent_record_lookup(agent, call);
}

static void take_lookups(struct agent *agent)
{
    struct agent_kernel *kernel = agent->kernel;
    struct err err = {0};

    arena_reset(kernel->part);
    if (lookup_trace_poll(kernel->lookups, 0, kernel->part, &err) == 0)
        return;
    agent_tell_part(agent, AGENT_LOOKUPS, false, err.text, NULL);
    lookup_trace_free(kernel->lookups);
    kernel->lookups = NULL;
}

static void take_flows(struct agent *agent)
{
    struct agent_kernel *kernel = agent->kernel;
    struct err err = {0};
    int r = flow_watch_take(kernel->flows, &err);

    for (int more = 0; r > 0 && more < TAKES_MAX; more++)
        r = flow_watch_take(kernel->flows, &err);
    if (r >= 0)
        return;
    agent_tell_part(agent, AGENT_FLOWS, false, err.text, NULL);
    agent->flows_open = false;
    flow_watch_end(kernel->flows);
    kernel->flows = NULL;
}

static void on_poll(evutil_socket_t fd, short what, void *user)
{
    struct agent *agent = user;

    (void)fd;
    (void)what;
    if (agent->kernel->lookups)
        take_lookups(agent);
    if (agent->kernel->flows)
        take_flows(agent);
}

static void begin_lookups(struct agent *agent)
{
    const struct lookup_trace_options options = {.dns_port = DNS_PORT,
                                                 .give_up_us = GIVE_UP_US,
                                                 .ring_bytes = LOOKUPS_RING,
                                                 .seen = on_lookup,
                                                 .user = agent};
    struct agent_kernel *kernel = agent->kernel;
    struct err err = {0};

    if (lookup_trace_new(kernel->arena, &options, &kernel->lookups, &err) < 0) {
        agent_tell_part(agent, AGENT_LOOKUPS, false, err.text, NULL);
        return;
    }
    agent_tell_part(agent, AGENT_LOOKUPS, true, NULL, NULL);
}

static void begin_drops(struct agent *agent)
{
    const struct drop_trace_options options = {
        .ports = &dns_port, .ports_count = 1, .rate = DROPS_RATE, .ring_bytes = DROPS_RING};
    struct err err = {0};
    int r = drop_trace_new(&options, &agent->kernel->drops, &err);

    agent_tell_part(agent, AGENT_DROPS, r == 0, r < 0 ? err.text : NULL, NULL);
}

static void begin_flows(struct agent *agent)
{
    const struct flow_watch_options options = {
        .port = DNS_PORT, .buffer_size = FLOWS_BUFFER, .flows_max = FLOWS_MAX, .without_pods = true};

    agent->flows_open = flow_watch_begin(agent->survey, &options, &agent->kernel->flows) == 0;
    if (!agent->flows_open)
        agent_tell_part(agent, AGENT_FLOWS, false, agent->survey->err.text, NULL);
    agent->survey->err = (struct err){0};
}

static void begin_poll(struct agent *agent)
{
    static const struct timeval every = {0, POLL_US};
    struct agent_kernel *kernel = agent->kernel;

    if (!kernel->lookups && !kernel->flows)
        return;
    kernel->poll = event_new(agent->base, -1, EV_PERSIST, on_poll, agent);
    if (!kernel->poll || event_add(kernel->poll, &every) < 0)
        err_out_of_memory();
}

void agent_kernel_begin(struct agent *agent)
{
    agent->kernel = ARENA_NEW(agent->survey->arena, struct agent_kernel);
    agent->kernel->arena = arena_new();
    agent->kernel->part = arena_new();
    /* To load programs takes much memory for a moment: one after the other. */
    if (!agent->options->without[AGENT_LOOKUPS])
        begin_lookups(agent);
    heap_shrink();
    if (!agent->options->without[AGENT_DROPS])
        begin_drops(agent);
    if (!agent->options->without[AGENT_FLOWS])
        begin_flows(agent);
    begin_poll(agent);
    heap_shrink();
}

static void take_drops(struct agent *agent)
{
    struct drops_facts drops;

    arena_reset(agent->kernel->part);
    (void)!drop_trace_poll(agent->kernel->drops, 0, NULL, NULL);
    drop_trace_summary(agent->kernel->drops, agent->kernel->part, &drops);
    agent_counts_drops(&agent->counts, &drops);
    agent->drops_lost = drops.lost;
}

static void count_flows(struct agent *agent)
{
    struct conntrack_follow_facts flows = {0};

    arena_reset(agent->kernel->part);
    flow_watch_facts(agent->kernel->flows, agent->kernel->part, &flows);
    agent_counts_flows(&agent->counts, &flows);
    agent->flows_lost = (flows.lost == SHAPE_UNSET ? flows.overruns : flows.lost) + flows.untracked;
}

bool agent_kernel_drops(struct agent *agent, struct arena *arena, struct drops_facts *drops)
{
    if (!agent->kernel || !agent->kernel->drops)
        return false;
    (void)!drop_trace_poll(agent->kernel->drops, 0, NULL, NULL);
    drop_trace_summary(agent->kernel->drops, arena, drops);
    return true;
}

void agent_kernel_tick(struct agent *agent)
{
    if (agent->kernel->drops)
        take_drops(agent);
    if (agent->kernel->flows)
        count_flows(agent);
    if (agent->kernel->lookups)
        agent->lookups_lost = lookup_trace_lost(agent->kernel->lookups);
}

void agent_kernel_end(struct agent *agent)
{
    struct agent_kernel *kernel = agent->kernel;

    if (!kernel)
        return;
    if (kernel->poll)
        event_free(kernel->poll);
    lookup_trace_free(kernel->lookups);
    drop_trace_free(kernel->drops);
    if (kernel->flows)
        flow_watch_end(kernel->flows);
    arena_free(kernel->part);
    arena_free(kernel->arena);
}
