/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/recorder/record_reader.h>
#include <k8sdns/source/recorder/segment_files.h>
#include <k8sdns/wire/capture/json_tree.h>
#include <k8sdns/wire/recorder/json_delta.h>
#include <k8sdns/wire/recorder/record_segment.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One record may be larger than a segment should be; see recorder.h. */
#define FILE_MAX (24 * 1024 * 1024)
/* Of what the changes of a segment come to: an interval is some 50 KB of JSON. */
#define BASE_MAX (32U * 1024 * 1024)
/* What a segment begins with. */
#define BEGIN_MAX 512
/* Less is drift, and how long it took from one clock to the other. */
#define STEP_LEAST_MS 1000

/* ---- looking through ---- */

bool recording_is_at(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *boot_of(struct arena *arena, const struct segment_record *record)
{
    char text[BEGIN_MAX];
    json_t *json = record->json_len > sizeof(text) || record_segment_unpack(record, text) < 0
                       ? NULL
                       : json_loadb(text, record->json_len, 0, NULL);
    const char *boot = json_string_value(json_object_get(json, "boot"));

    boot = boot ? arena_text(arena, boot) : "";
    json_decref(json);
    return boot;
}

static void add_interval(struct arena *arena, struct recording *recording,
                         const struct segment_record *record, uint64_t offset)
{
    size_t segment = recording->segments_count - 1, count = recording->intervals_count;
    struct recorded_interval *interval = ARENA_PUSH(arena, recording->intervals, recording->intervals_count);
    const struct recorded_interval *before = count ? interval - 1 : NULL;

    *interval = (struct recorded_interval){.segment = segment,
                                           .kind = record->kind,
                                           .real_ns = record->real_ns,
                                           .mono_ns = record->mono_ns,
                                           .offset = offset};
    if (before && strcmp(recording->segments[before->segment].boot, recording->segments[segment].boot) == 0) {
        int64_t real_ms = (int64_t)(record->real_ns / 1000000) - (int64_t)(before->real_ns / 1000000),
                mono_ms = (int64_t)(record->mono_ns / 1000000) - (int64_t)(before->mono_ns / 1000000),
                step_ms = real_ms - mono_ms;

        interval->step_ms = step_ms >= STEP_LEAST_MS || step_ms <= -STEP_LEAST_MS ? step_ms : 0;
    }
    recording->segments[segment].intervals++;
}

/* Why the record does not continue what was read; NULL: it does. */
static const char *misfit(const struct segment_record *record, uint32_t sequence, bool has_base)
{
    if (record->sequence != sequence || (record->kind == SEGMENT_BEGIN) != (sequence == 0))
        return "records are missing";
    return record->kind == SEGMENT_DELTA && !has_base ? "a change without what it changes" : NULL;
}

static void look_through(struct arena *arena, struct recording *recording, const uint8_t *bytes, size_t len)
{
    struct recorded_segment *segment = &recording->segments[recording->segments_count - 1];
    struct segment_record record;
    bool has_base = false;

    for (uint32_t sequence = 0;; sequence++) {
        ssize_t n = record_segment_read(bytes + segment->good_size, len - segment->good_size, &record,
                                        &segment->damage);

        if (n > 0)
            segment->damage = misfit(&record, sequence, has_base);
        if (n <= 0 || segment->damage)
            break;
        if (record.kind == SEGMENT_BEGIN)
            segment->boot = boot_of(arena, &record);
        else
            add_interval(arena, recording, &record, segment->good_size);
        has_base = has_base || record.kind == SEGMENT_WHOLE;
        segment->good_size += (uint64_t)n;
    }
    segment->size = len;
    if (!len)
        segment->damage = "it is empty";
}

static int read_segment(struct arena *passing, int folder, const char *name, uint8_t **ret_bytes,
                        size_t *ret_len)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    size_t len = 0;
    int r = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        r = -errno;
    else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
        r = -EFBIG;
    if (r == 0) {
        *ret_bytes = arena_alloc(passing, (size_t)st.st_size + 1);
        while (len < (size_t)st.st_size) {
            ssize_t n = read(fd, *ret_bytes + len, (size_t)st.st_size - len);

            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                r = -errno;
            if (n <= 0)
                break;
            len += (size_t)n;
        }
    }
    close(fd);
    *ret_len = len;
    return r;
}

static void add_segment(struct arena *arena, struct arena *passing, int folder,
                        const struct segment_file *file, struct recording *recording)
{
    char name[SEGMENT_NAME];
    uint8_t *bytes = NULL;
    size_t len = 0;
    int r = read_segment(passing, folder, segment_file_name(file->number, name), &bytes, &len);
    struct recorded_segment *segment;

    /* The recorder was faster. */
    if (r == -ENOENT)
        return;
    segment = ARENA_PUSH(arena, recording->segments, recording->segments_count);
    *segment = (struct recorded_segment){
        .number = file->number, .name = arena_text(arena, name), .boot = "", .size = file->size};
    if (r < 0)
        segment->damage = arena_printf(arena, "it cannot be read: %s", strerror(-r));
    else
        look_through(arena, recording, bytes, len);
    arena_reset(passing);
}

int recording_open(struct arena *arena, const char *path, struct recording *recording, struct err *err)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct segment_file *files = NULL;
    struct arena *passing;
    ssize_t count;

    if (folder < 0)
        return err_set_errno(err, ERR_INPUT, errno, "cannot open %s", path);
    *recording = (struct recording){.folder = arena_text(arena, path)};
    count = segment_files_list(folder, &files);
    if (count <= 0) {
        close(folder);
        return count < 0 ? err_set_errno(err, ERR_INPUT, (int)-count, "cannot read %s", path)
                         : err_set(err, ERR_FORMAT, EBADMSG,
                                   "%s holds no recording (files like 00000001.k8sdns)", path);
    }
    passing = arena_new();
    for (ssize_t i = 0; i < count; i++)
        add_segment(arena, passing, folder, &files[i], recording);
    arena_free(passing);
    free(files);
    close(folder);
    for (size_t i = 0; i < recording->segments_count; i++)
        recording->damaged += recording->segments[i].damage != NULL;
    return 0;
}

/* ---- reading ---- */

struct recording_cursor {
    const struct recording *recording;
    struct arena *bytes_arena; /* of the segment that is open */
    size_t segment;            /* SIZE_MAX: none */
    uint8_t *bytes;
    size_t len;
    size_t next;  /* the interval after the last that went into the base */
    json_t *base; /* NULL: none yet */
    size_t taken; /* by it and the changes to it, at most */
};

struct recording_cursor *recording_cursor_new(const struct recording *recording)
{
    struct recording_cursor *cursor = calloc(1, sizeof(*cursor));

    if (!cursor)
        err_out_of_memory();
    cursor->recording = recording;
    cursor->segment = SIZE_MAX;
    cursor->bytes_arena = arena_new();
    return cursor;
}

void recording_cursor_free(struct recording_cursor *cursor)
{
    if (!cursor)
        return;
    json_decref(cursor->base);
    arena_free(cursor->bytes_arena);
    free(cursor);
}

static size_t first_of(const struct recording *recording, size_t index)
{
    size_t segment = recording->intervals[index].segment;

    while (index && recording->intervals[index - 1].segment == segment)
        index--;
    return index;
}

static int open_segment(struct recording_cursor *cursor, size_t index, struct err *err)
{
    const struct recording *recording = cursor->recording;
    const struct recorded_segment *segment = &recording->segments[recording->intervals[index].segment];
    int folder = open(recording->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

    if (folder < 0)
        return err_set_errno(err, ERR_INPUT, errno, "cannot open %s", recording->folder);
    json_decref(cursor->base);
    cursor->base = NULL;
    cursor->segment = SIZE_MAX;
    arena_reset(cursor->bytes_arena);
    r = read_segment(cursor->bytes_arena, folder, segment->name, &cursor->bytes, &cursor->len);
    close(folder);
    if (r < 0)
        return err_set_errno(err, ERR_INPUT, -r, "cannot read %s/%s", recording->folder, segment->name);
    cursor->segment = recording->intervals[index].segment;
    cursor->next = first_of(recording, index);
    return 0;
}

/* The JSON of one record; a new reference, or NULL. */
static json_t *json_of(const struct recording_cursor *cursor, size_t index, size_t room)
{
    uint64_t offset = cursor->recording->intervals[index].offset;
    struct segment_record record;
    const char *why;
    json_error_t ignored;
    json_t *json = NULL;
    char *text;

    if (offset > cursor->len ||
        record_segment_read(cursor->bytes + offset, cursor->len - (size_t)offset, &record, &why) <= 0)
        return NULL;
    text = malloc(record.json_len + 1);
    if (!text)
        err_out_of_memory();
    if (record_segment_unpack(&record, text) == 0)
        json = json_tree_read(text, record.json_len, 0, room, &ignored);
    free(text);
    return json;
}

/* Take the next interval into the base, unless it is a capture. */
static int advance(struct recording_cursor *cursor)
{
    size_t index = cursor->next;
    int kind = cursor->recording->intervals[index].kind;
    json_t *json;

    cursor->next++;
    if (kind == SEGMENT_CAPTURE)
        return 0;
    if (kind == SEGMENT_WHOLE) {
        json_decref(cursor->base);
        cursor->base = NULL;
        cursor->taken = 0;
    }
    json = json_of(cursor, index, BASE_MAX - cursor->taken);
    cursor->taken += json_tree_used();
    if (json && kind == SEGMENT_DELTA) {
        json_t *delta = json;

        json_tree_begin(BASE_MAX - cursor->taken);
        json = cursor->base ? json_delta_apply(cursor->base, delta) : NULL;
        (void)json_tree_end();
        cursor->taken += json_tree_used();
        cursor->base = NULL;
        json_decref(delta);
    }
    json_decref(cursor->base);
    cursor->base = json;
    return json ? 0 : -EBADMSG;
}

int recording_read(struct recording_cursor *cursor, size_t index, enum interval_parts parts,
                   struct arena *arena, struct interval_facts *interval, struct err *err)
{
    const struct recording *recording = cursor->recording;
    const struct recorded_interval *wanted = &recording->intervals[index];
    const char *name = recording->segments[wanted->segment].name;
    bool is_capture = wanted->kind == SEGMENT_CAPTURE;
    json_t *json = NULL;
    int r = 0;

    if (cursor->segment != wanted->segment || (!is_capture && cursor->next > index + 1))
        r = open_segment(cursor, index, err);
    if (r < 0)
        return r;
    while (!is_capture && cursor->next <= index && r == 0)
        r = advance(cursor);
    if (is_capture)
        json = json_of(cursor, index, JSON_TREE_CAPTURE);
    else if (r == 0 && cursor->base)
        json = json_incref(cursor->base);
    if (!json) {
        cursor->segment = SIZE_MAX;
        return err_set(err, ERR_FORMAT, EBADMSG, "%s/%s: an interval is not of its format", recording->folder,
                       name);
    }
    r = interval_from_json(arena, json, parts, interval, err);
    json_decref(json);
    return r < 0 ? err_prefix(err, r, "%s/%s", recording->folder, name) : 0;
}
