/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/collect/recorded_facts.h>
#include <k8sdns/model/recorder/interval_history.h>
#include <k8sdns/model/watch/watch_merge.h>
#include <k8sdns/source/recorder/recorder.h>
#include <k8sdns/wire/recorder/record_segment.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
/* What is looked at besides the interval itself: a minute of the same, and the strip of a screen. */
#define ALIKE_NS   (60 * SECOND_NS)
#define ALIKE_MOST 60
/* A watch takes a capture every ten minutes at least. */
#define ALIKE_CAPTURE_NS (660 * SECOND_NS)

uint64_t recording_newest_ns(const struct recording *recording)
{
    size_t count = recording->intervals_count;

    return count ? recording->intervals[count - 1].real_ns : 0;
}

static bool is_capture(const struct recording *recording, size_t index)
{
    return recording->intervals[index].kind == SEGMENT_CAPTURE;
}

/* ---- which ---- */

static double bad_share(const struct watch_facts *sampling)
{
    uint64_t bad = 0, decided = 0;

    for (size_t i = 0; sampling && i < sampling->targets_count; i++) {
        bad += sampling->targets[i].bad;
        decided += sampling->targets[i].answered + sampling->targets[i].lost;
    }
    return decided ? (double)bad / (double)decided : 0;
}

static bool fails(const struct watch_target_facts *target)
{
    return target->bad * 2 > target->answered + target->lost;
}

/* The same servers fail, and it fails at all or not. */
static bool look_alike(const struct watch_facts *a, const struct watch_facts *b)
{
    if (!a || !b || a->targets_count != b->targets_count)
        return false;
    for (size_t i = 0; i < a->targets_count; i++) {
        const struct watch_target_facts *x = &a->targets[i], *y = watch_target_find(b, x->id);

        if (!y || fails(x) != fails(y) || (x->bad > 0) != (y->bad > 0))
            return false;
    }
    return true;
}

struct choosing {
    const struct recording *recording;
    struct recording_cursor *cursor;
    struct arena *arena;
    const struct wall_moment *moment;
    struct err *err;
};

/* When an interval began: where the one before it ended, unless nothing was recorded between them. */
static uint64_t began_ns(const struct recording *recording, size_t index)
{
    const struct recorded_interval *all = recording->intervals;
    uint64_t most_ns = 2 * RECORDER_INTERVAL_US * 1000, usual_ns = RECORDER_INTERVAL_US * 1000;
    size_t before = index;

    while (before > 0 && is_capture(recording, before - 1))
        before--;
    if (!is_capture(recording, index) && before > 0 && all[before - 1].segment == all[index].segment &&
        all[index].real_ns - all[before - 1].real_ns < most_ns)
        return all[before - 1].real_ns;
    return all[index].real_ns > usual_ns ? all[index].real_ns - usual_ns : 0;
}

/* It holds a second that is named; most of it is in a longer moment. */
static bool is_in(const struct choosing *c, size_t index)
{
    uint64_t ended_ns = c->recording->intervals[index].real_ns, begins_ns = began_ns(c->recording, index);
    uint64_t middle_ns = begins_ns + (ended_ns - begins_ns) / 2;

    if (c->moment->to_ns - c->moment->from_ns <= SECOND_NS)
        return ended_ns >= c->moment->from_ns && begins_ns < c->moment->to_ns;
    return middle_ns >= c->moment->from_ns && middle_ns < c->moment->to_ns;
}

/* A time that the recording has nothing of: say what it has. */
static int refuse(const struct choosing *c)
{
    const struct recording *recording = c->recording;
    char wanted[CLOCK_TEXT], first[CLOCK_TEXT], last[CLOCK_TEXT];

    if (!recording->intervals_count)
        return err_set(c->err, ERR_UNOBSERVED, ENOENT, "%s: no interval in it can be read",
                       recording->folder);
    clock_format(c->moment->from_ns, wanted, sizeof(wanted));
    clock_format(recording->intervals[0].real_ns, first, sizeof(first));
    clock_format(recording_newest_ns(recording), last, sizeof(last));
    return err_set(c->err, ERR_UNOBSERVED, ENOENT, "%s: nothing was recorded at %s; it goes from %s to %s",
                   recording->folder, wanted, first, last);
}

static int choose(const struct choosing *c, size_t *ret_index)
{
    double worst = -1;
    bool found = false;

    for (size_t i = 0; i < c->recording->intervals_count; i++) {
        struct interval_facts interval;
        struct arena *passing;
        double share = 0;

        if (!is_in(c, i))
            continue;
        if (is_capture(c->recording, i)) {
            *ret_index = i;
            worst = 2; /* more than any share */
            found = true;
            continue;
        }
        if (worst > 1)
            continue;
        passing = arena_new();
        /* What cannot be read is passed over: others of the moment may do. */
        if (recording_read(c->cursor, i, INTERVAL_TIMELINE, passing, &interval, c->err) == 0)
            share = bad_share(interval.facts->sampling);
        else
            share = -1;
        arena_free(passing);
        if (share >= 0 && share >= worst) {
            worst = share;
            *ret_index = i;
            found = true;
        }
    }
    return found ? 0 : refuse(c);
}

static int choose_newest(const struct choosing *c, size_t *ret_index)
{
    for (size_t i = c->recording->intervals_count; i-- > 0;)
        if (!is_capture(c->recording, i)) {
            *ret_index = i;
            return 0;
        }
    if (!c->recording->intervals_count)
        return refuse(c);
    /* Of captures alone the newest. */
    *ret_index = c->recording->intervals_count - 1;
    return 0;
}

/* ---- what ---- */

/* Take the sampling of the neighbours in with this one's, while they look alike. */
static void widen(const struct choosing *c, size_t index, struct facts *facts)
{
    const struct recorded_interval *all = c->recording->intervals;
    const struct watch_facts *parts[ALIKE_MOST];
    size_t first = index, count = 0;

    while (first > 0 && index - first < ALIKE_MOST - 1 &&
           all[index].mono_ns - all[first - 1].mono_ns < ALIKE_NS &&
           all[first - 1].segment == all[index].segment && (!c->moment || is_in(c, first - 1)))
        first--;
    for (size_t i = first; i < index; i++) {
        struct interval_facts interval;

        if (is_capture(c->recording, i) ||
            recording_read(c->cursor, i, INTERVAL_TIMELINE, c->arena, &interval, c->err) < 0)
            continue;
        if (look_alike(interval.facts->sampling, facts->sampling))
            parts[count++] = interval.facts->sampling;
        else
            count = 0;
    }
    if (!count)
        return;
    parts[count++] = facts->sampling;
    facts->sampling = ARENA_NEW(c->arena, struct watch_facts);
    watch_merge(c->arena, parts, count, facts->sampling);
}

/* The strip up to an interval. */
static void add_history(struct recording_cursor *cursor, const struct recording *recording, size_t index,
                        struct arena *arena, struct facts *facts)
{
    const struct watch_facts *parts[INTERVAL_TICKS];
    size_t first = index, count = 0;
    struct err ignored;

    while (first > 0 && index - first < INTERVAL_TICKS - 1)
        first--;
    for (size_t i = first; i < index; i++) {
        struct interval_facts interval;

        if (!is_capture(recording, i) &&
            recording_read(cursor, i, INTERVAL_TIMELINE, arena, &interval, &ignored) == 0 &&
            interval.facts->sampling)
            parts[count++] = interval.facts->sampling;
    }
    if (facts->sampling)
        parts[count++] = facts->sampling;
    if (count)
        facts->history = interval_history(arena, parts, count);
}

int recorded_facts_of(struct recording_cursor *cursor, const struct recording *recording, size_t index,
                      struct arena *arena, struct interval_facts *interval, struct err *err)
{
    int r = recording_read(cursor, index, INTERVAL_WHOLE, arena, interval, err);

    if (r == 0)
        add_history(cursor, recording, index, arena, interval->facts);
    return r;
}

/*
 * Whoever records a watch has no more than a sampling, and captures of all when that turns. Of one that was
 * taken at most ALIKE_CAPTURE_NS away, in whatever looks like this interval all the way, the other parts hold
 * here.
 */
static int step_to_capture(const struct choosing *c, size_t index, int step,
                           const struct watch_facts *sampling, size_t *ret_index)
{
    const struct recorded_interval *all = c->recording->intervals;

    for (size_t i = index; i < c->recording->intervals_count; i += (size_t)step) {
        struct interval_facts interval;
        struct arena *passing;
        bool alike;

        if (strcmp(c->recording->segments[all[i].segment].boot,
                   c->recording->segments[all[index].segment].boot) != 0 ||
            (all[i].mono_ns > all[index].mono_ns ? all[i].mono_ns - all[index].mono_ns
                                                 : all[index].mono_ns - all[i].mono_ns) > ALIKE_CAPTURE_NS)
            break;
        if (is_capture(c->recording, i)) {
            *ret_index = i;
            return 0;
        }
        passing = arena_new();
        alike = recording_read(c->cursor, i, INTERVAL_TIMELINE, passing, &interval, c->err) == 0 &&
                look_alike(interval.facts->sampling, sampling);
        arena_free(passing);
        if (!alike)
            break;
    }
    return -ENOENT;
}

static void borrow(const struct choosing *c, size_t index, struct facts *facts)
{
    struct interval_facts capture;
    struct facts own = *facts;
    size_t from;

    if ((step_to_capture(c, index, -1, own.sampling, &from) < 0 &&
         step_to_capture(c, index, 1, own.sampling, &from) < 0) ||
        recording_read(c->cursor, from, INTERVAL_WHOLE, c->arena, &capture, c->err) < 0)
        return;
    *facts = *capture.facts;
    facts->time = own.time;
    facts->elapsed_ms = own.elapsed_ms;
    facts->sampling = own.sampling;
    facts->history = own.history;
}

int recorded_facts_at(struct arena *arena, const struct recording *recording,
                      const struct wall_moment *moment, struct facts *facts, struct err *err)
{
    struct choosing c = {recording, recording_cursor_new(recording), arena, moment, err};
    struct interval_facts interval;
    size_t index = 0;
    int r = moment ? choose(&c, &index) : choose_newest(&c, &index);

    if (r == 0)
        r = recorded_facts_of(c.cursor, recording, index, arena, &interval, err);
    if (r == 0) {
        *facts = *interval.facts;
        if (!interval.is_capture && facts->sampling) {
            widen(&c, index, facts);
            if (!facts->matrix)
                borrow(&c, index, facts);
        }
    }
    recording_cursor_free(c.cursor);
    return r;
}
