/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked and looked at, and what the rules make of it. */
#include "agent_state.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/agent/agent_choice.h>
#include <stdio.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
/* A look takes a thousandth of the time at most. */
#define COST_SHARE 1000
/* Entries of connection tracking are walked as seldom at least. */
#define ENTRIES_NS (60 * SECOND_NS)
/* When a query fares otherwise than before everything is asked, and not again before this. */
#define AGAIN_NS (10 * SECOND_NS)
/* After servers could not be found. */
#define RETRY_NS (30 * SECOND_NS)

/* ---- the agent's own queries ---- */

static const char *node_of(const struct survey *survey)
{
    return survey->host->node ? survey->host->node : survey->host->hostname;
}

static size_t choose(void *user, struct target_facts *targets, size_t count)
{
    const struct agent *agent = user;

    return agent_choice(node_of(agent->survey), agent->options->replicas, targets, count);
}

static void on_ends(void *user)
{
    agent_record_sampling(user);
}

static void on_watched(void *user, const struct target_facts *targets, size_t count)
{
    struct agent *agent = user;

    agent_counts_servers(&agent->counts, targets, count);
    memset(agent->results, -1, sizeof(agent->results));
}

/* Whether this query ended otherwise than the last time. */
static bool turns(struct agent *agent, const struct watch_outcome *outcome, enum agent_result result)
{
    int *before;
    bool turned;

    if (outcome->target >= AGENT_SERVERS_MAX || outcome->candidate >= AGENT_NAMES_MAX ||
        outcome->type >= AGENT_TYPES)
        return false;
    before = &agent->results[outcome->target][outcome->candidate][outcome->type];
    turned = *before >= 0 && *before != (int)result;
    *before = (int)result;
    return turned;
}

static void on_outcome(void *user, const struct target_facts *target, int kind,
                       const struct watch_outcome *outcome)
{
    struct agent *agent = user;
    bool own = kind == NAME_OWN;

    agent_counts_query(&agent->counts, target, outcome->type, outcome->status, own, outcome->rtt_us);
    if (turns(agent, outcome, agent_result_of(outcome->status, own)))
        agent->turned = true;
}

/* ---- looks ---- */

static void on_changed(void *user)
{
    struct agent *agent = user;

    agent->stale = true;
}

/* The first look found nothing to go on. Only a wrong command line ends an agent. */
static void on_failed(void *user, const struct err *err)
{
    struct agent *agent = user;

    snprintf(agent->servers_err, sizeof(agent->servers_err), "%s", err->text);
    agent->failed_ns = clock_monotonic_ns();
    if (err->kind != ERR_USAGE && err->kind != ERR_INPUT && err->kind != ERR_FORMAT)
        return;
    agent->survey->err = *err;
    agent->failed = -EINVAL;
    event_base_loopbreak(agent->base);
}

static void update_part(struct agent *agent, enum agent_part part, bool up, const char *why)
{
    if (agent->options->without[part])
        return;
    agent_tell_part(agent, part, up, up ? NULL : why, NULL);
}

static void update_parts(struct agent *agent)
{
    static const char tracks_nothing[] = "this network namespace tracks no connections; the node's own does";
    const struct top_facts *top = &agent->facts;
    const struct conntrack_facts *conntrack = top->facts->conntrack;
    bool asks = agent->counts.servers_count > 0;

    if (asks || agent->servers_err[0])
        update_part(agent, AGENT_PROBES, asks, agent->servers_err);
    if (conntrack && conntrack->table.hooks == 0) {
        update_part(agent, AGENT_CONNTRACK, false, tracks_nothing);
        update_part(agent, AGENT_FLOWS, false, tracks_nothing);
    } else if (conntrack || top->kernel_gap) {
        update_part(agent, AGENT_CONNTRACK, conntrack != NULL, top->kernel_gap);
        if (agent->flows_open)
            update_part(agent, AGENT_FLOWS, true, NULL);
    }
    if (top->facts->node || conntrack || top->kernel_gap)
        update_part(agent, AGENT_NODE, top->facts->node != NULL, "the kernel's files cannot be read here");
}

void agent_renew(struct agent *agent)
{
    arena_reset(agent->facts_arena);
    top_session_facts(agent->session, false, agent->facts_arena, &agent->facts);
    agent->stale = false;
    if (top_session_knows(agent->session))
        agent->servers_err[0] = '\0';
    update_parts(agent);
    agent_tell_findings(agent);
    if (agent->failed < 0)
        event_base_loopbreak(agent->base);
}

/* Everything is asked when a query fares otherwise than before, or when nobody could be found to ask. */
void agent_ask_again(struct agent *agent)
{
    uint64_t now = clock_monotonic_ns();
    bool again = agent->turned && now - agent->asked_again_ns > AGAIN_NS;
    bool retry = agent->failed_ns && now - agent->failed_ns > RETRY_NS;

    if ((!again && !retry) || !top_session_ask(agent->session))
        return;
    agent->turned = false;
    agent->asked_again_ns = now;
    agent->failed_ns = 0;
}

/* ---- the session ---- */

/* Not all nodes at once: each has its own time within a check's period. */
static uint64_t check_ns(const struct agent *agent)
{
    uint64_t spread = 0;

    for (const char *at = node_of(agent->survey); *at; at++)
        spread = spread * 31 + (unsigned char)*at;
    return agent->options->check_us * 1000 + agent->options->check_us * (spread % 100);
}

int agent_session_init(struct agent *agent)
{
    const struct agent_options *options = agent->options;
    bool kernel =
        !options->without[AGENT_CONNTRACK] || !options->without[AGENT_NODE] || !options->without[AGENT_FLOWS];

    agent->collection = *options->collection;
    /* It samples all the time itself. */
    agent->collection.no_sampling = true;
    agent->collection.choose = choose;
    agent->collection.choose_user = agent;
    agent->session_options = (struct top_session_options){
        .collection = &agent->collection,
        .thresholds = options->thresholds,
        .interval_us = options->interval_us,
        .base = agent->base,
        .failed = on_failed,
        .changed = on_changed,
        .user = agent,
        .usual_names = true,
        .forked = agent_forked,
        .ends = on_ends,
        .watched = on_watched,
        .outcome = on_outcome,
        .pace = {.least_ns = {[LOOK_KERNEL] = kernel ? options->interval_us * 1000 : TOP_NEVER,
                              [LOOK_ENTRIES] = options->without[AGENT_CONNTRACK] ? TOP_NEVER : ENTRIES_NS,
                              [LOOK_SERVERS] = options->without[AGENT_PROBES] ? TOP_NEVER : check_ns(agent)},
                 .cost_share = COST_SHARE},
    };
    agent->session = top_session_new(agent->survey, &agent->session_options);
    return agent->session ? 0 : -EINVAL;
}
