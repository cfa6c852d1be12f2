/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/file.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/collect/collect_logs.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <string.h>
#include <sys/stat.h>

void logs_reading_init(struct logs_reading *reading, struct survey *survey,
                       const struct log_record_options *options)
{
    reading->survey = survey;
    reading->options = *options;
    log_stream_init(&reading->stream, survey->arena, options->log_template);
    log_record_init(&reading->record, survey->arena, options);
}

static int take_entry(struct logs_reading *reading)
{
    int kind;

    if (reading->wanted && !reading->wanted(reading->user, &reading->entry)) {
        reading->record.lines.filtered++;
        return 0;
    }
    kind = log_record_add(&reading->record, &reading->entry);
    return reading->seen ? reading->seen(reading->user, &reading->entry, kind) : 0;
}

static int take(void *user, size_t file, char *text, size_t len, bool cut)
{
    struct logs_reading *reading = user;
    bool found;
    int r = 0;

    reading->stream.cut += cut;
    found = log_stream_take(&reading->stream, reading->names[file], text, len, &reading->entry);
    /* An export may have many lines in one. */
    for (; found && r >= 0; found = log_stream_more(&reading->stream, &reading->entry))
        r = take_entry(reading);
    return r;
}

static int read_files(struct logs_reading *reading, const struct log_files_options *options)
{
    int r;
    bool found;

    reading->stream.joins = !options->follow;
    r = log_files_read(reading->survey->arena, options, &reading->files, &reading->survey->err);
    found = r >= 0 && log_stream_end(&reading->stream, &reading->entry);

    while (found) {
        int ended = take_entry(reading);

        if (ended < 0)
            return ended;
        found = log_stream_more(&reading->stream, &reading->entry) ||
                log_stream_end(&reading->stream, &reading->entry);
    }
    return r;
}

static int tick(void *user)
{
    struct logs_reading *reading = user;

    return reading->tick ? reading->tick(reading->user) : 0;
}

/* The Pod that the path names; else the path itself, where there are several to tell apart. */
static const char *source_name(struct arena *arena, const char *path, size_t count)
{
    struct log_word pod = container_path_pod(path);

    if (pod.len)
        return arena_text_n(arena, pod.at, pod.len);
    return count > 1 ? path : NULL;
}

static bool are_files(const char *const *paths, size_t count)
{
    struct stat file;

    for (size_t i = 0; i < count; i++)
        if (stat(paths[i], &file) < 0 || !S_ISREG(file.st_mode))
            return false;
    return true;
}

/* Whether the format of the queries follows from the lines for certain, and they can be read again with it.
 */
static bool guess_format(struct logs_reading *reading, const char *const *paths, size_t count)
{
    struct arena *arena = reading->survey->arena;
    bool sure = false;

    if (reading->options.log_template || reading->seen || reading->wanted || !are_files(paths, count))
        return false;
    reading->format = log_guess_template(&reading->record.guess, arena, &sure);
    if (reading->format && sure && log_template_read(arena, reading->format, &reading->guessed, NULL) == 0)
        return true;
    reading->format = NULL;
    return false;
}

int logs_reading_read(struct logs_reading *reading, const char *const *paths, size_t count, bool follow)
{
    struct log_files_options options = {
        .paths = paths, .paths_count = count, .follow = follow, .line = take, .tick = tick, .user = reading};
    struct log_record_options record;
    int r;

    reading->names = arena_array(reading->survey->arena, count + 1, sizeof(*reading->names));
    for (size_t i = 0; i < count; i++)
        reading->names[i] = source_name(reading->survey->arena, paths[i], count);
    reading->files_count = count;
    r = read_files(reading, &options);
    if (r < 0 || follow || !guess_format(reading, paths, count))
        return r;
    record = reading->options;
    record.log_template = &reading->guessed;
    logs_reading_fini(reading);
    logs_reading_init(reading, reading->survey, &record);
    return read_files(reading, &options);
}

void logs_reading_facts(const struct logs_reading *reading, struct arena *arena, struct logs_facts *facts)
{
    log_record_facts(&reading->record, &reading->stream, arena, facts);
    if (reading->format)
        facts->format = reading->format;
    facts->files = reading->files;
    facts->files_count = reading->files ? reading->files_count : 0;
}

void logs_reading_fini(struct logs_reading *reading)
{
    log_stream_fini(&reading->stream);
}

/* Of what was read: lines of CoreDNS's, or of a DNS server in its place. */
static uint64_t understood(const struct logs_facts *facts)
{
    return facts->lines.total - facts->lines.unknown - facts->lines.foreign - facts->lines.blank;
}

/*
 * kubectl writes its troubles in klog's form, too, as CoreDNS's client does: a few lines of errors alone,
 * which begin with one of kubectl's own.
 */
static bool is_kubectl_alone(const struct logs_facts *facts)
{
    const struct log_file_facts *file = facts->files_count == 1 ? &facts->files[0] : NULL;
    const struct log_lines_facts *lines = &facts->lines;

    return file && file->head && lines->total <= 16 && understood(facts) == lines->error &&
           input_kind_tell(file->head, file->head_len) == INPUT_KUBECTL_ERROR;
}

/*
 * A log of another program may have a line in klog's form, or another that CoreDNS might have written: more
 * than half of it cannot be read, and nothing that can be tells anything.
 */
static bool is_of_another(const struct logs_facts *facts)
{
    if (facts->queries || facts->format ||
        2 * facts->lines.unknown <= facts->lines.total - facts->lines.blank - facts->lines.foreign)
        return false;
    for (size_t i = 0; i < facts->events_count; i++) {
        int kind = facts->events[i].kind;

        if (kind != LOG_MESSAGE && kind != LOG_DEBUG && kind != LOG_UNKNOWN)
            return false;
    }
    return true;
}

/* A file of another kind is named, with what reads it. */
static int refuse_other_kinds(struct survey *survey, const struct logs_facts *facts)
{
    for (size_t i = 0; i < facts->files_count; i++) {
        const struct log_file_facts *file = &facts->files[i];
        enum input_kind kind = file->head ? input_kind_tell(file->head, file->head_len) : INPUT_UNKNOWN;

        if (kind != INPUT_UNKNOWN && kind != INPUT_EMPTY && kind != INPUT_COREDNS_LOG)
            return input_kind_refuse(file->head, file->head_len, INPUT_COREDNS_LOG, file_shown(file->path),
                                     "a log of CoreDNS", &survey->err);
    }
    return 0;
}

int collect_logs_judge(struct survey *survey, const struct logs_facts *facts)
{
    bool any = facts->lines.total > facts->lines.blank;
    int r;

    for (size_t i = 0; i < facts->files_count; i++)
        if (facts->files[i].state != LOG_FILE_READ)
            survey_unobserved_as(
                survey, GAP_LOG_PART, arena_printf(survey->arena, "the rest of %s", facts->files[i].path),
                facts->files[i].error ? facts->files[i].error : "it vanished, and did not come back", NULL);
    if (facts->format && !facts->queries && understood(facts))
        survey_unobserved_as(
            survey, GAP_LOG_PART, "queries in a format of their own", "they are not read",
            arena_printf(survey->arena, "k8sdns logs --format %s", shell_text(survey->arena, facts->format)));
    if ((understood(facts) && !is_kubectl_alone(facts) && !is_of_another(facts)) ||
        (!facts->lines.total && facts->lines.filtered))
        return 1;
    r = facts->format ? 0 : refuse_other_kinds(survey, facts);
    if (r < 0)
        return r;
    survey_unobserved_as(
        survey, GAP_LOGS, NULL,
        any ? understood(facts)
                  ? "most lines are of no form that CoreDNS has, and the others say nothing of it"
                  : "none of the lines is of a form that CoreDNS has"
            : "it is empty: there was no line",
        facts->format ? arena_printf(survey->arena,
                                     "queries are in a format of their own; try: k8sdns logs "
                                     "--format %s",
                                     shell_text(survey->arena, facts->format))
        : any         ? "if the Corefile's log has a format of its own, give it to k8sdns logs --format; an "
                        "application's log is read by k8sdns explain - <FILE"
                      : "see whether kubectl logs fails or prints nothing; put log into the Corefile");
    return 0;
}

int collect_logs(struct survey *survey, const char *path, struct facts *facts)
{
    const struct log_record_options options = {.slow_ns = LOG_SLOW_NS, .unanswered_ns = LOG_UNANSWERED_NS};
    struct logs_reading *reading;
    struct logs_facts *logs;
    int r;

    if (!path)
        return 0;
    reading = ARENA_NEW(survey->arena, struct logs_reading);
    logs = ARENA_NEW(survey->arena, struct logs_facts);
    logs_reading_init(reading, survey, &options);
    r = logs_reading_read(reading, &path, 1, false);
    if (r == 0) {
        logs_reading_facts(reading, survey->arena, logs);
        logs->summary = true;
        r = collect_logs_judge(survey, logs);
        if (r > 0)
            facts->logs = logs;
        r = r < 0 ? r : 0;
    }
    logs_reading_fini(reading);
    return r;
}
