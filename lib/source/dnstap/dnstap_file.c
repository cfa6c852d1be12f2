/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames out of a file or a pipe; behind damage at the next plausible one. */
#include "dnstap_damage.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/dnstap/dnstap_stream.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <k8sdns/wire/dnstap/dnstap_message.h>
#include <k8sdns/wire/dnstap/frame_sync.h>
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
    struct dnstap_damage damage;
    bool started, stopped;
    bool is_text; /* what it begins with */
};

/* Behind the START it is damage to a stream; before it is no stream at all. */
static int go_wrong(struct file_reading *r, const char *why)
{
    if (!r->started && !why)
        return err_set(r->err, ERR_FORMAT, EBADMSG, "%s is empty; did the command before it fail?", r->path);
    if (!r->started && r->is_text)
        return err_set(
            r->err, ERR_FORMAT, EBADMSG,
            "%s is dnstap as text, in which queries have no ids to tell them apart; write the frames instead: "
            "dnstap -u /run/dnstap.sock -w FILE, or k8sdns dnstap --listen unix:/run/dnstap.sock",
            r->path);
    if (!r->started)
        return err_set(r->err, ERR_FORMAT, EBADMSG, "%s is no frame stream of dnstap: it begins with %s",
                       r->path, why);
    r->streams->broken++;
    if (r->sink->lost)
        r->sink->lost(r->sink->user, r->path);
    dnstap_stream_remark(r->arena, r->streams, "%s: %s behind %llu bytes; what follows was not read%s%s",
                         r->path, why, (unsigned long long)r->streams->octets, r->damage.why ? ". " : "",
                         r->damage.why ? dnstap_damage_advice : "");
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
        ssize_t n = frame_read_checked(bytes + at, len - at, &frame, &why);
        int done;

        if (n == 0)
            break;
        if (n < 0 && r->started) {
            size_t skipped = dnstap_damage_skip(&r->damage, r->streams, why, bytes + at, len - at);

            at += skipped;
            if (skipped && at < len)
                continue;
            if (skipped)
                break;
        }
        if (n > 0)
            dnstap_damage_over(&r->damage, r->arena, r->streams, r->sink, r->path, r->path);
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

/* "17:20:48.145657 CQ ..." of the quiet form, "type: MESSAGE" of YAML, or JSON. Source: the tool dnstap, and
 * dnstap-ldns. */
static bool begins_text(const uint8_t *bytes, size_t len)
{
    static const char *const begins[] = {"type: MESSAGE", "---", "{\""};
    const char *text = (const char *)bytes;

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        if (len > strlen(begins[i]) && memcmp(text, begins[i], strlen(begins[i])) == 0)
            return true;
    return len > 20 && text[2] == ':' && text[5] == ':' && (text[8] == '.' || text[8] == ' ');
}

static int read_all(struct file_reading *r, int fd, uint8_t *buffer)
{
    size_t len = 0;

    while (!r->stopped) {
        ssize_t n = file_read_some(fd, buffer + len, ROOM - len), taken;

        if (n < 0)
            return err_set_errno(r->err, ERR_INPUT, errno, "cannot read %s", r->path);
        if (n == 0)
            break;
        r->is_text = r->is_text || (!len && !r->streams->octets && begins_text(buffer, (size_t)n));
        len += (size_t)n;
        if (!r->started && r->streams->octets == 0 &&
            input_kind_refuse((const char *)buffer, len, INPUT_FRAME_STREAM, r->path,
                              "a frame stream of dnstap", r->err) < 0)
            return -EBADMSG;
        taken = take(r, buffer, len);
        if (taken < 0)
            return (int)taken;
        len -= (size_t)taken;
        memmove(buffer, buffer + taken, len);
    }
    if (!r->stopped && !file_deadline_has_cut() && (len || !r->started || r->damage.why))
        return go_wrong(r, r->damage.why ? r->damage.why : len ? "half a frame" : NULL);
    return 0;
}

int dnstap_file_read(struct arena *arena, const char *path, const struct dnstap_sink *sink,
                     struct dnstap_stream_facts *streams, struct err *err)
{
    struct file_reading reading = {
        .arena = arena, .path = file_shown(path), .sink = sink, .streams = streams, .err = err};
    uint64_t ended = streams->ended;
    int fd = STDIN_FILENO, r;
    uint8_t *buffer;

    if (strcmp(path, "-") != 0)
        fd = file_open(path);
    if (fd < 0)
        return err_set_errno(err, ERR_INPUT, -fd, "cannot open %s", path);
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
