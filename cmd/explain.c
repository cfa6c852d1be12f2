/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/diag/explanation.h>
#include <k8sdns/render/diagnosis/explain_text.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Messages beyond this are a log, for which k8sdns logs is. */
#define TEXT_MAX (16U << 20)

/* A pipe that says nothing for so long is one that a script left open, and the list is asked for. */
#define PIPE_PATIENCE_MS 2000

/* Whether a text was piped or redirected here. */
static bool has_input(void)
{
    struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
    struct stat status;

    if (fstat(STDIN_FILENO, &status) < 0)
        return false;
    if (S_ISREG(status.st_mode))
        return status.st_size > 0;
    return S_ISFIFO(status.st_mode) && poll(&wait, 1, PIPE_PATIENCE_MS) > 0 && wait.revents & POLLIN;
}

/* The finding in words, and what of it the capture shows, with its evidence and the names of its cluster. */
static int explain_captured(struct run *run, struct explain_facts *facts)
{
    struct diagnose_facts judged;
    struct thresholds thresholds;
    struct finding *findings;
    size_t count;
    int r;

    if (run->args_count != 1 || !rule_find(run->args[0]))
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "--from goes with the id of a finding; k8sdns diagnose --from FILE -o name lists them");
    r = explanation_write(run->arena, run->args[0], facts, &run->err);
    if (r < 0)
        return r;
    thresholds_init(&thresholds);
    diagnose(run->arena, run->captured, &thresholds, &findings, &count, &judged);
    facts->with_seen = true;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(findings[i].id, run->args[0]) != 0)
            continue;
        *ARENA_PUSH(run->arena, facts->seen, facts->seen_count) = findings[i];
        *ARENA_PUSH(run->arena, run->findings, run->findings_count) = findings[i];
    }
    return STATUS_OK;
}

static int run(struct run *run, const void *config, void *data)
{
    bool dash = run->args_count == 1 && strcmp(run->args[0], "-") == 0;
    char *text;
    size_t len;
    int r;

    (void)config;
    if (run->captured)
        return explain_captured(run, data);
    if (!dash && run->args_count)
        return explanation_write(run->arena,
                                 arena_join(run->arena, (const char *const *)run->args, run->args_count, " "),
                                 data, &run->err);
    if (!dash && !has_input())
        return explanation_write(run->arena, NULL, data, &run->err);
    r = file_read_text(run->arena, "-", TEXT_MAX, &text, &len, &run->err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < len; i++)
        if (!text[i])
            text[i] = ' ';
    while (len && strchr(" \t\r\n", text[len - 1]))
        text[--len] = '\0';
    if (!len)
        return err_set(&run->err, ERR_FORMAT, EBADMSG,
                       "standard input is empty: the command in front of the pipe wrote nothing");
    return explanation_write(run->arena, text, data, &run->err);
}

const struct command command_explain = {
    .name = "explain",
    .group = GROUP_CAUSE,
    .summary = "a finding, or an application's error message, in words",
    .arguments = "[ID|\"ERROR TEXT\"|-]",
    .args_max = SIZE_MAX,
    .local = true,
    .from_facts = true,
    .sandbox = SANDBOX_FILES,
    .shape = &explain_facts_shape,
    .example = "k8sdns explain \"Temporary failure in name resolution\"",
    .run = run,
    .render = explain_text_render,
};
