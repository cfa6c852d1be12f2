/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_file.h"
#include "json_documents.h"
#include "scope_fleet.h"
#include <errno.h>
#include <jansson.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/sandbox.h>
#include <k8sdns/base/text_pool.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/diag/pattern.h>
#include <k8sdns/model/facts_read.h>
#include <k8sdns/model/recorder/record_trigger.h>
#include <k8sdns/model/scope/scope_document.h>
#include <k8sdns/render/scope/scope_text.h>
#include <k8sdns/wire/capture/json_tree.h>
#include <k8sdns/wire/recorder/record_segment.h>
#include <math.h>
#include <stdlib.h>
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
    struct text_pool texts;
    struct scope_report *reports;
    size_t count, room;
    struct scope_facts *facts;
};

/* The same text once for all reports: there are thousands of Pods, but few ids and nodes. */
static const char *kept(struct gathering *g, const char *text)
{
    return text ? text_pool_keep(&g->texts, text) : "";
}

/* They grow where nothing of them stays behind: of a hundred thousand that would be as much again. */
static struct scope_report *report_new(struct gathering *g)
{
    if (g->count == g->room) {
        g->room = g->room ? 2 * g->room : 64;
        g->reports = reallocarray(g->reports, g->room, sizeof(*g->reports));
        if (!g->reports)
            err_out_of_memory();
    }
    return &g->reports[g->count++];
}

static bool leads(const struct scope_finding *finding)
{
    return finding->severity != SEVERITY_INFO && !finding->consequence;
}

static void add_findings(struct gathering *g, struct scope_report *report,
                         const struct scope_document *document)
{
    size_t count = 0;

    for (size_t i = 0; i < document->findings_count; i++) {
        const struct scope_finding *finding = &document->findings[i];

        report->fails = report->fails || finding->severity != SEVERITY_INFO;
        report->is_critical = report->is_critical || finding->severity == SEVERITY_CRITICAL;
        count += leads(finding);
    }
    if (!count)
        return;
    report->ids = arena_array(g->run->arena, count, sizeof(*report->ids));
    for (size_t i = 0; i < document->findings_count; i++) {
        const struct rule *rule = rule_find(document->findings[i].id);

        if (leads(&document->findings[i]))
            report->ids[report->ids_count++] = rule ? rule->id : kept(g, document->findings[i].id);
    }
}

static void add(struct gathering *g, const struct scope_document *document)
{
    static const struct report_load unknown = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    struct scope_report *report = report_new(g);

    /* Times differ, to the millisecond. */
    *report = (struct scope_report){.node = kept(g, document->node),
                                    .pod = kept(g, document->pod),
                                    .time = document->time ? arena_text(g->run->arena, document->time) : "",
                                    .frequency = document->frequency,
                                    .load = document->load ? *document->load : unknown};
    add_findings(g, report, document);
}

/* What is known of a report that was read, or of facts that were judged here. */
static void add_facts(struct gathering *g, const struct diagnose_facts *facts, const struct finding *findings,
                      size_t count)
{
    struct scope_document document = {.node = facts->node,
                                      .pod = facts->pod,
                                      .time = facts->time,
                                      .frequency = facts->frequency,
                                      .load = facts->load,
                                      .findings_count = count};

    document.findings = arena_array(g->passing, count + 1, sizeof(*document.findings));
    for (size_t i = 0; i < count; i++)
        document.findings[i] =
            (struct scope_finding){findings[i].id, findings[i].severity, findings[i].consequence};
    add(g, &document);
}

/* A capture, which is judged here: of it everything counts. */
static int read_capture(struct gathering *g, const char *bytes, size_t len)
{
    struct diagnose_facts *verdict = ARENA_NEW(g->passing, struct diagnose_facts);
    struct facts *facts = ARENA_NEW(g->passing, struct facts);
    struct err ignored = {0};
    struct finding *findings;
    json_error_t where;
    json_t *tree = json_tree_read(bytes, len, 0, JSON_TREE_CAPTURE, &where);
    int r = tree ? facts_from_json(g->passing, json_object_get(tree, "data"), facts, &ignored) : -EBADMSG;
    size_t count;

    json_decref(tree);
    if (r < 0)
        return r;
    diagnose(g->passing, facts, &g->thresholds, &findings, &count, verdict);
    add_facts(g, verdict, findings, count);
    return 0;
}

/* A report as it stands, or a capture. */
static int read_document(struct gathering *g, const struct json_documents *documents)
{
    json_error_t where;
    json_t *excerpt = json_tree_read(text_string(&documents->excerpt), documents->excerpt.len, 0,
                                     JSON_TREE_CAPTURE, &where);
    const char *schema = json_string_value(json_object_get(excerpt, "schema"));
    const char *command = json_string_value(json_object_get(excerpt, "command"));
    struct scope_document document;
    struct err ignored = {0};
    int r = -EBADMSG;

    if (schema && command && strcmp(schema, ENVELOPE_SCHEMA) == 0 && strcmp(command, "capture") == 0) {
        json_decref(excerpt);
        return read_capture(g, documents->bytes + documents->from, documents->len);
    }
    if (schema && command && strcmp(schema, ENVELOPE_SCHEMA) == 0 && strcmp(command, "diagnose") == 0)
        r = scope_document_read(g->passing, excerpt, &document, &ignored);
    if (r == 0)
        add(g, &document);
    json_decref(excerpt);
    return r;
}

/* Documents one behind another; what is no JSON ends its file. Return 0, or a negative errno of read(). */
static int read_all(struct gathering *g, int fd)
{
    struct json_documents documents = {.fd = fd, .wanted = scope_document_wanted};
    int r;

    while (g->count < REPORTS_MAX && (r = json_documents_next(&documents)) > 0) {
        g->facts->unread += read_document(g, &documents) < 0;
        arena_reset(g->passing);
    }
    if (g->count >= REPORTS_MAX)
        r = 0;
    json_documents_fini(&documents);
    g->facts->unread += r == -EBADMSG;
    return r == -EBADMSG ? 0 : r;
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

static const struct scope_config defaults = {.timeout_us = 30000000};

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

/* An interval is a report, where anything was asked in it. An agent's findings are what it said then: facts
 * that it sees more seldom than each ten seconds would fail on after they have changed. */
static void add_interval(struct gathering *g, const struct interval_facts *interval)
{
    struct diagnose_facts verdict;
    struct finding *findings;
    size_t count;

    diagnose(g->passing, interval->facts, &g->thresholds, &findings, &count, &verdict);
    if (!verdict.asked && !interval->facts->sampling)
        return;
    if (interval->is_judged)
        add_facts(g, &verdict, interval->findings, interval->findings_count);
    else
        add_facts(g, &verdict, findings, count);
    add_sampling(g, interval->facts->sampling);
}

/* Intervals evenly over its time, `most` of them. Full captures are left out: they were taken since it
 * failed. */
static int read_recording(struct gathering *g, const char *path, size_t most)
{
    struct arena *arena = arena_new(); /* a day of a thousand recorders would be half a gigabyte */
    const struct recording *recording = capture_recording_open(g->run, arena, path);
    size_t stride = recording ? (recording->intervals_count + most - 1) / most : 0;
    struct recording_cursor *cursor;

    if (!recording) {
        arena_free(arena);
        return -EBADMSG;
    }
    cursor = recording_cursor_new(recording);
    for (size_t i = 0, seen = 0; i < recording->intervals_count && g->count < REPORTS_MAX; i++) {
        struct interval_facts interval;
        struct err ignored;
        int r;

        if (recording->intervals[i].kind == SEGMENT_CAPTURE || seen++ % stride)
            continue;
        r = recording_read(cursor, i, INTERVAL_REPORT, g->passing, &interval, &ignored);
        g->facts->unread += r < 0 && r != -ENOENT;
        if (r == 0)
            add_interval(g, &interval);
        arena_reset(g->passing);
    }
    recording_cursor_free(cursor);
    arena_free(arena);
    return 0;
}

static size_t count_folders(const struct run *run)
{
    size_t count = 0;

    for (size_t i = 0; i < run->args_count; i++)
        count += strcmp(run->args[i], "-") != 0 && recording_is_at(run->args[i]);
    return count;
}

static int run_reports(struct run *run, struct scope_facts *facts)
{
    struct gathering g = {.run = run, .passing = arena_new(), .texts = {.arena = run->arena}, .facts = facts};
    size_t folders = count_folders(run), most = INTERVALS_MOST;
    bool critical = false;
    int r = 0;

    /* Of more recordings less of each, so that none is left out. */
    if (folders > REPORTS_MAX / INTERVALS_MOST)
        most = folders < REPORTS_MAX ? REPORTS_MAX / folders : 1;
    thresholds_init(&g.thresholds);
    for (size_t i = 0; i < run->args_count && r == 0; i++) {
        bool standard = strcmp(run->args[i], "-") == 0, folder = !standard && recording_is_at(run->args[i]);
        int fd = standard ? STDIN_FILENO : folder ? -1 : file_open(run->args[i]);

        if (folder) {
            g.facts->files++;
            r = read_recording(&g, run->args[i], most);
            continue;
        }
        if (fd < 0) {
            r = err_set_errno(&run->err, ERR_INPUT, -fd, "cannot open %s", run->args[i]);
            break;
        }
        g.facts->files++;
        r = read_all(&g, fd);
        if (r < 0)
            r = err_set_errno(&run->err, ERR_INPUT, -r, "cannot read %s", run->args[i]);
        if (!standard)
            close(fd);
    }
    arena_free(g.passing);
    if (g.reports)
        arena_own(run->arena, g.reports);
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
    if (config->since_us || config->until || config->match || config->headers.count || config->token ||
        config->basic_auth || config->ca)
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "--since, --until, --match, --header, --token, --basic-auth and --ca go with --prometheus");
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
