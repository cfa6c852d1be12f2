/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection_rows.h"
#include "recording_timeline.h"
#include <errno.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/report/report_facts.h>
#include <k8sdns/render/report/report_render.h>
#include <unistd.h>

struct report_config {
    struct collection_options collection;
    int format; /* enum report_format */
    const char *output;
    const char *redact;
    struct text_list set;
};

static const struct report_config defaults = {.collection = COLLECTION_DEFAULTS, .format = REPORT_HTML};

static const struct option_row options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     OPTION_AT(TEXT, struct report_config, output),
     .help = "write the report to FILE, which is whole or as it was before"},
    {.name = "format",
     .value = "FORMAT",
     .words = report_format_names,
     OPTION_AT(WORD, struct report_config, format),
     .help = "html (default), markdown for a chat or ticket, or text"},
    {.name = "redact",
     .value = "WORD",
     OPTION_AT(TEXT, struct report_config, redact),
     .help = "hide names and addresses; alike in reports with the same WORD"},
    {.name = "set",
     .value = "NAME=VALUE",
     OPTION_AT(WORDS, struct report_config, set),
     .help = "change the threshold of a rule; see k8sdns-findings(7)"},
    COLLECTION_OPTION_ROWS(struct report_config, collection),
    {0},
};

/* A page of HTML on a terminal helps nobody. */
static int check_output(struct run *run, const struct report_config *config)
{
    if (config->format != REPORT_HTML || run->globals->json || config->output || !isatty(STDOUT_FILENO))
        return 0;
    return err_set(
        &run->err, ERR_USAGE, EINVAL,
        "the report is a page of HTML; type k8sdns report -o report.html, or k8sdns report --format text");
}

/* All of the recording, which the moment of the facts is a part of. */
static struct timeline_facts *read_timeline(struct run *run)
{
    const struct wall_moment all = {0, UINT64_MAX};
    struct timeline_facts *timeline;

    if (!run->recording)
        return NULL;
    timeline = ARENA_NEW(run->arena, struct timeline_facts);
    recording_timeline(run, run->recording, &all, timeline);
    return timeline;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct report_config *config = config_at;
    struct report_facts *report = data;
    struct thresholds thresholds;
    int r = check_output(run, config);

    thresholds_init(&thresholds);
    for (size_t i = 0; r == 0 && i < config->set.count; i++)
        r = threshold_set(&thresholds, config->set.items[i], &run->err);
    if (r < 0)
        return r;
    *report = (struct report_facts){.format = config->format,
                                    .version = VERSION,
                                    .facts = ARENA_NEW(run->arena, struct facts),
                                    .diagnosis = ARENA_NEW(run->arena, struct diagnose_facts)};
    if (run->captured)
        *report->facts = *run->captured;
    else
        r = collection_run(&run->survey, &config->collection, report->facts);
    if (r == 0 && config->redact)
        r = report_redact(run->arena, report->facts, config->redact, &run->err);
    if (r == 0)
        report->timeline = read_timeline(run);
    if (r == 0 && report->timeline && config->redact)
        r = report_redact_timeline(run->arena, report->timeline, config->redact, &run->err);
    if (r < 0)
        return r;
    *run->host = report->facts->host;
    run->unobserved = report->facts->unobserved;
    run->unobserved_count = report->facts->unobserved_count;
    diagnose(run->arena, report->facts, &thresholds, &run->findings, &run->findings_count, report->diagnosis);
    report->lookups = report_lookups(run->arena, report->facts);
    return STATUS_OK;
}

const struct command command_report = {
    .name = "report",
    .group = GROUP_CAUSE,
    .summary = "what diagnose found as a page, for a ticket",
    .arguments = "[NAME...]",
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct report_config),
    .targets_offset = offsetof(struct report_config, collection.targets),
    .takes_targets = true,
    .tells_gaps = true,
    .from_facts = true,
    .has_output_file = true,
    .output_file_offset = offsetof(struct report_config, output),
    .capabilities = CAPABILITY(CAP_NET_ADMIN) | CAPABILITIES_BPF,
    .shape = &report_facts_shape,
    .example = "k8sdns report -o report.html",
    .run = run,
    .render = report_render,
};
