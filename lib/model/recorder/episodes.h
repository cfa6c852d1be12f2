/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_EPISODES_H
#define K8SDNS_MODEL_EPISODES_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/recorder/timeline_facts.h>

/* So many intervals without it do not end an episode: what fails now and then is one. */
#define EPISODE_PAUSE 2

/* What episodes are known by, and how they are told. The texts are copied. */
struct episode_key {
    int kind;
    const char *subject; /* or NULL */
    const char *reason, *text;
    int severity;
};

/* One interval's part of an episode. */
struct episode_part {
    size_t index;            /* of the interval */
    uint64_t from_ns, to_ns; /* by the wall clock */
    uint64_t mono_from_ns, mono_to_ns;
    uint64_t bad, asked; /* unset: nothing of it is counted */
};

struct episode_track {
    struct episode_key key;
    struct episode_part sum; /* from, to, bad, asked of all; index of the last */
    uint64_t intervals;
};

struct episodes {
    struct arena *arena;
    struct episode_track *tracks; /* one for each key; those that run and those that may go on */
    size_t tracks_count;
    struct timeline_episode *ended;
    size_t ended_count;
    uint64_t forgotten;
    size_t break_index; /* no episode goes on over the begin of this interval */
};

/* Parts of one key come in the order of their intervals. */
void episodes_note(struct episodes *episodes, const struct episode_key *key, const struct episode_part *part);

/* All episodes by their beginning; those with a part in `last_index`, the last interval, still stand. */
void episodes_end(struct episodes *episodes, size_t last_index, struct timeline_facts *facts);

#endif
