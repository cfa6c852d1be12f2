/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"
#include <errno.h>
#include <k8sdns/collect/collect_spans.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/spans/spans_text.h>
#include <k8sdns/source/spans/span_receiver.h>
#include <stdio.h>

#define ZIPKIN_PORT 9411

struct spans_config {
    struct address_list listen;
    struct text_list read;
    uint64_t duration_us, count, slow_us, slowest;
};

static const struct spans_config defaults = {.slow_us = SPANS_SLOW_US, .slowest = SPANS_SLOWEST};

#define ROW(kind, member) OPTION_AT(kind, struct spans_config, member)

static const struct option_row options[] = {
    {.name = "listen",
     .value = "IP[:PORT]",
     .min = ZIPKIN_PORT,
     ROW(ADDRESSES, listen),
     .help = "be a Zipkin server there (default 127.0.0.1:9411)"},
    {.name = "read",
     .value = "FILE|-",
     ROW(WORDS, read),
     .help = "read spans of Zipkin, Jaeger or OTLP in JSON instead; repeatable"},
    {.name = "slow",
     .value = "DURATION",
     .min = 1,
     .max = UINT64_C(3600000000),
     ROW(DURATION, slow_us),
     .help = "what counts as slow (default 100ms)"},
    {.name = "slowest",
     .value = "N",
     .min = 0,
     .max = SLOWEST_MAX,
     ROW(NUMBER, slowest),
     .help = "keep the N slowest traces (default 10)"},
    {.name = "duration",
     .value = "DURATION",
     .min = 100000,
     .max = UINT64_C(31536000000000),
     ROW(DURATION, duration_us),
     .help = "stop listening after it (default: on Ctrl-C)"},
    {.name = "count",
     .value = "N",
     .min = 1,
     .max = UINT64_C(1000000000000),
     ROW(NUMBER, count),
     .help = "stop listening after N traces"},
    {0},
};

struct listening {
    struct run *run;
    struct span_record *record;
    struct span_receiver_facts received;
    const char *source;
};

static void add_received(const struct listening *l, struct arena *arena, struct spans_facts *facts)
{
    const struct span_receiver_facts *received = &l->received;
    char text[ADDRESS_TEXT];

    facts->source = l->source;
    facts->refused = received->refused;
    facts->malformed = received->malformed;
    for (size_t i = 0; i <= SPAN_SENDERS_MAX; i++) {
        const struct span_sender *sender = &received->senders[i];

        if (sender->posts)
            *ARENA_PUSH(arena, facts->senders, facts->senders_count) = (struct span_sender_facts){
                sender->where.family ? arena_text(arena, address_format(&sender->where, text, sizeof(text)))
                                     : "(others)",
                sender->posts, sender->octets};
    }
}

/* Slow traces and failures as they come; on a screen, where the time goes so far. */
static int report(void *user)
{
    struct listening *l = user;
    struct arena *kept = l->run->arena;
    struct spans_facts facts;
    int r = 0;

    /* What is told goes with the telling: this may run for days. */
    l->run->arena = arena_new();
    span_record_facts(l->record, false, l->run->arena, &facts);
    add_received(l, l->run->arena, &facts);
    if (facts.events_count || emit_is_live(l->run))
        r = emit_part(l->run, &facts);
    arena_free(l->run->arena);
    l->run->arena = kept;
    return r;
}

static int listen_for(struct run *run, const struct spans_config *config, struct spans_facts *facts)
{
    struct listening *l = ARENA_NEW(run->arena, struct listening);
    struct span_receiver_options receiving = {
        .duration_us = config->duration_us, .traces = config->count, .report = report, .user = l};
    char text[ADDRESS_TEXT];
    int r;

    if (config->listen.count > 1)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--listen takes one address");
    if (config->listen.count)
        receiving.listen = config->listen.items[0];
    else
        r = address_parse("127.0.0.1", ZIPKIN_PORT, &receiving.listen, NULL);
    l->run = run;
    l->source = arena_text(run->arena, address_format_port(&receiving.listen, text, sizeof(text)));
    l->record = span_record_new(config->slow_us, config->slowest);
    if (!run->globals->quiet && !run->globals->json)
        fprintf(stderr, "k8sdns: listening at %s for Zipkin spans; Ctrl-C ends it\n", l->source);
    r = span_receiver_run(l->record, &receiving, &l->received, &run->err);
    span_record_finish(l->record);
    if (r >= 0)
        r = report(l); /* what the end completed */
    if (r >= 0) {
        span_record_facts(l->record, true, run->arena, facts);
        add_received(l, run->arena, facts);
    }
    span_record_free(l->record);
    return r;
}

static int status_of(const struct spans_facts *facts)
{
    if (facts->panics)
        return STATUS_CRITICAL;
    if (facts->errors)
        return STATUS_WARNING;
    return facts->spans ? STATUS_OK : STATUS_UNKNOWN;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct spans_config *config = config_at;
    int r;

    if (config->read.count && (config->listen.count || config->duration_us || config->count))
        return err_set(&run->err, ERR_USAGE, EINVAL, "--read goes without --listen, --duration and --count");
    if (config->read.count) {
        (void)!capability_keep(0); /* the port was for listening */
        sandbox_enter(SANDBOX_FILES);
    }
    r = config->read.count ? collect_spans(&run->survey, config->read.items, config->read.count,
                                           config->slow_us, config->slowest, data)
                           : listen_for(run, config, data);
    if (r < 0)
        return r;
    if (!((struct spans_facts *)data)->spans)
        survey_unobserved_as(
            &run->survey, GAP_SPANS, "spans", config->read.count ? "none in what was read" : "none came",
            config->read.count
                ? "to read a trace: k8sdns spans --read FILE, of its JSON from Zipkin, Jaeger or Tempo"
                : "to make CoreDNS send them: k8sdns corefile --enable trace --collector ADDRESS");
    return status_of(data);
}

const struct command command_spans = {
    .name = "spans",
    .group = GROUP_COREDNS,
    .summary = "traces of CoreDNS: time by plugin, slowest queries, panics",
    .arguments = "",
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct spans_config),
    .sandbox = SANDBOX_NETWORK,
    .chooses_ports = true,
    .shape = &spans_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct spans_facts, status),
    .part_offset = offsetof(struct facts, spans),
    .part_missing = "no spans",
    .example = "k8sdns spans --listen 0.0.0.0:9411 --duration 5m",
    .run = run,
    .render = spans_text_render,
    .render_part = spans_text_render_part,
};
