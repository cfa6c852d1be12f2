/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top_loop.h"
#include "capture_file.h"
#include "emit.h"
#include "output.h"
#include "top_replay.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/top/top_screen.h>
#include <k8sdns/source/event_loop.h>
#include <k8sdns/source/timer.h>
#include <k8sdns/terminal/terminal.h>
#include <k8sdns/top/top_session.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_LEAST_US 100000
#define INTERVAL_MOST_US  UINT64_C(3600000000)
#define NAMES_MAX         64

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
static const int signal_numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};

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

/* ---- facts and drawing ---- */

static void renew(struct top_loop *loop)
{
    if (!loop->collector)
        return;
    arena_reset(loop->facts_arena);
    top_session_facts(loop->collector, loop->view.mode == TOP_DETAILS, loop->facts_arena, &loop->facts);
    loop->facts.interval =
        duration_format_us(loop->interval_text, sizeof(loop->interval_text), loop->interval_us);
    loop->stale = false;
}

static void name_file(struct top_loop *loop)
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

static void draw(struct top_loop *loop)
{
    struct top_view *view = &loop->view;

    if (!loop->terminal)
        return;
    if (loop->stale)
        renew(loop);
    terminal_size(&view->width, &view->height);
    arena_reset(loop->draw_arena);
    terminal_draw(loop->terminal, top_screen_draw(&loop->facts, view, loop->draw_arena));
}

/* ---- what keys ask for ---- */

static void say(struct top_loop *loop, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct top_loop *loop, const char *fmt, ...)
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
        say(loop, "this is a capture: nobody can be asked");
    else if (count > NAMES_MAX)
        say(loop, "more than %d names", NAMES_MAX);
    else if (top_session_names(loop->collector, names, count, &err) < 0)
        say(loop, "%s", err.text);
    loop->stale = true;
}

static void change_interval(struct top_loop *loop)
{
    struct err err = {0};
    uint64_t us;

    if (!loop->collector) {
        say(loop, "this is a capture: it stays as it is");
        return;
    }
    if (duration_parse_us(loop->view.typed, INTERVAL_LEAST_US, INTERVAL_MOST_US, &us, &err) < 0) {
        say(loop, "%s", err.text);
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
        say(loop, "%s", err.text);
    else
        say(loop, "written: see it with k8sdns top --from %s", loop->view.typed);
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
        say(loop, "%s", err.text);
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
        say(loop, "this is for a recording: k8sdns top --from DIR");
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

static void play(struct top_loop *loop)
{
    if (loop->view.paused)
        return;
    /* At its end it stays. */
    if (!step(loop, false))
        loop->view.paused = true;
    else
        timer_set(loop->timer, top_replay_us(loop->replay));
    draw(loop);
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

static void on_keys(evutil_socket_t fd, short what, void *user)
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
            name_file(loop);
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
        draw(loop);
}

/* ---- a batch ---- */

static unsigned number_of(const char *variable, unsigned least)
{
    const char *text = getenv(variable);
    uint64_t value;

    if (!text || number_parse(text, least, UINT32_MAX, &value, NULL) < 0)
        return 0;
    return value < OUTPUT_ROWS_MAX ? (unsigned)value : OUTPUT_ROWS_MAX;
}

static int print(struct top_loop *loop)
{
    bool last = loop->options->count && loop->printed + 1 >= loop->options->count;
    struct arena *kept = loop->run->arena;
    int r;

    loop->facts.screen = ++loop->printed;
    loop->facts.rows = number_of("LINES", 1);
    arena_reset(loop->draw_arena);
    loop->run->arena = loop->draw_arena; /* what is told goes with the telling */
    r = emit_part(loop->run, &loop->facts);
    loop->run->arena = kept;
    if (last)
        loop->done = true;
    return r;
}

/* ---- the loop ---- */

static void arm(struct top_loop *loop)
{
    uint64_t now = clock_monotonic_ns();

    while (loop->next_ns <= now)
        loop->next_ns += loop->interval_us * 1000;
    timer_set(loop->timer, (loop->next_ns - now) / 1000 + 1);
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
    struct top_loop *loop = user;

    (void)fd;
    (void)what;
    if (loop->replay) {
        play(loop);
        return;
    }
    if (!loop->view.paused)
        top_session_tick(loop->collector);
    if (!loop->view.paused)
        renew(loop);
    if (loop->terminal)
        draw(loop);
    else if (top_session_complete(loop->collector))
        loop->failed = print(loop);
    if (loop->failed < 0 || loop->done)
        event_base_loopbreak(loop->base);
    else
        arm(loop);
}

static void on_changed(void *user)
{
    struct top_loop *loop = user;

    loop->stale = true;
    if (loop->terminal && loop->collector && !top_session_knows(loop->collector))
        draw(loop);
}

static void on_failed(void *user, const struct err *err)
{
    struct top_loop *loop = user;

    loop->run->err = *err;
    loop->failed = -ENODATA;
    loop->done = true;
    event_base_loopbreak(loop->base);
}

/* Stop as any program does, with the terminal given back meanwhile. */
static void stop(struct top_loop *loop)
{
    if (loop->terminal)
        terminal_leave(loop->terminal);
    event_del(loop->signals[SIGNAL_STOP]);
    signal(SIGTSTP, SIG_DFL);
    raise(SIGTSTP);
    if (event_add(loop->signals[SIGNAL_STOP], NULL) < 0)
        err_out_of_memory();
    if (loop->terminal)
        terminal_enter(loop->terminal);
    draw(loop);
}

static void on_signal(evutil_socket_t number, short what, void *user)
{
    struct top_loop *loop = user;

    (void)what;
    if (number == SIGTSTP) {
        stop(loop);
    } else if (number == SIGCONT || number == SIGWINCH) {
        if (loop->terminal && number == SIGCONT)
            terminal_enter(loop->terminal);
        draw(loop);
    } else {
        loop->done = true;
        event_base_loopbreak(loop->base);
    }
}

static int events_init(struct top_loop *loop)
{
    int r = event_loop_new(true, &loop->base, &loop->run->err);

    if (r < 0)
        return r;
    loop->timer = evtimer_new(loop->base, on_tick, loop);
    if (!loop->timer)
        return err_set(&loop->run->err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    for (int i = 0; i < SIGNALS; i++) {
        loop->signals[i] = evsignal_new(loop->base, signal_numbers[i], on_signal, loop);
        if (!loop->signals[i] || event_add(loop->signals[i], NULL) < 0)
            return err_set(&loop->run->err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    }
    return 0;
}

/* Before the terminal is taken, so that ncurses leaves the signals alone. */
static int screen_init(struct top_loop *loop)
{
    struct text unused = {0};
    struct printer printer;

    if (loop->options->batch || loop->run->globals->json)
        return 0;
    output_page(loop->run->globals, &unused, &printer);
    loop->terminal = terminal_open(printer.color, &loop->run->err);
    if (!loop->terminal)
        return -ENOTTY;
    loop->view.utf8 = terminal_utf8(loop->terminal);
    name_file(loop);
    loop->keyboard =
        event_new(loop->base, terminal_keyboard(loop->terminal), EV_READ | EV_PERSIST, on_keys, loop);
    if (!loop->keyboard || event_add(loop->keyboard, NULL) < 0)
        return err_set(&loop->run->err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    return 0;
}

static int collector_init(struct top_loop *loop)
{
    if (loop->run->captured) {
        top_facts_of_capture(loop->run->captured, &loop->options->thresholds, loop->facts_arena,
                             &loop->facts);
        if (loop->run->recording && !loop->options->batch && !loop->run->globals->json) {
            loop->replay = top_replay_new(loop->run, loop->run->captured);
            loop->facts.interval = top_replay_words(loop->replay);
            loop->view.paused = true;
            say(loop, "p plays the recording, , and . are an interval back and forward, - and + its speed");
        }
        return 0;
    }
    loop->collecting = (struct top_session_options){.collection = &loop->options->collection,
                                                    .thresholds = &loop->options->thresholds,
                                                    .interval_us = loop->interval_us,
                                                    .base = loop->base,
                                                    .follow = true,
                                                    .failed = on_failed,
                                                    .changed = on_changed,
                                                    .user = loop};
    loop->collector = top_session_new(&loop->run->survey, &loop->collecting);
    if (!loop->collector)
        return -EINVAL;
    renew(loop);
    return 0;
}

static int loop_run(struct top_loop *loop)
{
    if (!loop->collector && !loop->terminal)
        return print(loop);
    loop->next_ns = clock_monotonic_ns();
    if (loop->collector)
        arm(loop);
    draw(loop);
    event_base_dispatch(loop->base);
    /* What is told at the end is of the end. */
    if (loop->failed >= 0 && loop->collector && (loop->stale || loop->terminal))
        renew(loop);
    /* Whoever ends it before the first has something all the same. */
    if (loop->failed >= 0 && !loop->terminal && !loop->printed)
        loop->failed = print(loop);
    return loop->failed;
}

/* What stays on the terminal. */
static int print_summary(struct top_loop *loop)
{
    struct text out = {0};
    struct printer printer;
    int r;

    output_page(loop->run->globals, &out, &printer);
    top_text_render(&loop->facts, &printer, loop->draw_arena);
    r = output_write(&out, &loop->run->err);
    text_fini(&out);
    return r;
}

static void loop_fini(struct top_loop *loop)
{
    struct event *events[] = {loop->timer,      loop->keyboard,   loop->signals[0], loop->signals[1],
                              loop->signals[2], loop->signals[3], loop->signals[4], loop->signals[5]};

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (events[i])
            event_free(events[i]);
    top_session_free(loop->collector);
    top_replay_free(loop->replay);
    if (loop->base)
        event_base_free(loop->base);
    arena_free(loop->facts_arena);
    arena_free(loop->draw_arena);
}

/* As diagnose has it: by the worst that stands. */
static int status_of(const struct run *run, const struct top_facts *facts)
{
    int worst = SEVERITY_INFO + 1;

    for (size_t i = 0; i < facts->active_findings_count; i++)
        if (isnan(facts->active_findings[i].over_s) && facts->active_findings[i].severity < worst)
            worst = facts->active_findings[i].severity;
    if (worst == SEVERITY_CRITICAL)
        return STATUS_CRITICAL;
    if (worst == SEVERITY_WARNING || (worst == SEVERITY_INFO && run->globals->fail_on == FAIL_ON_INFO))
        return STATUS_WARNING;
    return facts->diagnosis && facts->diagnosis->asked ? STATUS_OK : STATUS_UNKNOWN;
}

int top_loop_run(struct run *run, const struct top_options *options, struct top_facts *last)
{
    struct top_loop *loop = ARENA_NEW(run->arena, struct top_loop);
    int r, status;

    loop->run = run;
    loop->options = options;
    loop->interval_us = options->interval_us;
    loop->facts_arena = arena_new();
    loop->draw_arena = arena_new();
    r = events_init(loop);
    if (r == 0)
        r = collector_init(loop);
    if (r == 0)
        r = screen_init(loop);
    if (r == 0)
        r = loop_run(loop);
    terminal_close(loop->terminal);
    if (r >= 0 && loop->terminal)
        r = print_summary(loop);
    status = loop->terminal ? STATUS_OK : status_of(run, &loop->facts);
    loop_fini(loop);
    /* All is told, and what the facts pointed to is gone. */
    *last = (struct top_facts){.printed = true, .flows_unanswered_lately = SHAPE_UNSET};
    run->told = true;
    return r < 0 ? r : status;
}
