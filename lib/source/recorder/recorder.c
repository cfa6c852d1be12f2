/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/shape/redact.h>
#include <k8sdns/model/shape/shape_json.h>
#include <k8sdns/source/recorder/recorder.h>
#include <k8sdns/source/recorder/segment_files.h>
#include <k8sdns/wire/recorder/json_delta.h>
#include <k8sdns/wire/recorder/record_segment.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)
/* So much is lost to the reader when a segment is damaged, and so much goes at a time. */
#define SEGMENT_NS     (300 * SECOND_NS)
#define SEGMENT_BYTES  (4 * 1024 * 1024)
#define SEGMENTS_LEAST 16
/* Enough for any time, and half the size. */
#define REAL_DIGITS 12
#define BOOT_ID     40

struct kept_segment {
    uint64_t number, size;
    bool is_dated; /* its first record tells when it began */
    struct clock_stamp began;
    char boot[BOOT_ID];
};

struct recorder {
    char *redact;
    uint64_t keep_bytes, keep_ns;
    int folder, fd; /* fd: of the last segment; -1: none is open */
    struct kept_segment *segments;
    size_t count, room;
    uint64_t next_number, total;
    uint32_t sequence;
    json_t *base; /* what the last record of the segment says; NULL: a whole one comes next */
    struct clock_stamp opened;
    char boot[BOOT_ID];
    uint64_t segment_bytes;     /* of the open segment at most */
    uint64_t written, given_up; /* bytes: by this recorder; removed since the disk was full */
    struct recorder_counts counts;
};

/* ---- what is there ---- */

static void read_boot_id(char boot[BOOT_ID])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, boot, BOOT_ID - 1);

    boot[n > 0 ? n : 0] = 0;
    boot[strcspn(boot, "\n")] = 0;
    if (fd >= 0)
        close(fd);
}

/* When a segment began, by its first record. */
static void date(struct recorder *r, struct kept_segment *segment)
{
    char name[SEGMENT_NAME];
    uint8_t bytes[1024];
    /* It was a file a moment ago; a pipe would wait for its writer. */
    int fd = openat(r->folder, segment_file_name(segment->number, name),
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : pread(fd, bytes, sizeof(bytes), 0);
    struct segment_record record;
    const char *why;
    char json[512];

    if (fd >= 0)
        close(fd);
    if (n <= 0 || record_segment_read(bytes, (size_t)n, &record, &why) <= 0 || record.kind != SEGMENT_BEGIN ||
        record.json_len >= sizeof(json) || record_segment_unpack(&record, json) < 0)
        return;
    segment->began = (struct clock_stamp){record.mono_ns, record.real_ns};
    segment->is_dated = true;
    {
        json_t *begin = json_loadb(json, record.json_len, 0, NULL);
        const char *boot = json_string_value(json_object_get(begin, "boot"));

        strncpy(segment->boot, boot ? boot : "", BOOT_ID - 1);
        json_decref(begin);
    }
}

static struct kept_segment *add_segment(struct recorder *r, uint64_t number, uint64_t size)
{
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 64;
        r->segments = reallocarray(r->segments, r->room, sizeof(*r->segments));
        if (!r->segments)
            err_out_of_memory();
    }
    r->segments[r->count] = (struct kept_segment){.number = number, .size = size};
    r->total += size;
    r->next_number = number + 1;
    return &r->segments[r->count++];
}

static int take_stock(struct recorder *r)
{
    struct segment_file *files = NULL;
    ssize_t count = segment_files_list(r->folder, &files);

    for (ssize_t i = 0; i < count; i++)
        date(r, add_segment(r, files[i].number, files[i].size));
    free(files);
    return count < 0 ? (int)count : 0;
}

static bool is_open(const struct recorder *r, size_t i)
{
    return r->fd >= 0 && i + 1 == r->count;
}

/* Return whether there was one to remove; the open one never is. */
static bool remove_oldest(struct recorder *r)
{
    char name[SEGMENT_NAME];

    if (!r->count || is_open(r, 0))
        return false;
    if (unlinkat(r->folder, segment_file_name(r->segments[0].number, name), 0) < 0 && errno != ENOENT)
        return false;
    r->total -= r->segments[0].size;
    r->counts.removed++;
    memmove(r->segments, r->segments + 1, --r->count * sizeof(*r->segments));
    return true;
}

/*
 * How old it is: within one boot by the clock that nobody sets, else by the wall clock, as it was when this
 * recorder began and has run on since; so that a clock that is set while it records ages nothing.
 */
static uint64_t age_ns(const struct recorder *r, const struct kept_segment *segment, struct clock_stamp now)
{
    uint64_t real_ns = r->opened.real_ns + (now.mono_ns - r->opened.mono_ns);

    if (strcmp(segment->boot, r->boot) == 0)
        return now.mono_ns > segment->began.mono_ns ? now.mono_ns - segment->began.mono_ns : 0;
    return real_ns > segment->began.real_ns ? real_ns - segment->began.real_ns : 0;
}

/* A segment ends where the next one begins. */
static void remove_aged(struct recorder *r, struct clock_stamp now)
{
    for (;;) {
        size_t next = 1;

        while (next < r->count && !r->segments[next].is_dated)
            next++;
        if (next >= r->count || age_ns(r, &r->segments[next], now) <= r->keep_ns || !remove_oldest(r))
            return;
    }
}

/* ---- writing ---- */

static bool is_full(int r)
{
    return r == -ENOSPC || r == -EDQUOT || r == -EFBIG;
}

static void end_segment(struct recorder *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    json_decref(r->base);
    r->base = NULL;
}

/* All of it or nothing: of what was written in part the file is freed again, or it is the last of it. */
static int append(struct recorder *r, const struct text *bytes)
{
    struct kept_segment *segment = &r->segments[r->count - 1];
    size_t done = 0;
    int error = 0;

    while (done < bytes->len) {
        ssize_t n = write(r->fd, text_string(bytes) + done, bytes->len - done);

        if (n < 0 && errno == EINTR)
            continue;
        /* A full disk takes a part without an error first. */
        if (n <= 0) {
            error = n < 0 ? -errno : -ENOSPC;
            break;
        }
        done += (size_t)n;
    }
    if (!error) {
        segment->size += bytes->len;
        r->total += bytes->len;
        r->written += bytes->len;
        return 0;
    }
    if (done && ftruncate(r->fd, (off_t)segment->size) < 0) {
        segment->size += done;
        r->total += done;
        end_segment(r);
    }
    return error;
}

/* Stay within the bound. Return whether `bytes` more do. */
static bool fit(struct recorder *r, uint64_t bytes)
{
    while (r->total + bytes > r->keep_bytes)
        if (!remove_oldest(r))
            return false;
    return true;
}

/* A sixteenth of what may be kept, by the bound and by the disk. */
static uint64_t segment_bytes(const struct recorder *r)
{
    struct statvfs disk;
    uint64_t room = r->keep_bytes;

    if (fstatvfs(r->folder, &disk) == 0 && disk.f_blocks &&
        r->total + (uint64_t)disk.f_bavail * disk.f_frsize < room)
        room = r->total + (uint64_t)disk.f_bavail * disk.f_frsize;
    return room / SEGMENTS_LEAST < SEGMENT_BYTES ? room / SEGMENTS_LEAST : SEGMENT_BYTES;
}

static int begin_segment(struct recorder *r, struct clock_stamp now)
{
    struct segment_record begin = {.kind = SEGMENT_BEGIN, .real_ns = now.real_ns, .mono_ns = now.mono_ns};
    json_t *json = json_pack("{s:s, s:s}", "schema", ENVELOPE_SCHEMA, "boot", r->boot);
    char name[SEGMENT_NAME], *text = json_dumps(json, JSON_COMPACT);
    struct text bytes = {0};
    struct kept_segment *segment;
    int error;

    if (!text)
        err_out_of_memory();
    record_segment_add(&bytes, &begin, text, strlen(text));
    free(text);
    json_decref(json);
    r->fd = openat(r->folder, segment_file_name(r->next_number, name),
                   O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (r->fd < 0) {
        error = -errno;
        /* Somebody's file of that name: the next number is tried the next time. */
        r->next_number += error == -EEXIST;
        text_fini(&bytes);
        return error;
    }
    segment = add_segment(r, r->next_number, 0);
    segment->began = now;
    segment->is_dated = true;
    memcpy(segment->boot, r->boot, sizeof(segment->boot));
    r->sequence = 1;
    r->segment_bytes = segment_bytes(r);
    error = fit(r, bytes.len) ? append(r, &bytes) : -ENOSPC;
    text_fini(&bytes);
    if (error) {
        end_segment(r);
        unlinkat(r->folder, name, 0);
        r->total -= r->segments[--r->count].size;
    }
    return error;
}

static bool is_over(const struct recorder *r, struct clock_stamp now)
{
    const struct kept_segment *segment;

    if (r->fd < 0)
        return true;
    segment = &r->segments[r->count - 1];
    return now.mono_ns - segment->began.mono_ns >= SEGMENT_NS || segment->size >= r->segment_bytes;
}

/* Return 0, or -EMSGSIZE for one that no reader would take. */
static int pack(struct recorder *r, json_t *json, bool is_capture, struct clock_stamp now, struct text *bytes)
{
    struct segment_record record = {.sequence = r->sequence, .real_ns = now.real_ns, .mono_ns = now.mono_ns};
    json_t *delta = is_capture || !r->base ? NULL : json_delta(r->base, json);
    char *text = json_dumps(delta ? delta : json, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));

    if (!text)
        err_out_of_memory();
    record.kind = is_capture ? SEGMENT_CAPTURE : delta ? SEGMENT_DELTA : SEGMENT_WHOLE;
    if (strlen(text) <= SEGMENT_JSON_MAX)
        record_segment_add(bytes, &record, text, strlen(text));
    free(text);
    json_decref(delta);
    return bytes->len ? 0 : -EMSGSIZE;
}

static int write_interval(struct recorder *r, json_t *json, bool is_capture, struct clock_stamp now)
{
    struct text bytes = {0};
    int error = 0;

    if (is_over(r, now)) {
        end_segment(r);
        error = begin_segment(r, now);
    }
    if (!error) {
        error = pack(r, json, is_capture, now, &bytes);
        if (!error && bytes.len > r->keep_bytes / 2)
            error = -EMSGSIZE;
        if (!error)
            error = fit(r, bytes.len) ? append(r, &bytes) : -ENOSPC;
    }
    text_fini(&bytes);
    if (!error) {
        r->sequence++;
        if (!is_capture) {
            json_decref(r->base);
            r->base = json_incref(json);
        }
    }
    return error;
}

/*
 * A full disk costs as much as is written: whoever else fills it gets no more than a segment, and never the
 * last one that there is.
 */
static bool make_room(struct recorder *r)
{
    uint64_t before = r->total;

    if (r->given_up > r->written || r->count <= 1 || !remove_oldest(r))
        return false;
    r->given_up += before - r->total;
    return true;
}

static json_t *to_json(const struct recorder *r, const struct interval_facts *interval)
{
    json_t *json = shape_to_json(&interval_facts_shape, interval), *envelope;

    if (!json)
        err_out_of_memory();
    if (!r->redact)
        return json;
    envelope = json_pack("{s:o}", "data", json);
    json_redact(envelope, &interval_facts_shape, r->redact);
    json = json_incref(json_object_get(envelope, "data"));
    json_decref(envelope);
    return json;
}

int recorder_add(struct recorder *r, const struct interval_facts *interval, struct err *err)
{
    struct clock_stamp now = clock_stamp_now();
    json_t *json = to_json(r, interval);
    int error;

    remove_aged(r, now);
    error = write_interval(r, json, interval->is_capture, now);
    while (is_full(error) && make_room(r))
        error = write_interval(r, json, interval->is_capture, now);
    json_decref(json);
    if (!error) {
        r->counts.intervals += !interval->is_capture;
        r->counts.captures += interval->is_capture;
        return 0;
    }
    r->counts.dropped++;
    if (error == -EMSGSIZE)
        return err_set(err, ERR_OUTPUT, EFBIG,
                       "an interval is larger than half of what is kept, or than %u MB",
                       SEGMENT_JSON_MAX / 1024 / 1024);
    return err_set_errno(err, ERR_OUTPUT, -error, "an interval could not be recorded");
}

/* ---- begin and end ---- */

struct recorder_counts recorder_counts(const struct recorder *r)
{
    struct recorder_counts counts = r->counts;

    counts.segments = r->count;
    counts.bytes = r->total;
    return counts;
}

int recorder_keep_parse(const char *text, struct recorder_options *options, struct err *err)
{
    const char *comma = strchr(text, ',');
    struct recorder_options kept = *options;

    for (const char *at = text; at; at = comma ? comma + 1 : NULL, comma = at ? strchr(at, ',') : NULL) {
        char part[32];
        size_t len = comma ? (size_t)(comma - at) : strlen(at);

        if (len == 0 || len >= sizeof(part))
            return err_set(err, ERR_USAGE, EINVAL,
                           "'%s' says not how much to keep; write it like " RECORDER_KEEP, text);
        memcpy(part, at, len);
        part[len] = 0;
        if (strchr("KMG", part[len - 1])) {
            if (size_parse(part, 64 * 1024, UINT64_C(1) << 50, &kept.keep_bytes, err) < 0)
                return -EINVAL;
        } else if (!strchr("smhd", part[len - 1])) {
            return err_set(
                err, ERR_USAGE, EINVAL,
                "'%s' is neither a size (K, M, G) nor a time (s, m, h, d); write it like " RECORDER_KEEP,
                part);
        } else if (duration_parse_us(part, 1000000, UINT64_C(31536000000000), &kept.keep_us, err) < 0) {
            return -EINVAL;
        }
        if (!comma)
            break;
    }
    *options = kept;
    return 0;
}

int recorder_open(const struct recorder_options *options, struct recorder **ret_recorder, struct err *err)
{
    struct recorder *r;
    int folder, error;

    if (mkdir(options->folder, 0700) < 0 && errno != EEXIST)
        return err_set_errno(err, ERR_OUTPUT, errno, "cannot make %s", options->folder);
    folder = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_set_errno(err, ERR_OUTPUT, errno, "cannot open %s", options->folder);
    if (flock(folder, LOCK_EX | LOCK_NB) < 0) {
        error = errno;
        close(folder);
        return error == EWOULDBLOCK
                   ? err_set(err, ERR_OUTPUT, error, "another k8sdns records into %s", options->folder)
                   : err_set_errno(err, ERR_OUTPUT, error, "cannot lock %s", options->folder);
    }
    r = calloc(1, sizeof(*r));
    if (!r)
        err_out_of_memory();
    r->folder = folder;
    r->fd = -1;
    r->keep_bytes = options->keep_bytes ? options->keep_bytes : UINT64_C(512) * 1024 * 1024;
    r->keep_ns = (options->keep_us ? options->keep_us : UINT64_C(86400000000)) * 1000;
    r->redact = options->redact ? strdup(options->redact) : NULL;
    if (options->redact && !r->redact)
        err_out_of_memory();
    r->next_number = 1;
    r->opened = clock_stamp_now();
    read_boot_id(r->boot);
    error = take_stock(r);
    if (error == 0 && faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) < 0)
        error = -errno;
    if (error < 0) {
        recorder_close(r);
        return err_set_errno(err, ERR_OUTPUT, -error, "cannot record into %s", options->folder);
    }
    /* What is written behind the last number no reader would find. */
    if (r->next_number > SEGMENT_NUMBER_MAX / 2) {
        recorder_close(r);
        return err_set(err, ERR_OUTPUT, EOVERFLOW, "%s holds a segment with a number that no recorder gives",
                       options->folder);
    }
    fit(r, 0);
    *ret_recorder = r;
    return 0;
}

void recorder_forked(const struct recorder *r)
{
    close(r->folder);
    if (r->fd >= 0)
        close(r->fd);
}

void recorder_close(struct recorder *r)
{
    if (!r)
        return;
    end_segment(r);
    close(r->folder);
    free(r->segments);
    free(r->redact);
    free(r);
}
