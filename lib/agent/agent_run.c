/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop, from the begin to the end. */
#include "agent_state.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/source/event_loop.h>
#include <k8sdns/source/timer.h>
#include <signal.h>

static const int signal_numbers[AGENT_SIGNALS] = {SIGINT, SIGTERM};

static void on_tick(evutil_socket_t fd, short what, void *user)
{
    struct agent *agent = user;

    (void)fd;
    (void)what;
    agent_ask_again(agent);
    top_session_tick(agent->session);
    agent_kernel_tick(agent);
    agent_renew(agent);
}

static void on_end(evutil_socket_t fd, short what, void *user)
{
    struct agent *agent = user;

    (void)fd;
    (void)what;
    event_base_loopbreak(agent->base);
}

/* ---- begin and end ---- */

static int events_init(struct agent *agent)
{
    const struct timeval every = {(time_t)(agent->options->interval_us / 1000000),
                                  (suseconds_t)(agent->options->interval_us % 1000000)};
    int r = event_loop_new(false, &agent->base, &agent->survey->err);

    if (r < 0)
        return r;
    agent->tick = event_new(agent->base, -1, EV_PERSIST, on_tick, agent);
    agent->end = evtimer_new(agent->base, on_end, agent);
    if (!agent->tick || !agent->end || event_add(agent->tick, &every) < 0)
        return err_set(&agent->survey->err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    if (agent->options->duration_us)
        timer_set(agent->end, agent->options->duration_us);
    for (int i = 0; i < AGENT_SIGNALS; i++) {
        agent->signals[i] = evsignal_new(agent->base, signal_numbers[i], on_end, agent);
        if (!agent->signals[i] || event_add(agent->signals[i], NULL) < 0)
            return err_set(&agent->survey->err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    }
    return 0;
}

static int listener_init(struct agent *agent)
{
    const struct http_listener_options options = {.where = agent->options->listen,
                                                  .web_config = agent->options->web_config,
                                                  .open = agent_open_paths,
                                                  .answer = agent_answer,
                                                  .user = agent};

    if (!options.where.family)
        return 0;
    agent->listener = http_listener_new(agent->base, &options, &agent->survey->err);
    if (!agent->listener)
        return -EADDRNOTAVAIL;
    agent_tell_listens(agent);
    return agent->failed;
}

static void agent_fini(struct agent *agent)
{
    struct event *events[] = {agent->tick, agent->end, agent->signals[0], agent->signals[1]};

    agent_record_end(agent);
    agent_kernel_end(agent);
    http_listener_free(agent->listener);
    top_session_free(agent->session);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (events[i])
            event_free(events[i]);
    if (agent->base)
        event_base_free(agent->base);
    arena_free(agent->facts_arena);
    arena_free(agent->standing_arena);
}

/* What the run came to. Findings are copied, since they go with the session. */
static void summarize(struct agent *agent, struct agent_facts *facts)
{
    struct arena *arena = agent->survey->arena;

    *facts = (struct agent_facts){.seconds = (double)(clock_monotonic_ns() - agent->began_ns) / 1e9,
                                  .lookups = SHAPE_UNSET,
                                  .lookup_failures = SHAPE_UNSET,
                                  .scrapes = agent->scrapes};
    agent_facts_of(&agent->counts, arena, facts);
    if (agent->parts[AGENT_LOOKUPS].up) {
        facts->lookups = agent->counts.lookups;
        facts->lookup_failures = agent->counts.lookup_failures;
    }
    if (agent->record) {
        facts->recorded = ARENA_NEW(arena, struct agent_recorded_facts);
        (void)agent_record_facts(agent, facts->recorded);
    }
    for (int part = 0; part < AGENT_PARTS; part++) {
        struct agent_part_facts *row = ARENA_PUSH(arena, facts->parts, facts->parts_count);

        *row = agent->parts[part];
        row->why = row->why ? arena_text(arena, row->why) : NULL;
    }
    for (size_t i = 0; i < agent->standing_count; i++)
        *ARENA_PUSH(arena, facts->standing, facts->standing_count) = arena_text(arena, agent->standing[i].id);
}

int agent_run(struct survey *survey, const struct agent_options *options, struct agent_facts *ret_facts)
{
    struct agent *agent = ARENA_NEW(survey->arena, struct agent);
    int r;

    agent->survey = survey;
    agent->options = options;
    agent->began_ns = clock_monotonic_ns();
    agent->began_real_ns = clock_realtime_ns();
    agent->facts_arena = arena_new();
    agent->facts.facts = ARENA_NEW(survey->arena, struct facts);
    agent_counts_init(&agent->counts);
    for (int part = 0; part < AGENT_PARTS; part++)
        agent->parts[part].part = part;
    r = events_init(agent);
    if (r == 0)
        r = agent_session_init(agent);
    if (r == 0)
        r = agent_record_begin(agent);
    if (r == 0)
        r = listener_init(agent);
    if (r == 0) {
        agent_renew(agent);
        agent_kernel_begin(agent);
    }
    if (r == 0) {
        event_base_dispatch(agent->base);
        r = agent->failed;
    }
    if (r >= 0) {
        agent_kernel_tick(agent);
        agent_renew(agent);
        agent_record_last(agent);
        r = agent->failed;
    }
    summarize(agent, ret_facts);
    agent_fini(agent);
    return r < 0 ? r : 0;
}
