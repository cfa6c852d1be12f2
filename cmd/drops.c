/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"
#include "output.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/pause.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/tracing/drops_text.h>
#include <k8sdns/source/tracing/drop_trace.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLL_MS      100
#define RATE_DEFAULT 1000
#define LAST_POLLS   5 /* more than the buffer holds */

struct drops_config {
    uint64_t duration_us, count, rate;
    struct text_list ports, names, reasons;
    struct address_list clients;
};

static const struct drops_config defaults = {.rate = RATE_DEFAULT};

#define ROW(kind, member) OPTION_AT(kind, struct drops_config, member)

static const struct option_row options[] = {
    DURATION_OPTION_ROW(struct drops_config, duration_us),
    COUNT_OPTION_ROW(struct drops_config, count, "stop when N drops were shown"),
    {.name = "port",
     .value = "N",
     ROW(WORDS, ports),
     .help = "ports that are DNS as well as 53; comma separated"},
    {.name = "dns-port", .value = "N", ROW(WORDS, ports), .help = "the same as --port"},
    {.name = "name",
     .value = "NAME",
     ROW(WORDS, names),
     .help = "only queries for this name, or one below it"},
    {.name = "client", .value = "IP", ROW(ADDRESSES, clients), .help = "only this client's packets"},
    {.name = "reason",
     .value = "WORD",
     ROW(WORDS, reasons),
     .help = "only these drop reasons of the kernel (NO_SOCKET, ...)"},
    {.name = "rate",
     .value = "N",
     .min = 0,
     .max = 1000000,
     ROW(NUMBER, rate),
     .help = "show N a second and CPU, count the rest (default 1000; 0: all)"},
    {0},
};

struct watching {
    struct run *run;
    uint64_t left;
};

static int show(void *user, struct arena *arena, const struct drop_facts *drop)
{
    struct watching *watching = user;
    struct run *run = watching->run;
    struct arena *kept = run->arena;
    int r = 0;

    run->arena = arena; /* what is told goes with the telling */
    if (run->globals->json || !run->globals->quiet)
        r = emit_piece(run, &drop_facts_shape, drop, drops_text_render_event);
    run->arena = kept;
    if (r < 0)
        return r;
    if (!watching->left)
        return 0;
    watching->left--;
    return watching->left == 0;
}

static int read_ports(struct run *run, const struct text_list *words, uint16_t ports[DROP_TRACE_PORTS_MAX],
                      size_t *ret_count)
{
    size_t count = 0;

    ports[count++] = DNS_PORT;
    for (size_t i = 0; i < words->count; i++) {
        uint64_t port;
        int r = number_parse(words->items[i], 1, 65535, &port, &run->err);

        if (r < 0) {
            run->err.kind = ERR_USAGE;
            return err_prefix(&run->err, r, "--port");
        }
        if (count == DROP_TRACE_PORTS_MAX)
            return err_set(&run->err, ERR_USAGE, E2BIG, "--port: more than %d ports",
                           DROP_TRACE_PORTS_MAX - 1);
        ports[count++] = (uint16_t)port;
    }
    *ret_count = count;
    return 0;
}

static int add_namespace(struct run *run, const char *path, uint32_t **list, size_t *count)
{
    struct stat st;

    if (*count == DROP_TRACE_FILTERS_MAX)
        return err_set(&run->err, ERR_USAGE, E2BIG, "more than %d network namespaces",
                       DROP_TRACE_FILTERS_MAX);
    if (stat(path, &st) < 0)
        return err_set_errno(&run->err, errno == EACCES ? ERR_UNOBSERVED : ERR_INPUT, errno,
                             "look at the network namespace %s", path);
    *ARENA_PUSH(run->arena, *list, *count) = (uint32_t)st.st_ino;
    return 0;
}

/* --netns takes several, and with --pid they add up. */
static int read_namespaces(struct run *run, uint32_t **list, size_t *count)
{
    char *rest, *path;
    int r = 0;

    if (run->globals->pid)
        r = add_namespace(
            run, arena_printf(run->arena, "/proc/%llu/ns/net", (unsigned long long)run->globals->pid), list,
            count);
    if (!run->globals->netns)
        return r;
    rest = arena_text(run->arena, run->globals->netns);
    while (r == 0 && (path = strsep(&rest, ",")))
        r = add_namespace(run, path, list, count);
    return r;
}

static int watch(struct run *run, const struct drops_config *config, struct drop_trace *trace)
{
    struct watching watching = {run, config->count};
    uint64_t end = config->duration_us ? clock_monotonic_ns() + config->duration_us * 1000 : UINT64_MAX, now;
    struct pause pause;
    int r = 0;

    pause_begin(&pause, 1000000);
    if (isatty(STDERR_FILENO))
        output_watching(run->globals, config->duration_us);
    while (r == 0 && (now = clock_monotonic_ns()) < end && !pause_is_enough()) {
        uint64_t left_ms = (end - now) / 1000000 + 1;

        r = drop_trace_poll(trace, left_ms < POLL_MS ? (int)left_ms : POLL_MS, show, &watching);
    }
    /* What happened before the end is told, and not what goes on meanwhile. */
    for (int i = 0; r == 0 && i < LAST_POLLS; i++)
        r = drop_trace_poll(trace, 0, show, &watching);
    return r < 0 ? r : 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct drops_config *config = config_at;
    uint16_t ports[DROP_TRACE_PORTS_MAX];
    uint32_t *namespaces = NULL;
    struct drop_trace_options watched = {.ports = ports,
                                         .clients = config->clients.items,
                                         .clients_count = config->clients.count,
                                         .reasons = config->reasons.items,
                                         .reasons_count = config->reasons.count,
                                         .names = config->names.items,
                                         .names_count = config->names.count,
                                         .rate = config->rate};
    struct drops_facts *facts = data;
    struct drop_trace *trace;
    int r = read_ports(run, &config->ports, ports, &watched.ports_count);

    if (r == 0)
        r = read_namespaces(run, &namespaces, &watched.namespaces_count);
    if (r == 0 && watched.clients_count > DROP_TRACE_FILTERS_MAX)
        r = err_set(&run->err, ERR_USAGE, E2BIG, "--client: more than %d", DROP_TRACE_FILTERS_MAX);
    if (r < 0)
        return r;
    watched.namespaces = namespaces;
    r = drop_trace_new(&watched, &trace, &run->err);
    if (r < 0)
        return r;
    /* Only probes in the functions of modules take it, where one has it. */
    (void)!capability_keep(~CAPABILITY(CAP_SYS_ADMIN));
    r = watch(run, config, trace);
    if (r == 0)
        drop_trace_summary(trace, run->arena, facts);
    drop_trace_free(trace);
    for (size_t i = 0; r == 0 && i < facts->probes_count; i++)
        if (facts->probes[i].why)
            survey_unobserved_as(
                &run->survey, GAP_DROP_DETAILS, facts->probes[i].tells,
                arena_printf(run->arena, "%s: %s", facts->probes[i].where, facts->probes[i].why), NULL);
    return r < 0 ? r : STATUS_OK;
}

const struct command command_drops = {
    .name = "drops",
    .group = GROUP_NODE,
    .summary = "DNS packets that the kernel throws away, as it happens",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct drops_config),
    .local = true,
    .tells_gaps = true,
    .capabilities = CAPABILITIES_BPF | CAPABILITY(CAP_SYS_ADMIN),
    .part_offset = offsetof(struct facts, drops),
    .part_missing = "no drops: the kernel could not be watched",
    .shape = &drops_facts_shape,
    .part_shapes = (const struct shape *const[]){&drop_facts_shape, NULL},
    .example = "k8sdns drops --duration 1m",
    .run = run,
    .render = drops_text_render,
};
