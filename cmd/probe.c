/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "resolver_choice.h"
#include "targets.h"
#include <errno.h>
#include <k8sdns/model/plan_facts.h>
#include <k8sdns/render/probe_text.h>
#include <k8sdns/source/prober.h>
#include <k8sdns/wire/dns_message.h>
#include <k8sdns/wire/dns_name.h>
#include <k8sdns/wire/dns_words.h>
#include <k8sdns/wire/resolv_conf.h>
#include <string.h>

#define TYPES_MAX 16
/* So many candidates of a slow target are asked again. */
#define AGAIN_MAX 4
#define NAMES_MAX 1024

static const char *const socket_words[] = {"shared", "separate", NULL};

struct probe_config {
    struct target_options targets;
    struct option_words types;
    int as; /* enum resolver, or -1 for the one detected */
    bool no_search;
    uint64_t timeout_us;
    uint64_t tries;
    bool tcp;
    int socket;
    uint64_t source_port;
    uint64_t bufsize;
    bool nsid;
    uint64_t qps;
};

/*
 * Of our choice: the timeout is above CoreDNS's two seconds of patience with an upstream (forward plugin,
 * read timeout), so that such an answer is seen; the rate is what a few Pods send, far below any server's.
 */
static const struct probe_config defaults = {.as = -1, .timeout_us = 3000000, .tries = 1, .qps = 200};

#define ROW(member) .offset = offsetof(struct probe_config, member)

static const struct option_row options[] = {
    {.name = "type",
     .value = "TYPE,...",
     .kind = OPTION_WORDS,
     ROW(types),
     .help = "what to ask for (default A,AAAA)"},
    {.name = "as",
     .value = "RESOLVER",
     .kind = OPTION_WORD,
     .words = resolver_words,
     ROW(as),
     .help = "expand as glibc, musl or go (default: as this Pod does)"},
    {.name = "no-search", .kind = OPTION_FLAG, ROW(no_search), .help = "ask for the names as they are"},
    {.name = "timeout",
     .value = "DURATION",
     .kind = OPTION_DURATION,
     .min = 1000,
     .max = 60000000,
     ROW(timeout_us),
     .help = "how long each try waits (default 3s)"},
    {.name = "tries",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 10,
     ROW(tries),
     .help = "how often a question is asked (default 1)"},
    {.name = "tcp", .kind = OPTION_FLAG, ROW(tcp), .help = "ask over TCP"},
    {.name = "socket",
     .value = "shared|separate",
     .kind = OPTION_WORD,
     .words = socket_words,
     ROW(socket),
     .help = "one source port for all types of a name (default), or one each"},
    {.name = "source-port",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 65535,
     ROW(source_port),
     .help = "the first source port; further sockets count up"},
    {.name = "bufsize",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 512,
     .max = 65535,
     ROW(bufsize),
     .help = "EDNS buffer size (default: no EDNS)"},
    {.name = "nsid", .kind = OPTION_FLAG, ROW(nsid), .help = "ask the servers who they are (RFC 5001)"},
    {.name = "qps",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 0,
     .max = 1000000,
     ROW(qps),
     .help = "at most N questions a second after a burst of 64 (default 200; 0: no cap)"},
    {0},
};

static int parse_types(const struct probe_config *config, uint16_t types[TYPES_MAX], size_t *ret_count,
                       struct err *err)
{
    if (config->types.count > TYPES_MAX)
        return err_set(err, ERR_USAGE, E2BIG, "--type: more than %d types", TYPES_MAX);
    for (size_t i = 0; i < config->types.count; i++)
        if (dns_type_parse(config->types.items[i], &types[i]) < 0)
            return err_set(err, ERR_USAGE, EINVAL,
                           "--type: '%s' is no DNS type; write a name like MX, or TYPE65280",
                           config->types.items[i]);
    *ret_count = config->types.count;
    if (*ret_count == 0) {
        types[(*ret_count)++] = DNS_TYPE_A;
        types[(*ret_count)++] = DNS_TYPE_AAAA;
    }
    return 0;
}

struct candidates {
    struct arena *arena;
    struct probe_candidate *items;
    size_t count;
};

static void add_candidate(struct candidates *all, const char *name, const char *candidate)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i].name, name) == 0 && dns_name_equal(all->items[i].candidate, candidate))
            return;
    *ARENA_PUSH(all->arena, all->items, all->count) = (struct probe_candidate){name, candidate};
}

/* The full names to ask for, in the order in which the resolver of `view` would try them. */
static int expand(struct candidates *all, const struct resolver_view *view, bool search, const char *name,
                  struct err *err)
{
    uint8_t wire[DNS_NAME_WIRE_MAX];
    size_t len = strlen(name);
    struct plan plan;
    int r;

    r = dns_name_from_text(name, wire, err);
    if (r < 0) {
        err->kind = ERR_USAGE;
        return r;
    }
    plan_make(all->arena, view, name, &plan);
    for (size_t i = 0; search && i < plan.queries_count; i++)
        add_candidate(all, name, plan.queries[i].name);
    /* A name that this resolver never sends can still be asked for. */
    if (!search || !plan.queries_count) {
        if (len > 1 && name[len - 1] == '.')
            len--;
        add_candidate(all, name, arena_text_n(all->arena, name, len));
    }
    return 0;
}

static int matrix_status(const struct matrix_facts *matrix)
{
    bool heard = false, failed = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        heard = heard || probe_is_heard(&matrix->probes[i]);
        failed = failed || !probe_status_is_good(matrix->probes[i].status);
    }
    return !heard ? STATUS_CRITICAL : failed ? STATUS_WARNING : STATUS_OK;
}

/*
 * One slow moment, of a server or of this machine, is no slow server: who stands out is asked again, and the
 * better of the two counts.
 */
static int ask_slow_again(struct run *run, const struct prober_options *asking, struct matrix_facts *matrix,
                          const struct candidates *all)
{
    struct prober_options again = *asking;
    bool asked = false;

    again.tries = 1;
    if (again.source_port)
        again.source_port =
            matrix->sent < 65535U - again.source_port ? (uint16_t)(again.source_port + matrix->sent) : 0;
    for (size_t i = 0; i < matrix->differences_count; i++) {
        const struct difference_facts *difference = &matrix->differences[i];

        for (size_t t = 0; t < matrix->targets_count; t++) {
            struct matrix_facts part = {.targets = &matrix->targets[t], .targets_count = 1};
            int r;

            if (difference->kind != DIFFERS_LATENCY || strcmp(difference->target, part.targets->id) != 0)
                continue;
            again.first_target = t;
            r = prober_run(run->arena, &again, &part, all->items,
                           all->count < AGAIN_MAX ? all->count : AGAIN_MAX, &run->err);
            if (r < 0)
                return r;
            for (size_t k = 0; k < part.probes_count; k++)
                if (part.probes[k].rtt_us < part.targets->again_us)
                    part.targets->again_us = part.probes[k].rtt_us;
            matrix->sent += part.sent;
            asked = true;
        }
    }
    if (asked)
        matrix_compare(run->arena, matrix);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct probe_config *config = config_at;
    struct matrix_facts *matrix = data;
    struct candidates all = {.arena = run->arena};
    struct prober_options asking;
    const struct resolver_view *view;
    uint16_t types[TYPES_MAX];
    struct resolv_facts resolv = {0};
    size_t types_count = 0;
    int r;

    r = parse_types(config, types, &types_count, &run->err);
    if (r < 0)
        return r;
    if (run->args_count > NAMES_MAX)
        return err_set(&run->err, ERR_USAGE, E2BIG, "more than %d names", NAMES_MAX);
    r = resolver_choose(run, config->as, &resolv, &view);
    if (r < 0 && run->err.kind == ERR_INPUT && config->no_search && config->targets.no_discovery &&
        !run->globals->resolv_conf) {
        /* Nothing of the file is needed, and an image may have none. */
        run->err = (struct err){0};
        resolv_facts_read(run->arena, "", 0, &(struct resolv_environment){0}, &resolv);
        view = &resolv.views[RESOLVER_GLIBC];
        r = 0;
    }
    if (r < 0)
        return r;
    for (size_t i = 0; i < run->args_count; i++) {
        r = expand(&all, view, !config->no_search, run->args[i], &run->err);
        if (r < 0)
            return r;
    }
    r = targets_collect(run->arena, &config->targets, &resolv, view, &matrix->targets, &run->err);
    if (r < 0)
        return r;
    matrix->targets_count = (size_t)r;
    matrix->cluster_domain = resolver_cluster_domain(view);
    matrix->resolver = config->no_search ? NULL : resolver_words[view->resolver];

    asking = (struct prober_options){
        .types = types,
        .types_count = types_count,
        .timeout_us = config->timeout_us,
        .tries = (unsigned)config->tries,
        .tcp = config->tcp,
        .separate = config->socket == 1,
        .source_port = (uint16_t)config->source_port,
        .udp_size = (uint16_t)config->bufsize,
        .nsid = config->nsid,
        .qps = (double)config->qps,
        .port_targets = arena_array(run->arena, PROBER_PORTS, sizeof(uint16_t)),
    };
    r = prober_run(run->arena, &asking, matrix, all.items, all.count, &run->err);
    if (r < 0)
        return r;
    matrix_compare(run->arena, matrix);
    r = ask_slow_again(run, &asking, matrix, &all);
    if (r < 0)
        return r;
    return matrix_status(matrix);
}

const struct command command_probe = {
    .name = "probe",
    .group = "Ask the servers",
    .summary = "A and AAAA for every candidate at every server",
    .arguments = "NAME...",
    .args_min = 1,
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct probe_config),
    .targets_offset = offsetof(struct probe_config, targets),
    .takes_targets = true,
    .shape = &matrix_facts_shape,
    .example = "k8sdns probe www.aliyun.com --replica 10.244.1.21,10.244.1.22",
    .run = run,
    .render = probe_text_render,
};
