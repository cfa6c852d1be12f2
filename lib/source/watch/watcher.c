/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schedule: when is asked, when is reported, when it ends. */
#include "watcher_run.h"
#include <errno.h>
#include <k8sdns/base/own_limits.h>
#include <k8sdns/source/event_loop.h>
#include <k8sdns/source/timer.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <signal.h>

/* What may be made up for at once after the program was held up, in questions and in time. */
#define BURST       64
#define CATCH_UP_NS UINT64_C(1000000000)
/* Without a cap on the rate so many questions are under way at once, as dnsperf has it by default. */
#define WINDOW 100

static void timer_at(struct event *event, uint64_t when_ns, uint64_t now_ns)
{
    timer_set(event, when_ns > now_ns ? (when_ns - now_ns + 999) / 1000 : 0);
}

/* Candidate by candidate over all targets, so that no server gets two in a row. */
static bool send_next(struct watch_run *run)
{
    uint64_t send = run->cursor++;
    uint32_t target = (uint32_t)(send % run->targets_count);
    uint32_t candidate = (uint32_t)(send / run->targets_count % run->options->candidates_count);

    run->sends++;
    if (run->sends == run->sends_total)
        run->done = true;
    return watch_send(run, target, candidate);
}

/* As many as there is room for; each target has its share of the room, so that a silent one holds up none. */
static void fill_window(struct watch_run *run)
{
    size_t types = run->options->types_count;
    uint32_t share = WINDOW / (uint32_t)run->targets_count;

    share = share < types ? (uint32_t)types : share;
    for (size_t full = 0; full < run->targets_count && !run->done;) {
        uint32_t target = (uint32_t)(run->cursor % run->targets_count);

        if (run->in_flight_at[target] + types > share) {
            run->cursor++;
            full++;
            continue;
        }
        full = 0;
        if (!send_next(run))
            return;
    }
}

static void arm_expiry(struct watch_run *run, uint64_t now)
{
    if (run->waiting.first != NOBODY && !evtimer_pending(run->expiry, NULL))
        timer_at(run->expiry, run->queries[run->waiting.first].deadline_ns, now);
}

/* What ends now, what may go on. */
static void settle(struct watch_run *run)
{
    if (run->options->qps <= 0 && !run->done)
        fill_window(run);
    arm_expiry(run, clock_monotonic_ns());
    if (run->done && !run->in_flight)
        event_base_loopbreak(run->base);
}

/* Leave out what was due at this many moments. */
static void skip(struct watch_run *run, uint64_t missed)
{
    if (run->sends_total && missed > run->sends_total - run->sends - 1)
        missed = run->sends_total - run->sends - 1;
    run->cursor += missed;
    run->sends += missed;
    run->next_send_ns += missed * run->gap_ns;
    watch_record_skipped(run->record, missed * run->options->types_count);
}

static void on_pace(evutil_socket_t fd, short what, void *user)
{
    struct watch_run *run = user;
    size_t types = run->options->types_count;
    uint64_t now = clock_monotonic_ns(), behind, allowed = BURST / types * run->gap_ns;

    (void)fd;
    (void)what;
    if (run->done)
        return;
    behind = now > run->next_send_ns ? now - run->next_send_ns : 0;
    allowed = allowed > CATCH_UP_NS ? CATCH_UP_NS : allowed;
    if (behind > allowed && behind > run->gap_ns)
        skip(run, (behind - allowed) / run->gap_ns);
    while (!run->done && run->next_send_ns <= now) {
        run->next_send_ns += run->gap_ns;
        if (!send_next(run))
            watch_record_skipped(run->record, types);
    }
    settle(run);
    if (!run->done)
        timer_at(run->pace, run->next_send_ns, clock_monotonic_ns());
}

static void on_readable(evutil_socket_t fd, short what, void *user)
{
    struct watch_line *line = user;

    (void)fd;
    (void)what;
    watch_line_read(line);
    settle(line->run);
}

static void on_expiry(evutil_socket_t fd, short what, void *user)
{
    struct watch_run *run = user;

    (void)fd;
    (void)what;
    watch_expire(run, clock_monotonic_ns());
    settle(run);
}

static void on_interval(evutil_socket_t fd, short what, void *user)
{
    struct watch_run *run = user;
    uint64_t now = clock_monotonic_ns(), interval = run->options->interval_us * 1000;

    (void)fd;
    (void)what;
    run->failed = run->options->report(run->options->user);
    if (run->failed < 0) {
        event_base_loopbreak(run->base);
        return;
    }
    if (run->failed > 0) {
        run->failed = 0;
        run->done = true;
        settle(run);
        return;
    }
    /* After a pause one report covers it. */
    run->next_report_ns += ((now - run->next_report_ns) / interval + 1) * interval;
    timer_at(run->interval, run->next_report_ns, now);
}

static void on_end(evutil_socket_t fd, short what, void *user)
{
    struct watch_run *run = user;
    uint64_t end = run->began_ns + run->options->duration_us * 1000;

    (void)fd;
    (void)what;
    /* What a busy machine has not let it ask until now is not asked, and is not forgotten. */
    if (!run->done && run->gap_ns && run->next_send_ns < end)
        skip(run, (end - run->next_send_ns - 1) / run->gap_ns + 1);
    run->done = true;
    settle(run);
}

static void on_signal(evutil_socket_t fd, short what, void *user)
{
    struct watch_run *run = user;

    (void)fd;
    (void)what;
    event_base_loopbreak(run->base);
}

static int signals_init(struct watch_run *run)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        run->signals[i] = evsignal_new(run->base, signals[i], on_signal, run);
        if (!run->signals[i] || evsignal_add(run->signals[i], NULL) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int timers_init(struct watch_run *run)
{
    run->pace = evtimer_new(run->base, on_pace, run);
    run->expiry = evtimer_new(run->base, on_expiry, run);
    run->interval = evtimer_new(run->base, on_interval, run);
    run->end = evtimer_new(run->base, on_end, run);
    return run->pace && run->expiry && run->interval && run->end ? 0 : -ENOMEM;
}

static void events_fini(struct watch_run *run)
{
    struct event *events[] = {run->pace,       run->expiry,     run->interval,  run->end,
                              run->signals[0], run->signals[1], run->signals[2]};

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (events[i])
            event_free(events[i]);
}

static void record_init(struct watch_run *run, struct arena *arena)
{
    const struct watcher_options *options = run->options;
    char word[DNS_WORD];

    watch_record_init(run->record, arena, run->targets, run->targets_count, run->began_ns);
    run->record->ports = options->ports;
    run->record->types_count = options->types_count;
    for (size_t i = 0; i < options->types_count; i++)
        run->record->types[i] = arena_text(arena, dns_type_word(options->types[i], word));
}

static void begin(struct watch_run *run)
{
    const struct watcher_options *options = run->options;

    if (options->report) {
        run->next_report_ns = run->began_ns + options->interval_us * 1000;
        timer_at(run->interval, run->next_report_ns, run->began_ns);
    }
    if (options->duration_us)
        timer_at(run->end, run->began_ns + options->duration_us * 1000, run->began_ns);
    if (options->qps > 0) {
        run->gap_ns = (uint64_t)(1e9 * (double)options->types_count / options->qps);
        run->gap_ns = run->gap_ns ? run->gap_ns : 1;
        run->next_send_ns = run->began_ns;
        timer_at(run->pace, run->began_ns, run->began_ns);
    } else {
        settle(run);
    }
}

static int run_init(struct watch_run *run, struct arena *arena)
{
    int r;

    record_init(run, arena);
    r = run->base ? 0 : event_loop_new(true, &run->base, run->err);
    if (r < 0)
        return r;
    if (timers_init(run) < 0)
        return err_set(run->err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    return watch_queries_init(run, arena);
}

static void run_fini(struct watch_run *run)
{
    watch_queries_fini(run);
    events_fini(run);
}

int watcher_run(struct arena *arena, const struct watcher_options *options,
                const struct target_facts *targets, size_t targets_count, struct watch_record *record,
                struct err *err)
{
    struct watch_run run = {
        .on_readable = on_readable,
        .options = options,
        .targets = targets,
        .targets_count = targets_count,
        .record = record,
        .base = options->base,
        .began_ns = clock_monotonic_ns(),
        .sends_total = options->rounds * options->candidates_count * targets_count,
        .err = err,
    };

    run.failed = run_init(&run, arena);
    if (run.failed >= 0 && signals_init(&run) < 0)
        run.failed = err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    if (run.failed >= 0) {
        begin(&run);
        event_base_dispatch(run.base);
    }
    /* Nothing asked is nothing seen, and no word on the servers. */
    if (run.failed >= 0 && run.own_errno && !watch_record_has_sent(record))
        run.failed = own_limits_are_met(run.own_errno)
                         ? err_set_errno(err, ERR_UNOBSERVED, run.own_errno, "no socket can be opened here")
                         : run.failed;
    run_fini(&run);
    if (run.base && run.base != options->base)
        event_base_free(run.base);
    return run.failed;
}

struct watch_run *watcher_start(struct arena *arena, struct event_base *base,
                                const struct watcher_options *options, const struct target_facts *targets,
                                size_t targets_count, struct watch_record *record, struct err *err)
{
    struct watch_run *run = ARENA_NEW(arena, struct watch_run);

    *run = (struct watch_run){.on_readable = on_readable,
                              .options = options,
                              .targets = targets,
                              .targets_count = targets_count,
                              .record = record,
                              .base = base,
                              .began_ns = clock_monotonic_ns(),
                              .err = err};
    if (run_init(run, arena) < 0) {
        run_fini(run);
        return NULL;
    }
    begin(run);
    return run;
}

void watcher_stop(struct watch_run *run)
{
    if (run)
        run_fini(run);
}
