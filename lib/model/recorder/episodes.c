/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "episodes.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/model/recorder/timeline.h>
#include <stdlib.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *time_text(struct arena *arena, uint64_t real_ns)
{
    char time[CLOCK_TEXT];

    return arena_text(arena, clock_format(real_ns, time, sizeof(time)));
}

static void close_track(struct episodes *e, const struct episode_track *track, bool is_last)
{
    const struct episode_part *sum = &track->sum;
    /* What lies between two intervals is over. */
    bool stands = is_last && track->key.kind != TIMELINE_GAP && track->key.kind != TIMELINE_CLOCK;

    if (e->ended_count == TIMELINE_EPISODES_MAX) {
        e->forgotten++;
        return;
    }
    *ARENA_PUSH(e->arena, e->ended, e->ended_count) = (struct timeline_episode){
        .kind = track->key.kind,
        .subject = track->key.subject,
        .reason = track->key.reason,
        .text = track->key.text,
        .severity = track->key.severity,
        .began = time_text(e->arena, sum->from_ns),
        .ended = stands ? NULL : time_text(e->arena, sum->to_ns),
        .lasted_s = (double)(sum->mono_to_ns - sum->mono_from_ns) / 1e9,
        .intervals = track->intervals,
        .bad = sum->bad,
        .asked = sum->asked,
    };
}

static uint64_t added(uint64_t a, uint64_t b)
{
    return a == SHAPE_UNSET || b == SHAPE_UNSET ? SHAPE_UNSET : a + b;
}

static const char *kept(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, text) : NULL;
}

static struct episode_track *track_of(struct episodes *e, const struct episode_key *key)
{
    struct episode_track *track;

    for (size_t i = 0; i < e->tracks_count; i++)
        if (e->tracks[i].key.kind == key->kind && same_text(e->tracks[i].key.reason, key->reason) &&
            same_text(e->tracks[i].key.subject, key->subject))
            return &e->tracks[i];
    track = ARENA_PUSH(e->arena, e->tracks, e->tracks_count);
    track->key = (struct episode_key){.kind = key->kind,
                                      .subject = kept(e->arena, key->subject),
                                      .reason = kept(e->arena, key->reason),
                                      .text = kept(e->arena, key->text),
                                      .severity = key->severity};
    return track;
}

void episodes_note(struct episodes *e, const struct episode_key *key, const struct episode_part *part)
{
    struct episode_track *track = track_of(e, key);
    bool goes_on = track->intervals && part->index - track->sum.index <= EPISODE_PAUSE + 1 &&
                   (track->sum.index >= e->break_index || part->index < e->break_index);

    if (track->intervals && !goes_on) {
        close_track(e, track, false);
        track->intervals = 0;
    }
    if (!track->intervals++) {
        track->sum = *part;
        track->key.severity = key->severity;
        return;
    }
    track->intervals -= part->index == track->sum.index;
    track->sum.index = part->index;
    track->sum.bad = added(track->sum.bad, part->bad);
    track->sum.asked = added(track->sum.asked, part->asked);
    if (part->mono_to_ns > track->sum.mono_to_ns) {
        track->sum.to_ns = part->to_ns;
        track->sum.mono_to_ns = part->mono_to_ns;
    }
    if (key->severity < track->key.severity)
        track->key.severity = key->severity;
}

static int by_begin(const void *a, const void *b)
{
    const struct timeline_episode *x = a, *y = b;
    int order = strcmp(x->began, y->began);

    if (order)
        return order;
    return x->severity != y->severity ? x->severity - y->severity : x->kind - y->kind;
}

void episodes_end(struct episodes *e, size_t last_index, struct timeline_facts *facts)
{
    for (size_t i = 0; i < e->tracks_count; i++)
        if (e->tracks[i].intervals)
            close_track(e, &e->tracks[i], e->tracks[i].sum.index == last_index);
    e->tracks_count = 0;
    if (e->ended_count)
        qsort(e->ended, e->ended_count, sizeof(*e->ended), by_begin);
    facts->episodes = e->ended;
    facts->episodes_count = e->ended_count;
    facts->episodes_forgotten = e->forgotten;
}
