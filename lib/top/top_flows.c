/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <event2/event.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/collect/collect_flows.h>
#include <k8sdns/top/top_flows.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <stdlib.h>
#include <string.h>

/* What waits in the kernel is read so often. */
#define POLL_US 200000
/* Of our choice: at 5,000 new flows a second, those of three; and the events that wait between two looks. */
#define FLOWS_MAX   16384
#define BUFFER_SIZE (4 * 1024 * 1024)
/* How many were unanswered by the end of each of so many steps: the last minute. */
#define STEPS   6
#define STEP_NS UINT64_C(10000000000)

struct top_flows {
    struct flow_watch *watch; /* NULL: not followed, and why */
    char why[ERR_TEXT_MAX];
    struct event *poll;
    struct arena *reading;
    uint64_t before[STEPS]; /* counts of unanswered flows, the newest first */
    uint64_t stepped_ns;
};

static uint64_t unanswered(struct top_flows *flows)
{
    struct conntrack_follow_facts facts = {0};

    arena_reset(flows->reading);
    flow_watch_facts(flows->watch, flows->reading, &facts);
    return facts.unanswered;
}

static void step(struct top_flows *flows)
{
    uint64_t now_ns = clock_monotonic_ns();

    if (now_ns - flows->stepped_ns < STEP_NS)
        return;
    flows->stepped_ns = now_ns;
    memmove(flows->before + 1, flows->before, (STEPS - 1) * sizeof(flows->before[0]));
    flows->before[0] = unanswered(flows);
}

static void give_up(struct top_flows *flows, const struct err *err)
{
    snprintf(flows->why, sizeof(flows->why), "%s", err->text);
    flow_watch_end(flows->watch);
    flows->watch = NULL;
    event_del(flows->poll);
}

static void on_poll(evutil_socket_t fd, short what, void *user)
{
    struct top_flows *flows = user;
    struct err err;

    (void)fd;
    (void)what;
    if (flow_watch_take(flows->watch, &err) < 0)
        give_up(flows, &err);
    else
        step(flows);
}

struct top_flows *top_flows_new(struct survey *survey, struct event_base *base)
{
    static const struct timeval every = {0, POLL_US};
    const struct flow_watch_options options = {.port = DNS_PORT,
                                               .buffer_size = BUFFER_SIZE,
                                               .flows_max = FLOWS_MAX,
                                               .others = true,
                                               .without_pods = true};
    struct top_flows *flows = calloc(1, sizeof(*flows));

    if (!flows)
        err_out_of_memory();
    flows->reading = arena_new();
    flows->stepped_ns = clock_monotonic_ns();
    if (flow_watch_begin(survey, &options, &flows->watch) < 0) {
        flows->watch = NULL;
        snprintf(flows->why, sizeof(flows->why), "%s", survey->err.text);
        survey->err = (struct err){0};
        return flows;
    }
    flows->poll = event_new(base, -1, EV_PERSIST, on_poll, flows);
    if (!flows->poll || event_add(flows->poll, &every) < 0)
        err_out_of_memory();
    return flows;
}

void top_flows_free(struct top_flows *flows)
{
    if (!flows)
        return;
    if (flows->poll)
        event_free(flows->poll);
    flow_watch_end(flows->watch);
    arena_free(flows->reading);
    free(flows);
}

void top_flows_facts(struct top_flows *flows, struct arena *arena, struct top_facts *facts)
{
    if (!flows->watch) {
        facts->flows_gap = arena_text(arena, flows->why);
        return;
    }
    facts->flows = ARENA_NEW(arena, struct conntrack_follow_facts);
    flow_watch_facts(flows->watch, arena, facts->flows);
    facts->flows_unanswered_lately = facts->flows->unanswered - flows->before[STEPS - 1];
}
