/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One sender: its handshake, its frames, its end. */
#include "dnstap_server_run.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/wire/dnstap/dnstap_message.h>
#include <k8sdns/wire/dnstap/frame_sync.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM_FIRST 65536
#define ROOM_MAX   (FRAME_DATA_MAX + 4)
/* A frame of CoreDNS's is far smaller, and the largest is there within milliseconds: who holds such room for
 * long has no right to it. */
#define LARGE_MAX 64
/* The rest of a frame that is under way for so long does not come any more. */
#define HALF_FRAME_NS UINT64_C(60000000000)
/* A server without queries sends nothing, either. */
#define QUIET_NS UINT64_C(60000000000)

void dnstap_serving_say(const struct dnstap_serving *serving, const char *name, const char *what)
{
    if (serving->options->verbose)
        fprintf(stderr, "k8sdns: %s: %s\n", name, what);
}

static void refuse(struct dnstap_sender *s, const char *why)
{
    s->serving->streams->refused++;
    dnstap_stream_remark(s->serving->arena, s->serving->streams, "%s: refused, %s", s->name, why);
    dnstap_serving_say(s->serving, s->name, why);
    dnstap_sender_remove(s);
}

/* Frames are lost: what is open may never be told to its end. */
static void lose(const struct dnstap_sender *s)
{
    const struct dnstap_sink *sink = s->serving->sink;

    if (sink->lost)
        sink->lost(sink->user, s->peer);
}

static void fall_apart(struct dnstap_sender *s, const char *why)
{
    s->serving->streams->broken++;
    lose(s);
    dnstap_stream_remark(s->serving->arena, s->serving->streams, "%s: %s%s%s", s->name, why,
                         s->damage.why ? ". " : "", s->damage.why ? dnstap_damage_advice : "");
    dnstap_serving_say(s->serving, s->name, why);
    dnstap_sender_remove(s);
}

/* A few octets into a socket that nothing else was written to: they fit, or something is wrong. */
static bool send_control(struct dnstap_sender *s, int control, const char *content_type)
{
    uint8_t frame[FRAME_CONTROL_MAX];
    size_t len = frame_control_write(control, content_type, frame);

    return send(s->fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

static bool is_of_type(struct dnstap_sender *s, const struct frame *frame)
{
    char type[FRAME_CONTENT_MAX], shown[FRAME_CONTENT_MAX], why[FRAME_CONTENT_MAX + 64];

    if (frame_is_of(frame, DNSTAP_CONTENT_TYPE))
        return true;
    frame_content_type(frame, type);
    escape_line(shown, sizeof(shown), type, strlen(type));
    snprintf(why, sizeof(why), "it sends '%s', not '%s'", shown, DNSTAP_CONTENT_TYPE);
    refuse(s, why);
    return false;
}

/* Return false when the sender is gone. */
static bool on_control(struct dnstap_sender *s, const struct frame *frame)
{
    if (frame->control == FRAME_READY && s->state == SENDER_NEW) {
        if (!is_of_type(s, frame))
            return false;
        if (!send_control(s, FRAME_ACCEPT, DNSTAP_CONTENT_TYPE)) {
            refuse(s, "it does not take ACCEPT");
            return false;
        }
        s->two_methods = true;
        s->state = SENDER_READY;
    } else if (frame->control == FRAME_START && s->state != SENDER_STARTED) {
        if (!is_of_type(s, frame))
            return false;
        s->state = SENDER_STARTED;
        if (s->client && s->client->ever)
            s->serving->streams->reconnects++;
        if (s->client)
            s->client->ever = true;
    } else if (frame->control == FRAME_STOP && s->state == SENDER_STARTED) {
        s->serving->streams->ended++;
        if (s->two_methods)
            (void)send_control(s, FRAME_FINISH, NULL);
        dnstap_serving_say(s->serving, s->name, "has stopped");
        dnstap_sender_remove(s);
        return false;
    } else if (frame->control <= FRAME_FINISH) {
        fall_apart(s, "a control frame out of order");
        return false;
    }
    return true;
}

/* Return false when the sender is gone. */
static bool on_frame(struct dnstap_sender *s, const struct frame *frame)
{
    int r;

    if (frame->control != FRAME_DATA)
        return on_control(s, frame);
    if (s->state != SENDER_STARTED) {
        refuse(s, "it sends data without a handshake");
        return false;
    }
    s->spoke = true;
    r = s->serving->sink->frame(s->serving->sink->user, s->peer, frame->bytes, frame->len);
    if (r < 0) {
        s->serving->failed = r;
        event_base_loopbreak(s->serving->base);
    }
    return r >= 0;
}

static void take(struct dnstap_sender *s)
{
    const char *why = NULL;
    struct frame frame;
    size_t at = 0;

    for (;;) {
        ssize_t n = frame_read_checked(s->buffer + at, s->len - at, &frame, &why);

        if (n < 0 && s->state == SENDER_STARTED) {
            size_t skipped =
                dnstap_damage_skip(&s->damage, s->serving->streams, why, s->buffer + at, s->len - at);

            at += skipped;
            if (skipped && at < s->len)
                continue;
            if (skipped)
                break;
        }
        if (n < 0 && s->state == SENDER_STARTED)
            fall_apart(s, why);
        else if (n < 0)
            refuse(s, "it does not speak frame streams");
        if (n < 0)
            return;
        if (n == 0)
            break;
        dnstap_damage_over(&s->damage, s->serving->arena, s->serving->streams, s->serving->sink, s->name,
                           s->peer);
        at += (size_t)n;
        s->serving->streams->octets += (uint64_t)n;
        if (!on_frame(s, &frame))
            return;
    }
    if (at && s->state == SENDER_STARTED)
        s->last_ns = s->waits_since_ns = clock_monotonic_ns();
    s->len -= at;
    memmove(s->buffer, s->buffer + at, s->len);
    if (!s->len && s->room == ROOM_MAX) {
        s->serving->large--;
        free(s->buffer);
        s->buffer = NULL;
        s->room = 0;
    }
}

/* Of those that wait for the rest of a large frame, who has waited longest has to go. */
static void end_large(const struct dnstap_sender *but)
{
    struct dnstap_sender *oldest = NULL;

    for (struct dnstap_sender *s = but->serving->senders; s; s = s->next)
        if (s != but && s->room == ROOM_MAX && (!oldest || s->waits_since_ns < oldest->waits_since_ns))
            oldest = s;
    if (oldest)
        fall_apart(oldest, "half a large frame, and too many others wait for the rest of theirs");
}

static void make_room(struct dnstap_sender *s)
{
    uint8_t *larger;

    if (s->len < s->room)
        return;
    if (s->room) {
        if (s->serving->large == LARGE_MAX)
            end_large(s);
        s->serving->large++;
    }
    s->room = s->room ? ROOM_MAX : ROOM_FIRST;
    larger = realloc(s->buffer, s->room);
    if (!larger)
        err_out_of_memory();
    s->buffer = larger;
}

static void on_end(struct dnstap_sender *s, int error)
{
    if (s->len || s->damage.why)
        fall_apart(s, s->damage.why ? s->damage.why : "it went away in the middle of a frame");
    else if (s->state != SENDER_STARTED)
        refuse(s, "it went away before it sent anything");
    else {
        dnstap_serving_say(s->serving, s->name, error ? strerror(error) : "went away without STOP");
        dnstap_sender_remove(s);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
    struct dnstap_sender *s = user;
    ssize_t n;

    (void)what;
    make_room(s);
    n = read(fd, s->buffer + s->len, s->room - s->len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        on_end(s, n < 0 ? errno : 0);
        return;
    }
    if (!s->len && s->state == SENDER_STARTED)
        s->waits_since_ns = clock_monotonic_ns();
    s->len += (size_t)n;
    take(s);
}

void dnstap_sender_add(struct dnstap_serving *serving, int fd, const char *peer, const char *name,
                       struct dnstap_client *client)
{
    struct dnstap_sender *s = calloc(1, sizeof(*s));

    if (!s)
        err_out_of_memory();
    s->serving = serving;
    s->client = client;
    s->fd = fd;
    s->peer = strdup(peer);
    if (!s->peer)
        err_out_of_memory();
    s->last_ns = s->waits_since_ns = clock_monotonic_ns();
    snprintf(s->name, sizeof(s->name), "%s", name);
    s->event = event_new(serving->base, fd, EV_READ | EV_PERSIST, on_readable, s);
    if (!s->event || event_add(s->event, NULL) < 0)
        err_out_of_memory();
    s->next = serving->senders;
    if (s->next)
        s->next->previous = s;
    serving->senders = s;
    serving->senders_count++;
    serving->streams->accepted++;
    if (serving->senders_count > serving->streams->most_at_once)
        serving->streams->most_at_once = serving->senders_count;
    dnstap_serving_say(serving, s->name, "is here");
}

void dnstap_sender_remove(struct dnstap_sender *s)
{
    *(s->previous ? &s->previous->next : &s->serving->senders) = s->next;
    if (s->next)
        s->next->previous = s->previous;
    s->serving->senders_count--;
    s->serving->large -= s->room == ROOM_MAX;
    if (s->client)
        s->client->connected = false;
    event_free(s->event);
    close(s->fd);
    free(s->buffer);
    free(s->peer);
    free(s);
}

/* The lower, the sooner it goes. */
static int worth(const struct dnstap_sender *s)
{
    return s->state != SENDER_STARTED ? 0 : !s->spoke ? 1 : 2;
}

bool dnstap_senders_make_room(struct dnstap_serving *serving, uint64_t now_ns)
{
    struct dnstap_sender *idle = NULL;

    for (struct dnstap_sender *s = serving->senders; s; s = s->next) {
        if (s->client || (s->spoke && now_ns - s->last_ns < QUIET_NS))
            continue;
        if (!idle || worth(s) < worth(idle) || (worth(s) == worth(idle) && s->last_ns < idle->last_ns))
            idle = s;
    }
    if (idle)
        refuse(idle, "it sends nothing, and another came");
    return idle != NULL;
}

void dnstap_senders_check(struct dnstap_serving *serving, uint64_t now_ns)
{
    struct dnstap_sender *next;

    for (struct dnstap_sender *s = serving->senders; s; s = next) {
        uint64_t waited = now_ns > s->waits_since_ns ? now_ns - s->waits_since_ns : 0;

        next = s->next;
        if (s->state != SENDER_STARTED && waited >= serving->options->handshake_us * 1000)
            refuse(s, "its handshake took too long");
        else if (s->state == SENDER_STARTED && s->len && waited >= HALF_FRAME_NS)
            fall_apart(s, "half a frame, and the rest did not come");
    }
}
