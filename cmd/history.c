/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_file.h"
#include "recording_timeline.h"
#include <errno.h>
#include <k8sdns/base/capability.h>
#include <k8sdns/base/moment.h>
#include <k8sdns/collect/recorded_facts.h>
#include <k8sdns/model/report/report_facts.h>
#include <k8sdns/render/recorder/timeline_text.h>

struct history_config {
    const char *since, *until, *redact;
};

#define ROW(kind, member) OPTION_AT(kind, struct history_config, member)

static const struct option_row options[] = {
    {.name = "since",
     .value = "TIME",
     ROW(TEXT, since),
     .help = "from 14:32 (UTC), 2026-01-31T14:32:10Z, or 2h before its end on"},
    {.name = "until", .value = "TIME", ROW(TEXT, until), .help = "likewise up to when"},
    {.name = "redact",
     .value = "WORD",
     ROW(TEXT, redact),
     .help = "in JSON hide names and addresses; alike with the same WORD"},
    {0},
};

/* The time that is looked at. */
static int parse_window(struct run *run, const struct history_config *config,
                        const struct recording *recording, struct wall_moment *window)
{
    uint64_t newest_ns = recording_newest_ns(recording);
    struct wall_moment moment;
    int r;

    *window = (struct wall_moment){0, UINT64_MAX};
    if (config->since) {
        r = moment_parse(config->since, newest_ns, &moment, &run->err);
        if (r < 0)
            return err_prefix(&run->err, r, "--since");
        window->from_ns = moment.from_ns;
    }
    if (config->until) {
        r = moment_parse(config->until, newest_ns, &moment, &run->err);
        if (r < 0)
            return err_prefix(&run->err, r, "--until");
        window->to_ns = moment.to_ns;
    }
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct history_config *config = config_at;
    const struct recording *recording;
    struct timeline_facts *facts = data;
    struct wall_moment window;

    if (!run->globals->from)
        return err_set(&run->err, ERR_USAGE, EINVAL, "missing --from DIR, a folder that --record wrote");
    if (run->globals->at)
        return err_set(&run->err, ERR_USAGE, EINVAL, "history has --since and --until, and no --at");
    run->redact = config->redact;
    recording = capture_recording_open(run, run->arena, run->globals->from);
    if (!recording || parse_window(run, config, recording, &window) < 0)
        return -EINVAL;
    recording_timeline(run, recording, &window, facts);
    (void)!capability_keep(0); /* all of it is read */
    /* As JSON all of it is redacted where it is written; text is made of what is here. */
    if (config->redact && !run->globals->json &&
        report_redact_timeline(run->arena, facts, config->redact, &run->err) < 0)
        return -EBADMSG;
    return facts->status == HEALTH_OK         ? STATUS_OK
           : facts->status == HEALTH_DEGRADED ? STATUS_WARNING
           : facts->status == HEALTH_FAILING  ? STATUS_CRITICAL
                                              : STATUS_UNKNOWN;
}

const struct command command_history = {
    .name = "history",
    .group = GROUP_CAUSE,
    .summary = "what began and ended in a recording, and when",
    .arguments = "",
    .options = options,
    .config_size = sizeof(struct history_config),
    .reads_from = true,
    .local = true,
    .sandbox = SANDBOX_FILES,
    .shape = &timeline_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct timeline_facts, status),
    .example = "k8sdns history --from /var/lib/k8sdns --since 2h",
    .run = run,
    .render = timeline_text_render,
};
