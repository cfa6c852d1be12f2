/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/diag/threshold.h>
#include <k8sdns/model/dnstap/dnstap_table.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/dnstap/dnstap_text.h>
#include <k8sdns/source/dnstap/dnstap_stream.h>
#include <stdlib.h>
#include <string.h>

/* Told sessions are printed together, at the latest when so many wait. */
#define BATCH 256

struct dnstap_config {
    struct text_list listen, connect, read;
    bool all;
    uint64_t slow_us, timeout_us, duration_us, handshake_us;
    uint64_t slots, senders;
    const char *socket_mode;
};

static const struct dnstap_config defaults = {.slow_us = DNSTAP_SLOW_US,
                                              .timeout_us = DNSTAP_TIMEOUT_US,
                                              .handshake_us = DNSTAP_HANDSHAKE_US,
                                              .slots = DNSTAP_SLOTS,
                                              .senders = DNSTAP_SENDERS,
                                              .socket_mode = "0600"};

#define ROW(kind, member) OPTION_AT(kind, struct dnstap_config, member)

static const struct option_row options[] = {
    {.name = "listen",
     .value = "unix:PATH|tcp:ADDR:PORT",
     ROW(WORDS, listen),
     .help = "take senders; tcp:PORT is the loopback's"},
    {.name = "connect",
     .value = "unix:PATH|tcp:ADDR:PORT",
     ROW(WORDS, connect),
     .help = "go to CoreDNS's dnstap listen, again and again"},
    {.name = "read", .value = "FILE", ROW(WORDS, read), .help = "files of frames; - is standard input"},
    {.name = "all", ROW(FLAG, all), .help = "tell of every query, not of exceptions alone"},
    {.name = "slow",
     .value = "DURATION",
     .max = UINT64_C(3600000000),
     ROW(DURATION, slow_us),
     .help = "answers that took as long are exceptions (default 1s; 0: none)"},
    {.name = "timeout",
     .value = "DURATION",
     .min = 100000,
     .max = UINT64_C(600000000),
     ROW(DURATION, timeout_us),
     .help = "wait so long for what belongs to a query (default 10s)"},
    DURATION_OPTION_ROW(struct dnstap_config, duration_us),
    {.name = "table",
     .value = "N",
     .min = DNSTAP_SLOTS_MIN,
     .max = DNSTAP_SLOTS_MAX,
     ROW(NUMBER, slots),
     .help = "keep N open queries (default 65536)"},
    {.name = "senders",
     .value = "N",
     .min = 1,
     .max = 65536,
     ROW(NUMBER, senders),
     .help = "take N senders at one time (default 256)"},
    {.name = "handshake",
     .value = "DURATION",
     .min = 10000,
     .max = UINT64_C(600000000),
     ROW(DURATION, handshake_us),
     .help = "refuse a sender that is not ready by then (default 5s)"},
    {.name = "socket-mode",
     .value = "OCTAL",
     ROW(TEXT, socket_mode),
     .help = "of a socket that is made (default 0600)"},
    {0},
};

/* What the frames run into. */
struct dnstap_watching {
    struct run *run;
    struct dnstap_table *table;
    struct dnstap_stream_facts *streams;
    bool live;
    bool told; /* lines were printed */
};

/* One object a line for JSON; else all in one piece of text. */
static int print(struct dnstap_watching *w)
{
    struct dnstap_told told;
    int r = 0;

    told.count = dnstap_table_take(w->table, &told.sessions);
    if (!told.count || (w->run->globals->quiet && !w->run->globals->json))
        return 0;
    w->told = true;
    if (!w->run->globals->json)
        return emit_piece(w->run, NULL, &told, dnstap_text_render_told);
    for (size_t i = 0; i < told.count && r >= 0; i++)
        r = emit_piece(w->run, &dnstap_session_facts_shape, &told.sessions[i], NULL);
    return r;
}

/* The time, which goes on though the clock is set. */
static uint64_t live_us(const struct run *run)
{
    return (run->started_ns + clock_monotonic_ns() - run->began_ns) / 1000;
}

static int on_frame(void *user, const char *peer, const uint8_t *bytes, size_t len)
{
    struct dnstap_watching *w = user;
    size_t waiting = dnstap_table_frame(w->table, peer, bytes, len, w->live ? live_us(w->run) : 0);

    return waiting >= BATCH ? print(w) : 0;
}

static void on_lost(void *user, const char *peer)
{
    struct dnstap_watching *w = user;

    (void)peer;
    dnstap_table_lost(w->table);
}

static int on_pause(void *user)
{
    struct dnstap_watching *w = user;

    dnstap_table_expire(w->table, live_us(w->run));
    return print(w);
}

static int on_end(void *user, bool stopped)
{
    struct dnstap_watching *w = user;

    dnstap_table_end(w->table, stopped);
    return print(w);
}

static int read_files(struct dnstap_watching *w, const struct dnstap_config *config)
{
    const struct dnstap_sink sink = {.frame = on_frame, .lost = on_lost, .end = on_end, .user = w};
    int r = 0;

    (void)!capability_keep(0);
    sandbox_enter(SANDBOX_FILES);
    for (size_t i = 0; i < config->read.count && r >= 0; i++)
        r = dnstap_file_read(w->run->arena, config->read.items[i], &sink, w->streams, &w->run->err);
    return r;
}

static int endpoints(struct run *run, const struct text_list *words, struct dnstap_endpoint **ret)
{
    struct dnstap_endpoint *all = arena_array(run->arena, words->count + 1, sizeof(*all));

    for (size_t i = 0; i < words->count; i++) {
        int r = dnstap_endpoint_parse(words->items[i], &all[i], &run->err);

        if (r < 0)
            return r;
    }
    *ret = all;
    return 0;
}

static int serve(struct dnstap_watching *w, const struct dnstap_config *config, unsigned mode)
{
    const struct dnstap_sink sink = {.frame = on_frame, .lost = on_lost, .pause = on_pause, .user = w};
    struct dnstap_server_options serving = {.listens_count = config->listen.count,
                                            .connects_count = config->connect.count,
                                            .socket_mode = mode,
                                            .senders_max = config->senders,
                                            .handshake_us = config->handshake_us,
                                            .duration_us = config->duration_us,
                                            .verbose = w->run->globals->verbose};
    struct dnstap_endpoint *listens, *connects;
    int r = endpoints(w->run, &config->listen, &listens);

    if (r == 0)
        r = endpoints(w->run, &config->connect, &connects);
    if (r < 0)
        return r;
    serving.listens = listens;
    serving.connects = connects;
    w->live = true;
    r = dnstap_server_run(w->run->arena, &serving, &sink, w->streams, &w->run->err);
    return r < 0 ? r : on_end(w, false);
}

static int check(const struct dnstap_config *config, unsigned *ret_mode, struct err *err)
{
    size_t live = config->listen.count + config->connect.count;
    char *end;
    unsigned long mode = strtoul(config->socket_mode, &end, 8);

    if (*config->socket_mode < '0' || *config->socket_mode > '7' || *end || mode > 0777)
        return err_set(err, ERR_USAGE, EINVAL, "--socket-mode '%s' is no octal mode from 0 to 0777",
                       config->socket_mode);
    if (!live && !config->read.count)
        return err_set(err, ERR_USAGE, EINVAL,
                       "say where the frames come from: --listen unix:/run/dnstap.sock, --listen "
                       "tcp:ADDRESS:PORT, --connect, or --read FILE");
    if (live && config->read.count)
        return err_set(err, ERR_USAGE, EINVAL,
                       "--read goes by the frames' times, --listen and --connect by the clock; not both");
    *ret_mode = (unsigned)mode;
    return 0;
}

/* The lines are those of diagnose. */
static int status_of(const struct dnstap_facts *facts)
{
    uint64_t judged = dnstap_scenarios_judged(&facts->scenarios), failed = facts->failed;
    struct thresholds lines;
    double ratio;

    thresholds_init(&lines);
    if (!judged)
        return STATUS_UNKNOWN;
    ratio = (double)failed / (double)judged;
    return ratio >= lines.servfail_critical_ratio  ? STATUS_CRITICAL
           : ratio >= lines.servfail_warning_ratio ? STATUS_WARNING
                                                   : STATUS_OK;
}

static void tell_gaps(struct run *run, const struct dnstap_facts *facts)
{
    const struct dnstap_message_counts *m = &facts->messages;

    if (!(m->client_query + m->client_response + m->forwarder_query + m->forwarder_response))
        survey_unobserved_as(&run->survey, GAP_DNSTAP, "client queries", "no frame of CoreDNS's came",
                             "see that its Corefile has a dnstap line that leads here, and its log");
    else if (facts->nameless)
        survey_unobserved(&run->survey, GAP_DNSTAP_NAMES,
                          "frames come without the DNS message, so queries were paired by address and time");
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct dnstap_config *config = config_at;
    struct dnstap_facts *facts = data;
    const struct dnstap_table_options table = {.slots = config->slots,
                                               .timeout_us = config->timeout_us,
                                               .slow_us = config->slow_us,
                                               .all = config->all};
    struct dnstap_watching w = {.run = run};
    unsigned mode = 0;
    int r = check(config, &mode, &run->err);

    if (r < 0)
        return r;
    w.table = dnstap_table_new(run->arena, &table);
    w.streams = ARENA_NEW(run->arena, struct dnstap_stream_facts);
    r = config->read.count ? read_files(&w, config) : serve(&w, config, mode);
    if (r >= 0 && w.told && !run->globals->json)
        r = emit_piece(run, NULL, &(struct dnstap_told){0}, dnstap_text_render_told);
    if (r >= 0) {
        dnstap_table_facts(w.table, run->arena, facts);
        facts->streams = *w.streams;
        tell_gaps(run, facts);
        /* What could be read is shown, and the status says that it is not all. */
        r = config->read.count && facts->streams.broken + facts->streams.damages ? (int)ERR_FORMAT
                                                                                 : status_of(facts);
    }
    dnstap_table_free(w.table);
    return r;
}

const struct command command_dnstap = {
    .name = "dnstap",
    .group = GROUP_COREDNS,
    .summary = "queries and answers as CoreDNS tells them: what failed, where",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct dnstap_config),
    .capabilities = CAPABILITY(CAP_DAC_OVERRIDE), /* sockets in folders of whatever owner */
    .sandbox = SANDBOX_NETWORK,
    .chooses_ports = true,
    .shape = &dnstap_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct dnstap_facts, status),
    .part_offset = offsetof(struct facts, dnstap),
    .part_missing = "no dnstap",
    .part_shapes = (const struct shape *const[]){&dnstap_session_facts_shape, NULL},
    .example = "k8sdns dnstap --listen tcp:10.0.0.5:6000",
    .run = run,
    .render = dnstap_text_render,
};
