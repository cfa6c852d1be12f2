/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_file.h"
#include "dispatch.h"
#include "envelope.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/moment.h>
#include <k8sdns/collect/recorded_facts.h>
#include <k8sdns/model/facts_read.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <k8sdns/wire/capture/json_tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A table of sixty servers and a hundred names takes a few megabytes. */
#define CAPTURE_MAX (56 * 1024 * 1024)

/* What the shapes cannot say: every question was asked of a server that is listed. */
static int check_matrix(struct run *run, const struct matrix_facts *matrix)
{
    for (size_t i = 0; matrix && i < matrix->probes_count; i++)
        if (!target_find(matrix->targets, matrix->targets_count, matrix->probes[i].target))
            return err_set(&run->err, ERR_FORMAT, EBADMSG, "a query was asked of '%.60s', which is no target",
                           matrix->probes[i].target);
    return 0;
}

static int check(struct run *run, const struct facts *facts)
{
    const struct matrix_facts *const all[] = {facts->matrix, facts->small, facts->name_suggestions,
                                              facts->service_guess, facts->tcp};
    int r = 0;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && r == 0; i++)
        r = check_matrix(run, all[i]);
    return r;
}

static int read_envelope(struct run *run, json_t *envelope, struct facts *facts)
{
    const char *schema = json_string_value(json_object_get(envelope, "schema"));
    const char *command = json_string_value(json_object_get(envelope, "command"));
    json_t *data = json_object_get(envelope, "data");

    if (!schema || !command)
        return err_set(&run->err, ERR_FORMAT, EBADMSG, "it is JSON, but nothing that k8sdns wrote");
    if (strcmp(schema, ENVELOPE_SCHEMA) != 0)
        return err_set(&run->err, ERR_FORMAT, EBADMSG, "it is of version %.40s, and this k8sdns reads %s",
                       schema, ENVELOPE_SCHEMA);
    /* The facts of a report are all that it was made of. */
    if (strcmp(command, "report") == 0)
        data = json_object_get(data, "facts");
    else if (strcmp(command, "capture") != 0)
        data = NULL;
    if (!data)
        return err_set(&run->err, ERR_FORMAT, EBADMSG,
                       "it is what k8sdns %.40s printed, and what k8sdns capture or report "
                       "--json printed is wanted",
                       command);
    return facts_from_json(run->arena, data, facts, &run->err);
}

int capture_take(struct run *run, const struct facts *facts)
{
    int r = check(run, facts);

    if (r < 0)
        return r;
    run->captured = facts;
    *run->host = facts->host;
    run->unobserved = NULL;
    run->unobserved_count = 0;
    for (size_t i = 0; i < facts->unobserved_count; i++)
        *ARENA_PUSH(run->arena, run->unobserved, run->unobserved_count) = facts->unobserved[i];
    return 0;
}

const struct recording *capture_recording_open(struct run *run, struct arena *arena, const char *path)
{
    struct recording *recording = ARENA_NEW(arena, struct recording);

    if (recording_open(arena, path, recording, &run->err) < 0)
        return NULL;
    for (size_t i = 0; i < recording->segments_count; i++)
        if (recording->segments[i].damage && !run->globals->quiet)
            fprintf(stderr, "k8sdns: %s/%s: damaged at byte %" PRIu64 ": %s; the rest of it is left out\n",
                    path, recording->segments[i].name, recording->segments[i].good_size,
                    recording->segments[i].damage);
    return recording;
}

static int read_recording(struct run *run, const char *path, const char *at)
{
    const struct recording *recording = capture_recording_open(run, run->arena, path);
    struct facts *facts = ARENA_NEW(run->arena, struct facts);
    struct wall_moment moment;
    int r = recording ? 0 : -EBADMSG;

    if (r == 0 && at) {
        r = moment_parse(at, recording_newest_ns(recording), &moment, &run->err);
        if (r < 0)
            r = err_prefix(&run->err, r, "%s", at == run->globals->at ? "--at" : path);
    }
    if (r == 0)
        r = recorded_facts_at(run->arena, recording, at ? &moment : NULL, facts, &run->err);
    if (r == 0)
        r = capture_take(run, facts);
    run->recording = recording;
    return r;
}

static int read_text(struct run *run, const char *name, const char *bytes, size_t len, struct facts *facts)
{
    json_error_t where;
    json_t *envelope = json_tree_read(bytes, len, JSON_REJECT_DUPLICATES, JSON_TREE_CAPTURE, &where);
    int r;

    if (!envelope &&
        input_kind_refuse(bytes, len, INPUT_K8SDNS, name, "what k8sdns capture wrote", &run->err) < 0)
        return -EBADMSG;
    if (!envelope && where.line < 0)
        return err_set(&run->err, ERR_FORMAT, EBADMSG, "%s: %s", name, where.text);
    if (!envelope)
        return err_set(&run->err, ERR_FORMAT, EBADMSG, "%s: it is no JSON: line %d, column %d: %s", name,
                       where.line, where.column, where.text);
    r = read_envelope(run, envelope, facts);
    json_decref(envelope);
    if (r == 0)
        r = capture_take(run, facts);
    return r < 0 ? err_prefix(&run->err, r, "%s", name) : 0;
}

int capture_file_read(struct run *run, const char *path)
{
    struct facts *facts = ARENA_NEW(run->arena, struct facts);
    const char *name = file_shown(path);
    char *bytes;
    size_t len;
    int r;

    if (recording_is_at(path))
        return read_recording(run, path, run->globals->at);
    if (run->globals->at && access(path, F_OK) < 0)
        return err_set_errno(&run->err, ERR_INPUT, errno, "cannot open %s", path);
    if (run->globals->at)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--at goes with a recording, and %s is a file", path);
    r = file_take_text(path, CAPTURE_MAX, &bytes, &len, &run->err);
    if (r < 0)
        return r;
    r = read_text(run, name, bytes, len, facts);
    free(bytes);
    return r;
}

int capture_moment_read(struct run *run, const char *path_at)
{
    const char *at = strrchr(path_at, '@');
    const char *folder = at ? arena_text_n(run->arena, path_at, (size_t)(at - path_at)) : NULL;

    /* A path of that very name goes first. */
    if (!folder || access(path_at, F_OK) == 0 || !recording_is_at(folder))
        return capture_file_read(run, path_at);
    return read_recording(run, folder, at + 1);
}

static int write_whole(int fd, const struct text *text)
{
    const char *at = text_string(text);
    size_t left = text->len;

    while (left) {
        ssize_t n = write(fd, at, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        at += n;
        left -= (size_t)n;
    }
    return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

int capture_file_write(const struct run *run, const char *path, const struct facts *facts, struct err *err)
{
    struct run written = *run;
    struct text out = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), r;

    if (fd < 0)
        return err_set_errno(err, ERR_INPUT, errno, "cannot write %s", path);
    written.command = dispatch_find("capture", err);
    written.findings_count = 0;
    written.unobserved = facts->unobserved;
    written.unobserved_count = facts->unobserved_count;
    envelope_write(&out, &written, NULL, facts, STATUS_OK, true);
    r = write_whole(fd, &out);
    text_fini(&out);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r < 0) {
        unlink(path);
        return err_set_errno(err, ERR_INPUT, -r, "cannot write %s", path);
    }
    return 0;
}
