/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_TOP_KEYS_H
#define K8SDNS_CMD_TOP_KEYS_H

#include "top_loop.h"
#include "top_replay.h"
#include <event2/util.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/top/top_screen.h>
#include <k8sdns/terminal/terminal.h>
#include <k8sdns/top/top_session.h>

/* Signals, and what they do. */
enum top_signal {
    SIGNAL_INT,
    SIGNAL_TERM,
    SIGNAL_HUP,
    SIGNAL_STOP,
    SIGNAL_CONTINUE,
    SIGNAL_SIZE,
    SIGNALS,
};
struct top_loop {
    struct run *run;
    const struct top_options *options;
    struct event_base *base;
    struct event *timer, *keyboard, *signals[SIGNALS];
    struct top_session_options collecting;
    struct top_session *collector; /* NULL for a capture */
    struct top_replay *replay;     /* NULL but for a recording on a screen */
    struct terminal *terminal;     /* NULL for a batch */
    struct top_view view;
    uint64_t interval_us, next_ns, printed;
    struct arena *facts_arena, *draw_arena;
    struct top_facts facts;
    bool stale; /* the facts point to what may be gone */
    bool done;
    int failed;
    char interval_text[DURATION_TEXT], file[64];
};

/* Take what is known by now into loop->facts. */
void top_loop_renew(struct top_loop *loop);
void top_loop_draw(struct top_loop *loop);
/* The capture that a key writes gets a name. */
void top_loop_name_file(struct top_loop *loop);
/* A line for the person at the keys. */
void top_loop_say(struct top_loop *loop, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A recording goes on by itself: its next interval, if it is time for it. */
void top_loop_play(struct top_loop *loop);
/* Keys are there to be read: for event_new(3), `user` is the struct top_loop. */
void top_loop_on_keys(evutil_socket_t fd, short what, void *user);

#endif
