/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top_replay.h"
#include "capture_file.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/collect/recorded_facts.h>
#include <k8sdns/source/recorder/recorder.h>
#include <k8sdns/wire/recorder/record_segment.h>
#include <stdio.h>

/* How much faster than it was; an interval a second at first. */
static const unsigned speeds[] = {1, 2, 5, 10, 20, 50, 100};
#define SPEEDS      (sizeof(speeds) / sizeof(speeds[0]))
#define SPEED_FIRST 3
/* An interval is stamped when it is written, soon after the time that it tells. */
#define STAMPED_NS UINT64_C(1000000000)

static bool is_capture(const struct recording *recording, size_t index)
{
    return recording->intervals[index].kind == SEGMENT_CAPTURE;
}

/* The interval that facts of this time are of. */
static size_t find(const struct recording *recording, const char *time)
{
    size_t found = 0;
    uint64_t at_ns;

    if (!time || !clock_parse(time, &at_ns))
        return recording->intervals_count;
    for (size_t i = 0; i < recording->intervals_count; i++)
        if (!is_capture(recording, i) && recording->intervals[i].real_ns <= at_ns + STAMPED_NS)
            found = i;
    return found;
}

struct top_replay *top_replay_new(struct run *run, const struct facts *facts)
{
    struct top_replay *replay = ARENA_NEW(run->arena, struct top_replay);

    replay->cursor = recording_cursor_new(run->recording);
    replay->index = find(run->recording, facts->time);
    replay->speed = SPEED_FIRST;
    return replay;
}

void top_replay_free(struct top_replay *replay)
{
    if (replay)
        recording_cursor_free(replay->cursor);
}

const struct facts *top_replay_step(struct top_replay *replay, struct run *run, bool back,
                                    struct arena *arena, struct err *err)
{
    const struct recording *recording = run->recording;
    size_t index = replay->index;
    struct interval_facts interval;

    do
        index = back ? index - 1 : index + 1;
    while (index < recording->intervals_count && is_capture(recording, index));
    /* Before the first one the number is the largest there is. */
    if (index >= recording->intervals_count) {
        (void)err_set(err, ERR_UNOBSERVED, ENOENT, "this is the %s of the recording",
                      back ? "beginning" : "end");
        return NULL;
    }
    replay->index = index;
    if (recorded_facts_of(replay->cursor, recording, index, arena, &interval, err) < 0)
        return NULL;
    if (capture_take(run, interval.facts) < 0) {
        *err = run->err;
        return NULL;
    }
    return interval.facts;
}

void top_replay_change_speed(struct top_replay *replay, bool faster)
{
    if (faster && replay->speed + 1 < SPEEDS)
        replay->speed++;
    else if (!faster && replay->speed)
        replay->speed--;
}

uint64_t top_replay_us(const struct top_replay *replay)
{
    return RECORDER_INTERVAL_US / speeds[replay->speed];
}

const char *top_replay_words(struct top_replay *replay)
{
    snprintf(replay->words, sizeof(replay->words), "%u x", speeds[replay->speed]);
    return replay->words;
}
