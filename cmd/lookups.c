/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"
#include "output.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/pause.h>
#include <k8sdns/model/tracing/lookups_tally.h>
#include <k8sdns/render/tracing/lookups_text.h>
#include <k8sdns/source/tracing/lookup_trace.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of our choice: a person sees no delay, and a busy node's lookups are told of in groups. */
#define POLL_MS 100
/* So many are printed in one piece, and a second: a flood is counted all the same. To print all of it would
 * cost a node more than its lookups. */
#define PRINTED_MAX 1000
#define NO_LIMIT    UINT64_MAX

struct lookups_config {
    uint64_t slow_us, duration_us, count, dns_port, timeout_us;
    const char *name;
};

static const struct lookups_config defaults = {
    .slow_us = NO_LIMIT, .dns_port = DNS_PORT, .timeout_us = 5000000};

#define ROW(kind, member) OPTION_AT(kind, struct lookups_config, member)

static const struct option_row options[] = {
    {.name = "slow",
     .value = "DURATION",
     .min = 0,
     .max = UINT64_C(3600000000),
     ROW(DURATION, slow_us),
     .help = "print only those that take as long; the sums are of all"},
    {.name = "name", .value = "NAME", ROW(TEXT, name), .help = "only names that start or end with NAME"},
    DURATION_OPTION_ROW(struct lookups_config, duration_us),
    COUNT_OPTION_ROW(struct lookups_config, count, "stop after N lookups"),
    PORT_OPTION_ROWS(struct lookups_config, dns_port, "the port that packets are known by (default 53)"),
    {.name = "timeout",
     .value = "DURATION",
     .min = 100000,
     .max = UINT64_C(60000000),
     ROW(DURATION, timeout_us),
     .help = "after it a packet has no answer (default 5s)"},
    {0},
};

/* A run, and the part that is printed next. */
struct lookups_run {
    const struct lookups_config *config;
    struct lookups_tally *tally;
    struct arena *part_arena;
    struct traced_lookups_facts part;
    uint64_t seen, unprinted, hidden;
    double room; /* how many may be printed now */
    uint64_t roomed_ns;
};

static void seen(void *user, const struct lookups_call_facts *call)
{
    struct lookups_run *state = user;

    if (state->config->name && !lookups_name_fits(call->name, state->config->name))
        return;
    if (state->config->count && state->seen >= state->config->count)
        return;
    state->seen++;
    state->hidden += call->process.pid == SHAPE_UNSET && call->process.name;
    lookups_tally_add(state->tally, call);
    if (state->config->slow_us != NO_LIMIT && !lookups_tally_is_slow(state->tally, call))
        return;
    if ((double)state->part.calls_count < state->room)
        *ARENA_PUSH(state->part_arena, state->part.calls, state->part.calls_count) = *call;
    else
        state->unprinted++;
}

/* Print the lookups since the last. */
static int tell_part(struct run *run, struct lookups_run *state, uint64_t began_ns)
{
    uint64_t now_ns = clock_monotonic_ns();
    struct arena *kept = run->arena;
    int r = 0;

    state->room += (double)(now_ns - state->roomed_ns) / 1e9 * PRINTED_MAX - (double)state->part.calls_count;
    state->room = state->room < PRINTED_MAX ? state->room : PRINTED_MAX;
    state->roomed_ns = now_ns;
    if (state->part.calls_count) {
        run->arena = state->part_arena;
        state->part.span_ms = (double)(now_ns - began_ns) / 1e6;
        lookups_tally_facts(state->tally, false, state->part_arena, &state->part);
        r = emit_part(run, &state->part);
        run->arena = kept;
    }
    state->part = (struct traced_lookups_facts){0};
    arena_reset(state->part_arena);
    return r;
}

static int watch(struct run *run, struct lookup_trace *trace, struct lookups_run *state)
{
    const struct lookups_config *config = state->config;
    uint64_t began_ns = clock_monotonic_ns(), now = began_ns;
    int r = 0;

    while (r >= 0 && !pause_is_enough() && (!config->count || state->seen < config->count) &&
           (!config->duration_us || now - began_ns < config->duration_us * 1000)) {
        uint64_t left_ms =
            config->duration_us ? (config->duration_us * 1000 - (now - began_ns)) / 1000000 + 1 : POLL_MS;

        r = lookup_trace_poll(trace, left_ms < POLL_MS ? (int)left_ms : POLL_MS, state->part_arena,
                              &run->err);
        if (r >= 0)
            r = tell_part(run, state, began_ns);
        now = clock_monotonic_ns();
    }
    /* What is waiting in the kernel was before the end. */
    if (r >= 0)
        r = lookup_trace_poll(trace, 0, state->part_arena, &run->err);
    return r < 0 ? r : tell_part(run, state, began_ns);
}

static void say_gaps(struct run *run, const struct lookups_run *state)
{
    if (state->hidden)
        survey_unobserved_as(
            &run->survey, GAP_LOOKUP_PROCESSES,
            arena_printf(run->arena, "who asked %llu lookups", (unsigned long long)state->hidden),
            "their processes are outside of the pid namespace that k8sdns runs in",
            "run it on the node, or in a Pod with hostPID");
    if (state->unprinted)
        survey_unobserved_as(
            &run->survey, GAP_LOOKUP_LINES,
            arena_printf(run->arena, "%llu lookups one by one", (unsigned long long)state->unprinted),
            "there were too many at once to print", NULL);
}

static int find_process(struct run *run)
{
    const char *path = arena_printf(run->arena, "/proc/%llu", (unsigned long long)run->globals->pid);

    if (run->globals->pid && access(path, F_OK) < 0)
        return err_set(&run->err, ERR_INPUT, ENOENT, "there is no process %llu",
                       (unsigned long long)run->globals->pid);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct lookups_config *config = config_at;
    struct traced_lookups_facts *facts = data;
    struct lookups_run state = {.config = config, .room = PRINTED_MAX};
    struct lookup_trace_options tracing = {
        .pid = run->globals->pid,
        .dns_port = (uint16_t)config->dns_port,
        .give_up_us = config->timeout_us,
        .seen = seen,
        .user = &state,
    };
    struct lookup_trace *trace;
    struct pause pause;
    uint64_t began_ns;
    int r;

    if (run->globals->netns)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "lookups are of processes; choose one with --pid, not --netns");
    r = find_process(run);
    if (r < 0)
        return r;
    state.tally = lookups_tally_new(run->arena, config->slow_us);
    r = lookup_trace_new(run->arena, &tracing, &trace, &run->err);
    if (r < 0)
        return r;
    state.part_arena = arena_new();
    pause_begin(&pause, 1000000);
    output_watching(run->globals, config->duration_us);
    began_ns = state.roomed_ns = clock_monotonic_ns();
    r = watch(run, trace, &state);
    if (r >= 0) {
        facts->summary = true;
        facts->span_ms = (double)(clock_monotonic_ns() - began_ns) / 1e6;
        lookups_tally_facts(state.tally, true, run->arena, facts);
        lookup_trace_facts(trace, run->arena, facts);
        say_gaps(run, &state);
    }
    pause_end();
    lookup_trace_free(trace);
    arena_free(state.part_arena);
    return r < 0 ? r : STATUS_OK;
}

const struct command command_lookups = {
    .name = "lookups",
    .group = GROUP_NODE,
    .summary = "name lookups of every process: latency, result, name",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct lookups_config),
    .local = true,
    .scrolls = true,
    .capabilities = CAPABILITIES_BPF | CAPABILITY(CAP_SYS_ADMIN),
    .shape = &traced_lookups_facts_shape,
    .example = "k8sdns lookups --slow 100ms --duration 1m",
    .run = run,
    .render = lookups_text_render,
    .render_part = lookups_text_render_part,
};
