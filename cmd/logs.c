/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/collect/collect_logs.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/logs/log_interval.h>
#include <k8sdns/render/logs/logs_text.h>
#include <math.h>
#include <regex.h>
#include <string.h>
#include <unistd.h>

#define NS_OF_US 1000

struct logs_config {
    const char *format, *grep, *since, *until, *domain;
    uint64_t slow_us, unanswered_us, interval_us;
    bool follow, lines;
};

#define SLOW_USUAL (LOG_SLOW_NS / NS_OF_US)

static const struct logs_config defaults = {
    .slow_us = SHAPE_UNSET, .unanswered_us = LOG_UNANSWERED_NS / NS_OF_US, .interval_us = 1000000};

#define ROW(kind, member) OPTION_AT(kind, struct logs_config, member)

static const struct option_row options[] = {
    {.name = "format",
     .value = "TEMPLATE",
     ROW(TEXT, format),
     .help = "the log plugin's own, as in the Corefile"},
    {.name = "slow",
     .value = "DURATION",
     .min = 1,
     .max = UINT64_C(3600000000),
     ROW(DURATION, slow_us),
     .help = "from here on an answer is slow (default 100ms)"},
    {.name = "since",
     .value = "TIME",
     ROW(TEXT, since),
     .help = "leave out what is older: 10m, or 2026-01-31T12:00:00Z"},
    {.name = "until", .value = "TIME", ROW(TEXT, until), .help = "leave out what is newer"},
    {.name = "grep", .value = "REGEX", ROW(TEXT, grep), .help = "only lines that match (POSIX, extended)"},
    {.name = "lines", ROW(FLAG, lines), .help = "print each line, hex blocks decoded"},
    {.name = "follow",
     .letter = 'f',
     ROW(FLAG, follow),
     .help = "go on as the files grow, rotate or vanish; Ctrl-C ends"},
    {.name = "interval",
     .value = "DURATION",
     .min = 100000,
     .max = UINT64_C(3600000000),
     ROW(DURATION, interval_us),
     .help = "with --follow, a report each (default 1s)"},
    {.name = "unanswered-after",
     .value = "DURATION",
     .min = 1000,
     .max = UINT64_C(3600000000),
     ROW(DURATION, unanswered_us),
     .help = "a dump line alone for so long (default 10s)"},
    {.name = "cluster-domain",
     .value = "NAME",
     ROW(TEXT, domain),
     .help = "the cluster's domain (default cluster.local)"},
    {0},
};

/* One run: the filters, and what was reported last. */
struct logs_run {
    const struct logs_config *config;
    struct run *run;
    struct logs_reading logs;
    struct log_template format;
    bool has_pattern, live;
    regex_t pattern;
    uint64_t since_ns, until_ns; /* 0: none */
    uint64_t timeless;           /* lines that no time could be compared of */
    uint64_t next_ns;            /* monotonic, of the next report */
    struct log_interval interval;
};

/* A time, or how long ago. */
static int read_time(const struct run *run, const char *option, const char *text, uint64_t *ret_ns,
                     struct err *err)
{
    uint64_t us;

    if (log_time_read(text, strlen(text), ret_ns) == strlen(text))
        return 0;
    if (duration_parse_us(text, 0, UINT64_C(31536000000000), &us, NULL) == 0) {
        *ret_ns = run->started_ns - us * NS_OF_US;
        return 0;
    }
    return err_set(err, ERR_USAGE, EINVAL,
                   "--%s: '%s' is neither a time like 2026-01-31T12:00:00Z nor a duration like 10m", option,
                   text);
}

static int read_filters(struct logs_run *reading)
{
    const struct logs_config *config = reading->config;
    struct err *err = &reading->run->err;
    char why[200];
    int r = 0;

    if (config->since)
        r = read_time(reading->run, "since", config->since, &reading->since_ns, err);
    if (r == 0 && config->until)
        r = read_time(reading->run, "until", config->until, &reading->until_ns, err);
    if (r < 0)
        return r;
    if (reading->until_ns && reading->since_ns > reading->until_ns)
        return err_set(err, ERR_USAGE, EINVAL, "--since is later than --until, so no line can be between");
    if (config->grep) {
        r = regcomp(&reading->pattern, config->grep, REG_EXTENDED | REG_NOSUB);
        if (r) {
            regerror(r, &reading->pattern, why, sizeof(why));
            return err_set(err, ERR_USAGE, EINVAL, "--grep '%s': %s", config->grep, why);
        }
        reading->has_pattern = true;
    }
    return 0;
}

static bool wanted(void *user, const struct log_entry *entry)
{
    struct logs_run *reading = user;
    regmatch_t within = {0, (regoff_t)entry->text.len};

    if (reading->since_ns || reading->until_ns) {
        if (!entry->time_ns) {
            reading->timeless++;
            return false;
        }
        if (entry->time_ns < reading->since_ns || (reading->until_ns && entry->time_ns > reading->until_ns))
            return false;
    }
    return !reading->has_pattern || regexec(&reading->pattern, entry->text.at, 1, &within, REG_STARTEND) == 0;
}

/* With --lines and a limit given, only answers that are slow. */
static bool is_shown(const struct logs_run *reading, const struct log_entry *entry)
{
    return reading->config->slow_us == SHAPE_UNSET ||
           (entry->line.kind == COREDNS_QUERY && entry->line.duration_ns != COREDNS_UNSET &&
            entry->line.duration_ns >= reading->config->slow_us * NS_OF_US);
}

static int show_line(void *user, const struct log_entry *entry, int kind)
{
    struct logs_run *reading = user;
    struct arena *kept = reading->run->arena;
    struct log_line_facts facts;
    int r;

    if (!is_shown(reading, entry))
        return 0;
    reading->run->arena = arena_new();
    log_line_facts_make(reading->run->arena, entry, kind, reading->config->format ? &reading->format : NULL,
                        &facts);
    r = emit_piece(reading->run, &log_line_facts_shape, &facts, logs_text_line);
    arena_free(reading->run->arena);
    reading->run->arena = kept;
    return r;
}

static int report_now(struct logs_run *reading, uint64_t now_ns)
{
    struct arena *kept = reading->run->arena;
    struct log_interval_facts interval;
    struct logs_facts facts;
    int r;

    reading->run->arena = arena_new();
    if (reading->live) {
        logs_reading_facts(&reading->logs, reading->run->arena, &facts);
        r = emit_part(reading->run, &facts);
    } else {
        log_interval_next(&reading->interval, &reading->logs.record, now_ns, &interval);
        r = emit_piece(reading->run, &log_interval_facts_shape, &interval, logs_text_interval);
    }
    arena_free(reading->run->arena);
    reading->run->arena = kept;
    return r;
}

static int tick(void *user)
{
    struct logs_run *reading = user;
    uint64_t now_ns = clock_monotonic_ns();

    if (now_ns < reading->next_ns)
        return 0;
    reading->next_ns = now_ns + reading->config->interval_us * NS_OF_US;
    return report_now(reading, now_ns);
}

/* By the same rules as diagnose, which are left with these facts alone. */
static int judge(struct run *run, struct logs_facts *data)
{
    struct facts facts = {.time = "", .logs = data};
    struct diagnose_facts judged = {0};
    struct thresholds thresholds;

    thresholds_init(&thresholds);
    diagnose(run->arena, &facts, &thresholds, &run->findings, &run->findings_count, &judged);
    data->findings = run->findings;
    data->findings_count = run->findings_count;
    data->status = judged.status;
    if (judged.status == HEALTH_FAILING)
        return STATUS_CRITICAL;
    return judged.status == HEALTH_DEGRADED || (run->findings_count && run->globals->fail_on == FAIL_ON_INFO)
               ? STATUS_WARNING
               : STATUS_OK;
}

/* What the end should say besides: nothing that could be read passes for health. */
static int judge_reading(struct logs_run *reading, struct logs_facts *facts)
{
    struct run *run = reading->run;
    int r;

    if (reading->timeless)
        survey_unobserved_as(&run->survey, GAP_LOG_TIMES,
                             arena_printf(run->arena, "%llu lines", (unsigned long long)reading->timeless),
                             "they have no time, so --since and --until leave them out", NULL);
    r = collect_logs_judge(&run->survey, facts);
    return r < 0 ? r : r > 0 ? judge(run, facts) : STATUS_UNKNOWN;
}

static int prepare(struct logs_run *reading)
{
    const struct logs_config *config = reading->config;
    struct run *run = reading->run;
    struct log_record_options record = {
        .domain = config->domain,
        .slow_ns = (config->slow_us == SHAPE_UNSET ? SLOW_USUAL : config->slow_us) * NS_OF_US,
        .unanswered_ns = config->unanswered_us * NS_OF_US,
    };
    int r = read_filters(reading);

    if (r == 0 && config->format) {
        r = log_template_read(run->arena, config->format, &reading->format, &run->err);
        r = r < 0 ? err_prefix(&run->err, r, "--format") : r;
        record.log_template = &reading->format;
    }
    if (r < 0)
        return r;
    reading->logs.user = reading;
    if (reading->since_ns || reading->until_ns || reading->has_pattern)
        reading->logs.wanted = wanted;
    if (config->lines)
        reading->logs.seen = show_line;
    reading->live = !config->lines && emit_is_live(run);
    if (config->follow && !config->lines)
        reading->logs.tick = tick;
    reading->next_ns = clock_monotonic_ns() + config->interval_us * NS_OF_US;
    log_interval_begin(&reading->interval, clock_monotonic_ns());
    logs_reading_init(&reading->logs, &run->survey, &record);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    struct logs_run *reading = ARENA_NEW(run->arena, struct logs_run);
    static const char *const standard_input[] = {"-"};
    const char *const *paths = run->args_count ? (const char *const *)run->args : standard_input;
    size_t count = run->args_count ? run->args_count : 1, stdins = 0;
    struct logs_facts *facts = data;
    int r;

    reading->config = config_at;
    reading->run = run;
    for (size_t i = 0; i < count; i++)
        stdins += strcmp(paths[i], "-") == 0;
    if (stdins > 1)
        return err_set(&run->err, ERR_USAGE, EINVAL, "standard input can be read but once");
    if (stdins && isatty(STDIN_FILENO))
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "standard input is a terminal; pipe into it: kubectl logs -n kube-system -l k8s-app=kube-dns "
            "--prefix --timestamps --tail=-1 | k8sdns logs");
    r = prepare(reading);
    if (r == 0)
        r = logs_reading_read(&reading->logs, paths, count, reading->config->follow);
    if (reading->has_pattern)
        regfree(&reading->pattern);
    if (r == 0) {
        logs_reading_facts(&reading->logs, run->arena, facts);
        facts->summary = true;
        facts->printed = reading->config->lines;
    }
    logs_reading_fini(&reading->logs);
    return r < 0 ? r : judge_reading(reading, facts);
}

static const struct shape *const part_shapes[] = {&log_line_facts_shape, &log_interval_facts_shape, NULL};

const struct command command_logs = {
    .name = "logs",
    .group = GROUP_COREDNS,
    .summary = "CoreDNS's log: rcodes, slow, top names, never answered",
    .arguments = "[FILE...|-]",
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct logs_config),
    .local = true,
    .sandbox = SANDBOX_FILES,
    .shape = &logs_facts_shape,
    .part_shapes = part_shapes,
    .part_offset = offsetof(struct facts, logs),
    .part_missing = "no logs; k8sdns capture --logs FILE puts them in",
    .example = "k8sdns logs --follow /var/log/containers/coredns-*.log",
    .run = run,
    .render = logs_text_render,
    .render_part = logs_text_render_part,
};
