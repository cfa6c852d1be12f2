/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the screen shows, and what keys do to it. */
#include "top_keys.h"
#include "capture_file.h"
#include "emit.h"
#include "output.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/source/timer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_LEAST_US 100000
#define INTERVAL_MOST_US  UINT64_C(3600000000)
#define NAMES_MAX         64

/* ---- facts and drawing ---- */

void top_loop_renew(struct top_loop *loop)
{
    if (!loop->collector)
        return;
    arena_reset(loop->facts_arena);
    top_session_facts(loop->collector, loop->view.mode == TOP_DETAILS, loop->facts_arena, &loop->facts);
    loop->facts.interval =
        duration_format_us(loop->interval_text, sizeof(loop->interval_text), loop->interval_us);
    loop->stale = false;
}

void top_loop_name_file(struct top_loop *loop)
{
    char time[CLOCK_TEXT];
    size_t len = 0;

    clock_format(clock_realtime_ns(), time, sizeof(time));
    for (const char *at = time; *at && *at != '.'; at++)
        if (*at != '-' && *at != ':')
            time[len++] = *at;
    snprintf(loop->file, sizeof(loop->file), "k8sdns-%.*sZ.json", (int)len, time);
    loop->view.file = loop->file;
}

void top_loop_draw(struct top_loop *loop)
{
    struct top_view *view = &loop->view;

    if (!loop->terminal)
        return;
    if (loop->stale)
        top_loop_renew(loop);
    terminal_size(&view->width, &view->height);
    arena_reset(loop->draw_arena);
    terminal_draw(loop->terminal, top_screen_draw(&loop->facts, view, loop->draw_arena));
}

/* ---- what keys ask for ---- */

void top_loop_say(struct top_loop *loop, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(loop->view.status, sizeof(loop->view.status), fmt, args);
    va_end(args);
}

static void change_names(struct top_loop *loop)
{
    char *text = arena_text(loop->run->arena, loop->view.typed), *rest = NULL, **names = NULL;
    size_t count = 0;
    struct err err = {0};

    for (char *name = strtok_r(text, " ,\t", &rest); name; name = strtok_r(NULL, " ,\t", &rest))
        *ARENA_PUSH(loop->run->arena, names, count) = name;
    if (!loop->collector)
        top_loop_say(loop, "this is a capture: nobody can be asked");
    else if (count > NAMES_MAX)
        top_loop_say(loop, "more than %d names", NAMES_MAX);
    else if (top_session_names(loop->collector, names, count, &err) < 0)
        top_loop_say(loop, "%s", err.text);
    loop->stale = true;
}

static void change_interval(struct top_loop *loop)
{
    struct err err = {0};
    uint64_t us;

    if (!loop->collector) {
        top_loop_say(loop, "this is a capture: it stays as it is");
        return;
    }
    if (duration_parse_us(loop->view.typed, INTERVAL_LEAST_US, INTERVAL_MOST_US, &us, &err) < 0) {
        top_loop_say(loop, "%s", err.text);
        return;
    }
    loop->interval_us = us;
    loop->next_ns = clock_monotonic_ns();
    top_session_interval(loop->collector, us);
    loop->stale = true;
}

static void write_capture(struct top_loop *loop)
{
    struct arena *arena = arena_new();
    struct top_facts facts = loop->facts;
    struct err err = {0};

    if (loop->collector)
        top_session_facts(loop->collector, true, arena, &facts);
    if (capture_file_write(loop->run, loop->view.typed, facts.facts, &err) < 0)
        top_loop_say(loop, "%s", err.text);
    else
        top_loop_say(loop, "written: see it with k8sdns top --from %s", loop->view.typed);
    arena_free(arena);
}

/* ---- a recording ---- */

/* Its next interval, or the one before, takes the place of what is shown. Return whether there is one. */
static bool step(struct top_loop *loop, bool back)
{
    struct arena *arena = arena_new();
    struct err err = {0};
    const struct facts *facts = top_replay_step(loop->replay, loop->run, back, arena, &err);

    if (!facts) {
        top_loop_say(loop, "%s", err.text);
        arena_free(arena);
        return false;
    }
    arena_free(loop->facts_arena);
    loop->facts_arena = arena;
    top_facts_of_capture(facts, &loop->options->thresholds, arena, &loop->facts);
    loop->facts.interval = top_replay_words(loop->replay);
    return true;
}

static void act_on_recording(struct top_loop *loop, enum top_action action)
{
    if (!loop->replay) {
        top_loop_say(loop, "this is for a recording: k8sdns top --from DIR");
        return;
    }
    if (action == TOP_DO_BACK || action == TOP_DO_FORWARD) {
        loop->view.paused = true;
        (void)step(loop, action == TOP_DO_BACK);
    } else if (action == TOP_DO_SLOWER || action == TOP_DO_FASTER) {
        top_replay_change_speed(loop->replay, action == TOP_DO_FASTER);
        loop->facts.interval = top_replay_words(loop->replay);
    }
    if (loop->view.paused)
        event_del(loop->timer);
    else
        timer_set(loop->timer, top_replay_us(loop->replay));
}

void top_loop_play(struct top_loop *loop)
{
    if (loop->view.paused)
        return;
    /* At its end it stays. */
    if (!step(loop, false))
        loop->view.paused = true;
    else
        timer_set(loop->timer, top_replay_us(loop->replay));
    top_loop_draw(loop);
}

static void act(struct top_loop *loop, enum top_action action)
{
    bool paused = loop->view.paused;

    switch (action) {
    case TOP_DO_QUIT:
        loop->done = true;
        event_base_loopbreak(loop->base);
        break;
    case TOP_DO_NAMES:
        loop->view.paused = false;
        change_names(loop);
        break;
    case TOP_DO_INTERVAL:
        loop->view.paused = false;
        change_interval(loop);
        break;
    case TOP_DO_WRITE:
        write_capture(loop);
        break;
    case TOP_DO_LOOK:
        loop->view.paused = false;
        if (loop->collector)
            top_session_look(loop->collector);
        break;
    case TOP_DO_REDRAW:
        terminal_forget(loop->terminal);
        break;
    case TOP_DO_BACK:
    case TOP_DO_FORWARD:
    case TOP_DO_SLOWER:
    case TOP_DO_FASTER:
        act_on_recording(loop, action);
        break;
    case TOP_DO_PAUSE:
        if (loop->replay)
            act_on_recording(loop, action);
        __attribute__((fallthrough));
    case TOP_DO_NOTHING:
        if (paused && loop->collector)
            top_session_hold(loop->collector);
        break;
    }
}

void top_loop_on_keys(evutil_socket_t fd, short what, void *user)
{
    struct top_loop *loop = user;
    struct terminal_input input;
    enum top_mode mode = loop->view.mode;
    bool any = false;

    (void)fd;
    (void)what;
    while (!loop->done && terminal_input(loop->terminal, &input)) {
        any = true;
        for (int i = 0; i < input.clicks; i++)
            act(loop, top_view_click(&loop->view, input.x, input.y));
        if (input.wheel)
            top_view_wheel(&loop->view, input.x, input.y, input.wheel);
        else if (!input.clicks)
            act(loop, top_view_key(&loop->view, input.key));
        if (loop->view.prompt == TOP_PROMPT_WRITE && !loop->view.file)
            top_loop_name_file(loop);
    }
    /* Readable without a key: the terminal is gone, as with a closed window. */
    if (!any && !loop->done) {
        char byte;

        if (read(loop->terminal ? terminal_keyboard(loop->terminal) : -1, &byte, 0) < 0 && errno == EIO)
            act(loop, TOP_DO_QUIT);
    }
    if (loop->view.mode == TOP_DETAILS && mode != TOP_DETAILS && !loop->view.paused)
        loop->stale = true; /* the answers were not decoded before */
    if (!loop->done)
        top_loop_draw(loop);
}
