/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/source/dnstap_stream.h>
#include <k8sdns/wire/dnstap_message.h>
#include <k8sdns/wire/frame_stream.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for more than one frame of the largest size. */
#define ROOM (4 * FRAME_DATA_MAX)

struct file_reading {
    struct arena *arena;
    const char *path;
    const struct dnstap_sink *sink;
    struct dnstap_stream_facts *streams;
    struct err *err;
    bool started, stopped;
};

void dnstap_stream_remark(struct arena *arena, struct dnstap_stream_facts *streams, const char *fmt, ...)
{
    va_list args;

    if (streams->remarks_count == DNSTAP_REMARKS)
        return;
    va_start(args, fmt);
    *ARENA_PUSH(arena, streams->remarks, streams->remarks_count) = arena_vprintf(arena, fmt, args);
    va_end(args);
}

/* Behind the START it is damage to a stream; before it is no stream at all. */
static int go_wrong(struct file_reading *r, const char *why)
{
    if (!r->started)
        return err_set(r->err, ERR_FORMAT, EBADMSG, "%s is no frame stream of dnstap: it begins with %s",
                       r->path, why);
    r->streams->broken++;
    dnstap_stream_remark(r->arena, r->streams, "%s: %s behind %llu octets; what follows was not read",
                         r->path, why, (unsigned long long)r->streams->octets);
    r->stopped = true;
    return 0;
}

static int on_start(struct file_reading *r, const struct frame *frame)
{
    char type[FRAME_CONTENT_MAX], shown[FRAME_CONTENT_MAX];

    if (!frame_is_of(frame, DNSTAP_CONTENT_TYPE)) {
        frame_content_type(frame, type);
        escape_line(shown, sizeof(shown), type, strlen(type));
        return err_set(r->err, ERR_FORMAT, EBADMSG, "%s holds frames of '%s', not of '%s'", r->path, shown,
                       DNSTAP_CONTENT_TYPE);
    }
    r->started = true;
    return 0;
}

static int on_frame(struct file_reading *r, const struct frame *frame)
{
    if (frame->control == FRAME_START)
        return on_start(r, frame);
    if (!r->started)
        return go_wrong(r, frame->control == FRAME_DATA ? "data" : "another control frame than START");
    if (frame->control == FRAME_DATA)
        return r->sink->frame(r->sink->user, r->path, frame->bytes, frame->len);
    if (frame->control == FRAME_STOP) {
        r->streams->ended++;
        r->stopped = true;
    }
    return 0;
}

/* Take all whole frames. Return the octets taken, or a negative errno. */
static ssize_t take(struct file_reading *r, const uint8_t *bytes, size_t len)
{
    const char *why = NULL;
    struct frame frame;
    size_t at = 0;

    while (!r->stopped) {
        ssize_t n = frame_read(bytes + at, len - at, &frame, &why);
        int done;

        if (n == 0)
            break;
        done = n < 0 ? go_wrong(r, why) : on_frame(r, &frame);
        if (done < 0)
            return done;
        if (n < 0)
            break;
        at += (size_t)n;
        r->streams->octets += (uint64_t)n;
    }
    return (ssize_t)at;
}

static int read_all(struct file_reading *r, int fd, uint8_t *buffer)
{
    size_t len = 0;

    while (!r->stopped) {
        ssize_t n = read(fd, buffer + len, ROOM - len), taken;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(r->err, ERR_INPUT, errno, "cannot read %s", r->path);
        if (n == 0)
            break;
        len += (size_t)n;
        taken = take(r, buffer, len);
        if (taken < 0)
            return (int)taken;
        len -= (size_t)taken;
        memmove(buffer, buffer + taken, len);
    }
    if (!r->stopped && (len || !r->started))
        return go_wrong(r, len ? "half a frame" : "nothing");
    return 0;
}

int dnstap_file_read(struct arena *arena, const char *path, const struct dnstap_sink *sink,
                     struct dnstap_stream_facts *streams, struct err *err)
{
    struct file_reading reading = {
        .arena = arena, .path = path, .sink = sink, .streams = streams, .err = err};
    uint64_t ended = streams->ended;
    int fd = STDIN_FILENO, r;
    uint8_t *buffer;

    if (strcmp(path, "-") != 0)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    else
        reading.path = "standard input";
    if (fd < 0)
        return err_set_errno(err, ERR_INPUT, errno, "cannot open %s", path);
    buffer = malloc(ROOM);
    if (!buffer)
        err_out_of_memory();
    streams->accepted++;
    streams->most_at_once = 1;
    r = read_all(&reading, fd, buffer);
    free(buffer);
    if (fd != STDIN_FILENO)
        close(fd);
    return r < 0 ? r : sink->end(sink->user, streams->ended > ended);
}
