/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"
#include "question_set.h"
#include "record_rows.h"
#include "watch_recording.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/watch/watch_text.h>
#include <k8sdns/source/event_loop.h>
#include <k8sdns/source/watch/watcher.h>
#include <string.h>

/*
 * Of our choice: unless told otherwise each name goes once an interval to each target, and never more than
 * what a few Pods send. Above QPS_GENTLE it is a load test, which one has to say.
 */
#define QPS_DEFAULT_CAP 200
#define QPS_GENTLE      1000
#define NO_QPS          UINT64_MAX

struct watch_config {
    struct target_options targets;
    struct question_options questions;
    uint64_t interval_us, duration_us, count;
    uint64_t qps;
    bool yes_load;
    int ports;
    uint64_t source_port;
    struct record_options record;
};

static const struct watch_config defaults = {
    .questions = QUESTION_DEFAULTS, .interval_us = 1000000, .qps = NO_QPS};

#define ROW(kind, member) OPTION_AT(kind, struct watch_config, member)

static const struct option_row options[] = {
    {.name = "interval",
     .value = "DURATION",
     .min = 100000,
     .max = UINT64_C(3600000000),
     ROW(DURATION, interval_us),
     .help = "a report, and a round of queries, each (default 1s)"},
    DURATION_OPTION_ROW(struct watch_config, duration_us),
    COUNT_OPTION_ROW(struct watch_config, count, "stop after N rounds of all names at all servers"),
    {.name = "qps",
     .value = "N",
     .min = 0,
     .max = 1000000,
     ROW(NUMBER, qps),
     .help = "N queries a second, rather than a round an interval"},
    {.name = "yes-load", ROW(FLAG, yes_load), .help = "allow --qps over 1000, or 0: no cap"},
    QUESTION_OPTION_ROWS(struct watch_config, questions),
    {.name = "ports",
     .value = "fresh|keep",
     .words = watch_ports_names,
     ROW(WORD, ports),
     .help = "a new source port each time (default), or one a server"},
    {.name = "source-port",
     .value = "N",
     .min = 1,
     .max = 65535,
     ROW(NUMBER, source_port),
     .help = "keep this port; further servers count up from it"},
    RECORD_OPTION_ROWS(struct watch_config, record),
    {0},
};

/* Questions a second for one round an interval, within the cap. */
static double pace_of_rounds(const struct watch_config *config, const struct question_set *set)
{
    double round = (double)(set->targets_count * set->candidates_count * set->types_count);
    double qps = round / ((double)config->interval_us / 1e6);

    return qps < QPS_DEFAULT_CAP ? qps : QPS_DEFAULT_CAP;
}

static int check(const struct watch_config *config, struct err *err)
{
    if (!config->yes_load && config->qps == 0)
        return err_set(err, ERR_USAGE, EINVAL,
                       "--qps 0 asks as fast as the answers come, which is a load test; add --yes-load if "
                       "that is meant");
    if (!config->yes_load && config->qps != NO_QPS && config->qps > QPS_GENTLE)
        return err_set(err, ERR_USAGE, EINVAL,
                       "--qps over %d is a load test; add --yes-load if that is meant", QPS_GENTLE);
    return 0;
}

struct watch_reports {
    struct run *run;
    struct name_view *names_as;
    struct watch_record record;
    struct watch_recording *recording; /* NULL: none */
};

static int report(void *user)
{
    struct watch_reports *reports = user;
    struct arena *kept = reports->run->arena;
    struct watch_facts facts;
    int r;

    /* What is told goes with the telling: a watch may last for days. */
    reports->run->arena = arena_new();
    watch_record_facts(&reports->record, false, clock_monotonic_ns(), reports->run->arena, &facts);
    if (reports->recording)
        watch_recording_add(reports->recording, &facts);
    if (emit_is_live(reports->run))
        watch_record_facts(&reports->record, true, clock_monotonic_ns(), reports->run->arena, &facts);
    facts.names_as = reports->names_as;
    r = emit_part(reports->run, &facts);
    arena_free(reports->run->arena);
    reports->run->arena = kept;
    return r;
}

static int watch_status(const void *data)
{
    return watch_health(data);
}

/* On a loop of its own, which a recording has its captures taken on. */
static int ask(struct watch_reports *reports, const struct watch_config *config,
               const struct question_set *set, struct watcher_options *asking)
{
    struct run *run = reports->run;
    struct recorder_options recorder;
    int r = record_options_take(&config->record, &recorder, &run->err);

    if (r == 0)
        r = event_loop_new(true, &asking->base, &run->err);
    if (r < 0)
        return r;
    if (recorder.folder) {
        reports->recording = watch_recording_begin(run, &recorder, &config->targets, asking->base);
        r = reports->recording ? 0 : -EINVAL;
    }
    if (r == 0)
        r = watcher_run(run->arena, asking, set->targets, set->targets_count, &reports->record, &run->err);
    /* The rest of the last interval, so that the parts add up to the whole. */
    if (r >= 0 && watch_record_interval_has_any(&reports->record))
        r = report(reports);
    watch_recording_end(reports->recording);
    event_base_free(asking->base);
    return r;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct watch_config *config = config_at;
    struct watch_reports *reports = ARENA_NEW(run->arena, struct watch_reports);
    struct watcher_options asking;
    struct question_set set;
    int r;

    r = check(config, &run->err);
    if (r < 0)
        return r;
    r = question_set_collect(run, &config->questions, &config->targets, &set);
    if (r < 0)
        return r;
    reports->run = run;
    reports->names_as = set.resolv.names_as;
    asking = (struct watcher_options){
        .candidates = set.candidates,
        .candidates_count = set.candidates_count,
        .types = set.types,
        .types_count = set.types_count,
        .timeout_us = config->questions.timeout_us,
        .qps = config->qps == NO_QPS ? pace_of_rounds(config, &set) : (double)config->qps,
        .rounds = config->count,
        .duration_us = config->duration_us,
        .interval_us = config->interval_us,
        .ports = config->source_port ? PORTS_KEEP : config->ports,
        .source_port = (uint16_t)config->source_port,
        .udp_size = (uint16_t)config->questions.bufsize,
        .nsid = config->questions.nsid,
        .report = report,
        .user = reports,
    };
    r = ask(reports, config, &set, &asking);
    if (r < 0)
        return r;
    watch_record_facts(&reports->record, true, clock_monotonic_ns(), run->arena, data);
    ((struct watch_facts *)data)->names_as = reports->names_as;
    return watch_status(data);
}

static uint64_t capabilities_for(const void *config_at)
{
    const struct watch_config *config = config_at;

    return config->record.folder ? CAPABILITIES_RECORD : 0;
}

const struct command command_watch = {
    .name = "watch",
    .group = GROUP_SERVERS,
    .summary = "the same queries again and again: loss, latency, how often",
    .arguments = "NAME...",
    .args_min = 1,
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct watch_config),
    .targets_offset = offsetof(struct watch_config, targets),
    .takes_targets = true,
    .part_offset = offsetof(struct facts, sampling),
    .part_missing = "no sampling of the servers",
    .part_status = watch_status,
    .capabilities = CAPABILITY(CAP_NET_ADMIN),
    .capabilities_for = capabilities_for,
    .chooses_ports = true,
    .shape = &watch_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct watch_facts, status),
    .example = "k8sdns watch kubernetes.default --duration 10m",
    .run = run,
    .render = watch_text_render,
    .render_part = watch_text_render_part,
};
