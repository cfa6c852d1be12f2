/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_file.h"
#include "scope_fleet.h"
#include <errno.h>
#include <jansson.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/sandbox.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/diag/pattern.h>
#include <k8sdns/model/facts_read.h>
#include <k8sdns/model/recorder/record_trigger.h>
#include <k8sdns/model/shape/shape_json.h>
#include <k8sdns/render/scope/scope_text.h>
#include <k8sdns/wire/capture/json_tree.h>
#include <k8sdns/wire/recorder/record_segment.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* More than that is no question of scope any more. */
#define REPORTS_MAX 200000
/* Of a recording so many intervals at most, evenly over its time: the shares are known well enough. */
#define INTERVALS_MOST 720

struct gathering {
    struct run *run;
    struct arena *passing; /* what one document takes; given back after it */
    struct thresholds thresholds;
    struct scope_report *reports;
    size_t count;
    struct scope_facts *facts;
};

/* The same text once for all reports: there are thousands of Pods, but few ids and nodes. */
static const char *kept(struct gathering *g, const char *text)
{
    return text ? arena_text(g->run->arena, text) : "";
}

static void add_findings(struct gathering *g, struct scope_report *report, const struct finding *findings,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = rule_find(findings[i].id);

        if (findings[i].severity == SEVERITY_INFO)
            continue;
        report->fails = true;
        report->is_critical = report->is_critical || findings[i].severity == SEVERITY_CRITICAL;
        if (!findings[i].consequence)
            *ARENA_PUSH(g->run->arena, report->ids, report->ids_count) =
                rule ? rule->id : kept(g, findings[i].id);
    }
}

static void add(struct gathering *g, const struct diagnose_facts *facts, const struct finding *findings,
                size_t count)
{
    static const struct report_load unknown = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    struct scope_report *report = ARENA_PUSH(g->run->arena, g->reports, g->count);

    *report = (struct scope_report){.node = kept(g, facts->node),
                                    .pod = kept(g, facts->pod),
                                    .time = kept(g, facts->time),
                                    .frequency = facts->frequency,
                                    .load = facts->load ? *facts->load : unknown};
    add_findings(g, report, findings, count);
}

/* A report as it stands, or a capture, which is judged here. */
static int read_document(struct gathering *g, json_t *document)
{
    const char *schema = json_string_value(json_object_get(document, "schema"));
    const char *command = json_string_value(json_object_get(document, "command"));
    json_t *data = json_object_get(document, "data");
    struct diagnose_facts *verdict = ARENA_NEW(g->passing, struct diagnose_facts);
    struct envelope_facts *envelope = ARENA_NEW(g->passing, struct envelope_facts);
    struct facts *facts = ARENA_NEW(g->passing, struct facts);
    struct err ignored = {0};
    struct finding *findings;
    size_t count;

    if (!schema || !command || !data || strcmp(schema, ENVELOPE_SCHEMA) != 0)
        return -EBADMSG;
    if (strcmp(command, "capture") == 0) {
        if (facts_from_json(g->passing, data, facts, &ignored) < 0)
            return -EBADMSG;
        diagnose(g->passing, facts, &g->thresholds, &findings, &count, verdict);
        add(g, verdict, findings, count);
        return 0;
    }
    if (strcmp(command, "diagnose") != 0 ||
        shape_from_json(g->passing, &diagnose_facts_shape, data, verdict, &ignored) < 0 ||
        shape_from_json(g->passing, &envelope_facts_shape, document, envelope, &ignored) < 0)
        return -EBADMSG;
    add(g, verdict, envelope->findings, envelope->findings_count);
    return 0;
}

/* Documents one behind another; what is no JSON ends its file. */
static void read_all(struct gathering *g, FILE *file)
{
    json_error_t where;
    json_t *document;
    int c;

    for (;;) {
        do
            c = getc(file);
        while (c == ' ' || c == '\n' || c == '\r' || c == '\t');
        if (c == EOF || g->count >= REPORTS_MAX)
            return;
        ungetc(c, file);
        json_tree_begin(JSON_TREE_CAPTURE);
        document = json_loadf(file, JSON_DISABLE_EOF_CHECK, &where);
        (void)json_tree_end();
        if (!document || read_document(g, document) < 0)
            g->facts->unread++;
        arena_reset(g->passing);
        if (!document)
            return;
        json_decref(document);
    }
}

static const struct option_row options[] = {
    {.name = "prometheus",
     .value = "URL",
     OPTION_AT(TEXT, struct scope_config, prometheus),
     .help = "ask this Prometheus what the agents counted, instead of reading reports"},
    {.name = "since",
     .value = "DURATION",
     .min = UINT64_C(600000000),
     .max = UINT64_C(604800000000),
     OPTION_AT(DURATION, struct scope_config, since_us),
     .help = "with --prometheus: how far back (default 1h)"},
    {.name = "until",
     .value = "TIME",
     OPTION_AT(TEXT, struct scope_config, until),
     .help = "with --prometheus: the end, as 2026-01-31T12:00:00Z (default: a minute ago)"},
    {.name = "match",
     .value = "LABELS",
     OPTION_AT(TEXT, struct scope_config, match),
     .help = "with --prometheus: only series with these: 'cluster=\"a\"'"},
    {.name = "header",
     .value = "NAME: VALUE",
     OPTION_AT(WORDS, struct scope_config, headers),
     .help = "with --prometheus: send this as well, as 'X-Scope-OrgID: team'"},
    {.name = "token",
     .value = "FILE",
     OPTION_AT(TEXT, struct scope_config, token),
     .help = "with --prometheus: the token to show (default: none)"},
    {.name = "basic-auth",
     .value = "FILE",
     OPTION_AT(TEXT, struct scope_config, basic_auth),
     .help = "with --prometheus: the file has USER:PASSWORD"},
    {.name = "ca",
     .value = "FILE",
     OPTION_AT(TEXT, struct scope_config, ca),
     .help = "for https: the authority to believe (default: the system's)"},
    {.name = "timeout",
     .value = "DURATION",
     .min = 100000,
     .max = 600000000,
     OPTION_AT(DURATION, struct scope_config, timeout_us),
     .help = "with --prometheus: how long a query may take (default 30s)"},
    {0},
};

static const struct scope_config defaults = {.since_us = UINT64_C(3600000000), .timeout_us = 30000000};

/* What the queries of an interval say by themselves: a recording of a watch may have no more than these. */
static void add_sampling(struct gathering *g, const struct watch_facts *sampling)
{
    struct scope_report *report = &g->reports[g->count - 1];

    for (size_t i = 0; sampling && i < sampling->targets_count; i++) {
        const struct watch_target_facts *t = &sampling->targets[i];
        uint64_t decided = t->answered + t->lost;

        report->fails = report->fails || record_trigger_fails(t->bad, decided);
        report->is_critical =
            report->is_critical || (record_trigger_fails(t->bad, decided) && t->bad >= decided - t->bad);
    }
}

/* Each interval is a report, where anything was asked in it. Full captures are left out: they were taken
 * since it failed. */
static int read_recording(struct gathering *g, const char *path)
{
    const struct recording *recording = capture_recording_open(g->run, path);
    size_t stride = recording ? (recording->intervals_count + INTERVALS_MOST - 1) / INTERVALS_MOST : 0;
    struct recording_cursor *cursor;

    if (!recording)
        return -EBADMSG;
    cursor = recording_cursor_new(recording);
    for (size_t i = 0, seen = 0; i < recording->intervals_count && g->count < REPORTS_MAX; i++) {
        struct interval_facts interval;
        struct diagnose_facts verdict;
        struct finding *findings;
        struct err ignored;
        size_t count;
        int r;

        if (recording->intervals[i].kind == SEGMENT_CAPTURE || seen++ % stride)
            continue;
        r = recording_read(cursor, i, INTERVAL_WHOLE, g->passing, &interval, &ignored);
        g->facts->unread += r < 0 && r != -ENOENT;
        if (r == 0) {
            diagnose(g->passing, interval.facts, &g->thresholds, &findings, &count, &verdict);
            if (verdict.asked || interval.facts->sampling) {
                add(g, &verdict, findings, count);
                add_sampling(g, interval.facts->sampling);
            }
        }
        arena_reset(g->passing);
    }
    recording_cursor_free(cursor);
    return 0;
}

static int run_reports(struct run *run, struct scope_facts *facts)
{
    struct gathering g = {.run = run, .passing = arena_new(), .facts = facts};
    bool critical = false;
    int r = 0;

    thresholds_init(&g.thresholds);
    for (size_t i = 0; i < run->args_count && r == 0; i++) {
        bool standard = strcmp(run->args[i], "-") == 0, folder = !standard && recording_is_at(run->args[i]);
        int fd = standard ? STDIN_FILENO : folder ? -1 : file_open(run->args[i]);
        FILE *file = standard ? stdin : fd < 0 ? NULL : fdopen(fd, "r");

        if (folder) {
            g.facts->files++;
            r = read_recording(&g, run->args[i]);
            continue;
        }
        if (!file) {
            r = err_set_errno(&run->err, ERR_INPUT, fd < 0 ? -fd : errno, "cannot open %s", run->args[i]);
            break;
        }
        g.facts->files++;
        read_all(&g, file);
        if (ferror(file))
            r = err_set(&run->err, ERR_INPUT, EIO, "cannot read %s", run->args[i]);
        if (!standard)
            fclose(file);
    }
    arena_free(g.passing);
    if (r < 0)
        return r;
    if (!g.count)
        return err_set(&run->err, ERR_FORMAT, EBADMSG,
                       "there is no report in %s; k8sdns diagnose --json and k8sdns "
                       "capture write them",
                       run->args_count == 1 ? run->args[0] : "these files");
    scope_judge(run->arena, g.reports, g.count, facts);
    pattern_causes(run->arena, g.reports, g.count, facts);
    for (size_t i = 0; i < g.count; i++)
        critical = critical || g.reports[i].is_critical;
    return critical ? STATUS_CRITICAL : g.facts->failing ? STATUS_WARNING : STATUS_OK;
}

/* `--from DIR...` is the same as DIR...: the first of them is not the word of an option alone. */
static int take_from(struct run *run)
{
    char **args = arena_array(run->arena, run->args_count + 1, sizeof(*args));

    if (!run->globals->from)
        return 0;
    if (run->globals->at)
        return err_set(&run->err, ERR_USAGE, EINVAL, "scope looks at all of a recording, and has no --at");
    args[0] = arena_text(run->arena, run->globals->from);
    for (size_t i = 0; i < run->args_count; i++)
        args[i + 1] = run->args[i];
    run->args = args;
    run->args_count++;
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct scope_config *config = config_at;

    if (take_from(run) < 0)
        return -EINVAL;

    if (config->prometheus && run->args_count)
        return err_set(&run->err, ERR_USAGE, EINVAL, "give either FILE or --prometheus");
    if (config->prometheus)
        return scope_fleet_run(run, config, data);
    if (config->until || config->match || config->headers.count || config->token || config->basic_auth ||
        config->ca)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "--until, --match, --header, --token, --basic-auth and --ca go with --prometheus");
    if (!run->args_count)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "missing FILE or --prometheus; usage: k8sdns scope [options] FILE|DIR...");
    sandbox_enter(SANDBOX_FILES);
    return run_reports(run, data);
}

const struct command command_scope = {
    .name = "scope",
    .group = GROUP_CAUSE,
    .summary = "many reports: how wide and how often it fails, and why",
    .arguments = "[FILE|DIR...]",
    .args_max = SIZE_MAX,
    .reads_from = true,
    .reads_folders = true,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct scope_config),
    .local = true,
    .sandbox = SANDBOX_NETWORK,
    .shape = &scope_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct scope_facts, status),
    .example = "k8sdns scope reports/*.json",
    .run = run,
    .render = scope_text_render,
};
