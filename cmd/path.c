/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"
#include "output.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/pause.h>
#include <k8sdns/collect/collect_sockets.h>
#include <k8sdns/render/tracing/path_text.h>
#include <k8sdns/source/tracing/path_trace.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define POLL_MS 20

struct path_config {
    uint64_t duration_us, count, dns_port, timeout_us, rate;
    const char *name;
    struct address_list client, server;
};

/* Of our choice: more than a person can read; above the resolvers' own five seconds, so that a retry is told.
 */
static const struct path_config defaults = {.dns_port = DNS_PORT, .timeout_us = 6000000, .rate = 100};

#define ROW(kind, member) OPTION_AT(kind, struct path_config, member)

static const struct option_row options[] = {
    {.name = "name", .value = "NAME", ROW(TEXT, name), .help = "only names that start or end with NAME"},
    {.name = "client", .value = "IP", ROW(ADDRESSES, client), .help = "only queries from it"},
    {.name = "server",
     .value = "IP",
     ROW(ADDRESSES, server),
     .help = "only queries that it is asked, before or after NAT"},
    PORT_OPTION_ROWS(struct path_config, dns_port, "the port that packets are known by (default 53)"),
    {.name = "rate",
     .value = "N",
     .min = 0,
     .max = 1000000,
     ROW(NUMBER, rate),
     .help = "follow N queries a second, count the rest (default 100; 0: all)"},
    {.name = "timeout",
     .value = "DURATION",
     .min = 100000,
     .max = UINT64_C(60000000),
     ROW(DURATION, timeout_us),
     .help = "after it a query ends without an answer (default 6s)"},
    DURATION_OPTION_ROW(struct path_config, duration_us),
    COUNT_OPTION_ROW(struct path_config, count, "stop after N queries"),
    {0},
};

struct path_run {
    struct run *run;
    const struct path_config *config;
    uint64_t began_ns, followed;
    uint64_t outcomes[PATH_OUTCOMES];
    bool nameless; /* a question over TCP could not be read */
    int r;         /* of the last report */
};

static void ended(void *user, struct arena *arena, struct path_packet_facts *packet)
{
    struct path_run *state = user;
    struct arena *kept = state->run->arena;
    struct path_facts part = {.packets = packet, .packets_count = 1};

    if (state->r < 0 || (state->config->count && state->followed == state->config->count))
        return;
    state->outcomes[packet->outcome]++;
    state->nameless = state->nameless || (packet->outcome == PATH_ANSWERED && !packet->name);
    part.followed = ++state->followed;
    part.span_ms = (double)(clock_monotonic_ns() - state->began_ns) / 1e6;
    part.skipped = part.lost = part.unnamed = SHAPE_UNSET;
    state->run->arena = arena; /* what is told goes with the telling */
    state->r = emit_part(state->run, &part);
    state->run->arena = kept;
}

static int watch(struct path_run *state, struct path_trace *trace)
{
    const struct path_config *config = state->config;
    uint64_t now = state->began_ns;

    while (state->r >= 0 && !pause_is_enough() && (!config->count || state->followed < config->count) &&
           (!config->duration_us || now - state->began_ns < config->duration_us * 1000)) {
        int r = path_trace_poll(trace, POLL_MS, &state->run->err);

        if (r < 0)
            return r;
        now = clock_monotonic_ns();
    }
    if (state->r < 0)
        return state->r;
    /* What is waiting in the kernel was before the end. */
    if (path_trace_poll(trace, 0, &state->run->err) < 0)
        return -EIO;
    path_trace_end(trace);
    return state->r;
}

/* The namespace of --pid or --netns. */
static int find_netns(struct run *run, uint32_t *ret_netns)
{
    const char *path = run->globals->netns;
    struct stat st;

    if (!path && !run->globals->pid)
        return 0;
    if (!path)
        path = arena_printf(run->arena, "/proc/%llu/ns/net", (unsigned long long)run->globals->pid);
    if (stat(path, &st) < 0)
        return err_set_errno(&run->err, errno == EACCES ? ERR_UNOBSERVED : ERR_INPUT, errno,
                             "cannot look at the network namespace %s", path);
    *ret_netns = (uint32_t)st.st_ino;
    return 0;
}

static int fill_tracing(struct run *run, const struct path_config *config, struct path_trace_options *tracing)
{
    if (config->client.count > 1 || config->server.count > 1)
        return err_set(&run->err, ERR_USAGE, EINVAL, "%s takes one address",
                       config->client.count > 1 ? "--client" : "--server");
    if (config->name) {
        uint8_t wire[DNS_NAME_WIRE_MAX];
        int r = dns_name_from_text(config->name, wire, &run->err);

        run->err.kind = r < 0 ? ERR_USAGE : run->err.kind;
        if (r < 0)
            return err_prefix(&run->err, r, "--name");
    }
    tracing->dns_port = (uint16_t)config->dns_port;
    tracing->rate = config->rate;
    tracing->name = config->name;
    tracing->give_up_us = config->timeout_us;
    if (config->client.count)
        tracing->client = config->client.items[0];
    if (config->server.count) {
        tracing->server = config->server.items[0];
        tracing->server.port = (uint16_t)config->dns_port;
        tracing->backends = collect_sockets_backends(&run->survey, &tracing->server);
    }
    return find_netns(run, &tracing->netns);
}

static void sum_up(const struct path_run *state, const struct path_trace *trace,
                   const struct address_list *backends, struct path_facts *facts)
{
    struct arena *arena = state->run->arena;
    char text[ADDRESS_TEXT];

    facts->summary = true;
    facts->span_ms = (double)(clock_monotonic_ns() - state->began_ns) / 1e6;
    facts->followed = state->followed;
    for (size_t i = 0; i < backends->count; i++)
        *ARENA_PUSH(arena, facts->backends, facts->backends_count) =
            arena_text(arena, address_format(&backends->items[i], text, sizeof(text)));
    for (size_t i = 0; i < PATH_OUTCOMES; i++)
        if (state->outcomes[i])
            *ARENA_PUSH(arena, facts->outcomes, facts->outcomes_count) =
                (struct shape_tally){path_outcome_names[i], state->outcomes[i]};
    path_trace_facts(trace, arena, facts);
}

static void say_gaps(const struct path_run *state, const struct path_facts *facts)
{
    struct run *run = state->run;

    if (!facts->names_streams && (state->nameless || facts->unnamed))
        survey_unobserved(&run->survey, GAP_TCP_NAMES,
                          "this kernel lets programs read no packet's further pieces");
    for (size_t i = 0; i < facts->probes_count; i++) {
        const struct path_probe_facts *probe = &facts->probes[i];

        if (probe->attached || strcmp(probe->name, "nf_hook_slow") != 0)
            continue;
        survey_unobserved(&run->survey, GAP_PATH_PLACES, probe->why);
    }
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct path_config *config = config_at;
    struct path_run state = {.run = run, .config = config};
    struct path_trace_options tracing = {.ended = ended, .user = &state};
    struct path_trace *trace;
    struct pause pause;
    int r = fill_tracing(run, config, &tracing);

    if (r < 0)
        return r;
    r = path_trace_new(run->arena, &tracing, &trace, &run->err);
    if (r < 0)
        return r;
    (void)!capability_keep(~CAPABILITY(CAP_SYS_ADMIN));
    pause_begin(&pause, 1000000);
    output_watching(run->globals, config->duration_us);
    state.began_ns = clock_monotonic_ns();
    r = watch(&state, trace);
    if (r >= 0) {
        sum_up(&state, trace, &tracing.backends, data);
        say_gaps(&state, data);
    }
    path_trace_free(trace);
    return r < 0 ? r : STATUS_OK;
}

const struct command command_path = {
    .name = "path",
    .group = GROUP_NODE,
    .summary = "DNS packets' way through the kernel, step by step, across NAT",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct path_config),
    .local = true,
    .scrolls = true,
    .tells_gaps = true,
    /* Where perf_event_open(2) is restricted, as on Debian (perf_event_paranoid 3), kprobes take the last. */
    .capabilities = CAPABILITIES_BPF | CAPABILITY(CAP_SYS_ADMIN),
    .shape = &path_facts_shape,
    .example = "k8sdns path --client 10.244.0.10 --count 1",
    .run = run,
    .render = path_text_render,
    .render_part = path_text_render_part,
};
