/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "logs_look.h"

void logs_reading_init(struct logs_reading *reading, struct run *run,
                       const struct log_record_options *options)
{
    reading->run = run;
    reading->options = *options;
    log_stream_init(&reading->stream, run->arena, options->log_template);
    log_record_init(&reading->record, run->arena, options);
}

static int take(void *user, size_t file, char *text, size_t len, bool cut)
{
    struct logs_reading *reading = user;
    int kind;

    reading->stream.cut += cut;
    if (!log_stream_take(&reading->stream, reading->names[file], text, len, &reading->entry))
        return 0;
    if (reading->wanted && !reading->wanted(reading->user, &reading->entry)) {
        reading->record.lines.filtered++;
        return 0;
    }
    kind = log_record_add(&reading->record, &reading->entry);
    return reading->seen ? reading->seen(reading->user, &reading->entry, kind) : 0;
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

int logs_reading_read(struct logs_reading *reading, const char *const *paths, size_t count, bool follow)
{
    struct log_files_options options = {
        .paths = paths, .paths_count = count, .follow = follow, .line = take, .tick = tick, .user = reading};

    reading->names = arena_array(reading->run->arena, count + 1, sizeof(*reading->names));
    for (size_t i = 0; i < count; i++)
        reading->names[i] = source_name(reading->run->arena, paths[i], count);
    reading->files_count = count;
    return log_files_read(reading->run->arena, &options, &reading->files, &reading->run->err);
}

void logs_reading_facts(const struct logs_reading *reading, struct arena *arena, struct logs_facts *facts)
{
    log_record_facts(&reading->record, &reading->stream, arena, facts);
    facts->files = reading->files;
    facts->files_count = reading->files ? reading->files_count : 0;
}

void logs_reading_fini(struct logs_reading *reading)
{
    log_stream_fini(&reading->stream);
}

bool logs_look_judge(struct run *run, const struct logs_facts *facts)
{
    for (size_t i = 0; i < facts->files_count; i++)
        if (facts->files[i].state != LOG_FILE_READ)
            run_unobserved(run, arena_printf(run->arena, "the rest of %s", facts->files[i].path),
                           facts->files[i].error ? facts->files[i].error
                                                 : "it vanished, and did not come back",
                           "read it again when it is whole");
    if (facts->lines.total > facts->lines.unknown || (!facts->lines.total && facts->lines.filtered))
        return true;
    run_unobserved(
        run, "CoreDNS's log",
        facts->lines.total ? "none of the lines is of a form that CoreDNS has" : "there was no line",
        facts->lines.total ? "if the Corefile's log has a format of its own, give it to k8sdns logs --format"
                           : "see whether kubectl logs prints anything; put log into the Corefile");
    return false;
}

int logs_look(struct run *run, const char *path, struct facts *facts)
{
    const struct log_record_options options = {.slow_ns = LOG_SLOW_NS, .unanswered_ns = LOG_UNANSWERED_NS};
    struct logs_reading *reading;
    struct logs_facts *logs;
    int r;

    if (!path)
        return 0;
    reading = ARENA_NEW(run->arena, struct logs_reading);
    logs = ARENA_NEW(run->arena, struct logs_facts);
    logs_reading_init(reading, run, &options);
    r = logs_reading_read(reading, &path, 1, false);
    if (r == 0) {
        logs_reading_facts(reading, run->arena, logs);
        logs->summary = true;
        if (logs_look_judge(run, logs))
            facts->logs = logs;
    }
    logs_reading_fini(reading);
    return r;
}
