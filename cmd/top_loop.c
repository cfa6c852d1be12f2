/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"
#include "output.h"
#include "top_keys.h"
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

static const int signal_numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};

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
        top_loop_play(loop);
        return;
    }
    if (!loop->view.paused)
        top_session_tick(loop->collector);
    if (!loop->view.paused)
        top_loop_renew(loop);
    if (loop->terminal)
        top_loop_draw(loop);
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
        top_loop_draw(loop);
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
    top_loop_draw(loop);
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
        top_loop_draw(loop);
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
    top_loop_name_file(loop);
    loop->keyboard = event_new(loop->base, terminal_keyboard(loop->terminal), EV_READ | EV_PERSIST,
                               top_loop_on_keys, loop);
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
            top_loop_say(
                loop, "p plays the recording, , and . are an interval back and forward, - and + its speed");
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
    top_loop_renew(loop);
    return 0;
}

static int loop_run(struct top_loop *loop)
{
    if (!loop->collector && !loop->terminal)
        return print(loop);
    loop->next_ns = clock_monotonic_ns();
    if (loop->collector)
        arm(loop);
    top_loop_draw(loop);
    event_base_dispatch(loop->base);
    /* What is told at the end is of the end. */
    if (loop->failed >= 0 && loop->collector && (loop->stale || loop->terminal))
        top_loop_renew(loop);
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
