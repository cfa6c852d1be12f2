/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/recorder/record_trigger.h>
#include <k8sdns/top/flight_recorder.h>
#include <stdlib.h>
#include <string.h>

struct flight_recorder {
    struct flight_recorder_options options;
    struct recorder *recorder;
    struct record_trigger trigger;
    struct subprocess look;
    char *why; /* of the capture that is being taken, or waits for one to end; NULL: none */
    bool is_due;
    struct arena *capture_arena;
    struct facts *capture; /* the last */
};

static int look(struct survey *survey, void *user, struct facts *facts)
{
    const struct flight_recorder *r = user;

    return collection_run(survey, r->options.collection, facts);
}

/* A capture is judged at once, so that the timeline has its findings without reading all of it. */
static void write_capture(struct flight_recorder *r, struct arena *arena, struct facts *facts)
{
    char time[CLOCK_TEXT];
    struct interval_facts interval = {.time = clock_format(clock_realtime_ns(), time, sizeof(time)),
                                      .is_capture = true,
                                      .why = r->why,
                                      .span_ms = facts->elapsed_ms,
                                      .facts = facts};
    struct diagnose_facts verdict;
    struct err ignored;

    diagnose(arena, facts, r->options.thresholds, &interval.findings, &interval.findings_count, &verdict);
    /* One that does not fit is counted there. */
    (void)!recorder_add(r->recorder, &interval, &ignored);
}

static void on_done(void *user, struct subprocess *done, struct arena *arena, struct facts *facts,
                    const struct err *err)
{
    struct flight_recorder *r = user;

    (void)done;
    (void)err;
    if (!facts)
        return;
    write_capture(r, arena, facts);
    if (!r->options.keep_capture) {
        arena_free(arena);
        return;
    }
    arena_free(r->capture_arena);
    r->capture_arena = arena;
    r->capture = facts;
}

/* Take one as soon as none is being taken. Without a process to spare there is none, and the intervals go on.
 */
static void begin_capture(struct flight_recorder *r)
{
    if (!r->is_due || r->look.pid)
        return;
    r->is_due = subprocess_begin(&r->look, r->options.survey, r->options.base) < 0;
}

static void want_capture(struct flight_recorder *r, const char *why)
{
    /* What is being taken keeps its reason. */
    if (r->look.pid)
        return;
    free(r->why);
    r->why = strdup(why);
    if (!r->why)
        err_out_of_memory();
    r->is_due = true;
    begin_capture(r);
}

/* One at the beginning, and one now and then. */
static void look_at_clock(struct flight_recorder *r, uint64_t now_ns)
{
    uint64_t every_ns = r->options.capture_every_us * 1000;

    if (every_ns && (!r->look.began_ns || now_ns - r->look.began_ns > every_ns))
        want_capture(r, r->look.began_ns ? "nothing else for a while" : "the recording begins");
}

void flight_recorder_forked(const struct flight_recorder *r)
{
    recorder_forked(r->recorder);
}

static void on_forked(void *user)
{
    struct flight_recorder *r = user;

    flight_recorder_forked(r);
    if (r->options.forked)
        r->options.forked(r->options.forked_user);
}

struct flight_recorder *flight_recorder_new(const struct flight_recorder_options *options, struct err *err)
{
    struct flight_recorder *r = calloc(1, sizeof(*r));

    if (!r)
        err_out_of_memory();
    r->options = *options;
    if (recorder_open(&options->recorder, &r->recorder, err) < 0) {
        free(r);
        return NULL;
    }
    r->look = (struct subprocess){.name = "a full capture",
                                  .look = look,
                                  .done = on_done,
                                  .user = r,
                                  .forked = on_forked,
                                  .forked_user = r,
                                  /* Asking has a budget; what is beyond it is stuck. */
                                  .timeout_ns = options->collection ? options->collection->budget_us * 2000 +
                                                                          UINT64_C(10000000000)
                                                                    : 0};
    if (options->collection)
        look_at_clock(r, clock_monotonic_ns());
    return r;
}

void flight_recorder_free(struct flight_recorder *r)
{
    if (!r)
        return;
    subprocess_stop(&r->look);
    recorder_close(r->recorder);
    arena_free(r->capture_arena);
    free(r->why);
    free(r);
}

int flight_recorder_add(struct flight_recorder *r, const struct interval_facts *interval, struct err *err)
{
    struct interval_facts written = *interval;
    struct clock_stamp now = clock_stamp_now();
    struct arena *arena = arena_new();
    char time[CLOCK_TEXT];
    const char *why;
    int result;

    if (!written.time)
        written.time = clock_format(now.real_ns, time, sizeof(time));
    subprocess_check(&r->look, now.mono_ns);
    result = recorder_add(r->recorder, &written, err);
    why = record_trigger_look(&r->trigger, &written, now.mono_ns, arena);
    if (r->options.collection) {
        if (why)
            want_capture(r, why);
        begin_capture(r);
        look_at_clock(r, now.mono_ns);
    }
    arena_free(arena);
    return result;
}

const struct facts *flight_recorder_capture(const struct flight_recorder *r)
{
    return r->capture;
}

struct recorder_counts flight_recorder_counts(const struct flight_recorder *r)
{
    return recorder_counts(r->recorder);
}
