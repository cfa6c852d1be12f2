/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recording_timeline.h"
#include <errno.h>
#include <k8sdns/diag/rule.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <k8sdns/model/recorder/timeline.h>

/* A finding is told by its rule's words: those that were recorded may have been hidden. */
static void name_findings(struct run *run, struct timeline_facts *facts)
{
    for (size_t i = 0; i < facts->episodes_count; i++) {
        struct timeline_episode *e = &facts->episodes[i];
        const struct rule *rule = e->kind == TIMELINE_FINDING ? rule_find(e->reason) : NULL;

        if (rule)
            e->text = cluster_words_expand(run->arena, NULL, rule->title);
    }
}

static void add_damage(struct run *run, const struct recording *recording, struct timeline_facts *facts)
{
    for (size_t i = 0; i < recording->segments_count; i++) {
        const struct recorded_segment *segment = &recording->segments[i];

        if (segment->damage)
            *ARENA_PUSH(run->arena, facts->damage, facts->damage_count) =
                (struct timeline_damage){.file = segment->name,
                                         .why = segment->damage,
                                         .at_byte = segment->good_size,
                                         .lost_bytes = segment->size - segment->good_size};
    }
}

static void read_intervals(struct run *run, const struct recording *recording,
                           const struct wall_moment *window, struct timeline_facts *facts)
{
    struct recording_cursor *cursor = recording_cursor_new(recording);
    struct timeline *timeline = timeline_new(run->arena);
    struct arena *passing = arena_new();

    for (size_t i = 0; i < recording->intervals_count; i++) {
        const struct recorded_interval *at = &recording->intervals[i];
        struct timeline_stamp stamp = {at->real_ns, at->mono_ns, recording->segments[at->segment].boot,
                                       at->step_ms};
        struct interval_facts interval;
        struct err ignored;

        /* By its end: what ended when the window begins is before it. */
        if (at->real_ns <= window->from_ns || at->real_ns > window->to_ns)
            continue;
        arena_reset(passing);
        /* One that is gone was removed by the recorder meanwhile; one that is wrong is counted. */
        switch (recording_read(cursor, i, INTERVAL_TIMELINE, passing, &interval, &ignored)) {
        case 0:
            timeline_add(timeline, &interval, &stamp);
            break;
        case -ENOENT:
            break;
        default:
            facts->unread++;
        }
    }
    arena_free(passing);
    recording_cursor_free(cursor);
    timeline_facts_of(timeline, facts);
}

void recording_timeline(struct run *run, const struct recording *recording, const struct wall_moment *window,
                        struct timeline_facts *facts)
{
    facts->folder = recording->folder;
    add_damage(run, recording, facts);
    read_intervals(run, recording, window, facts);
    name_findings(run, facts);
}
