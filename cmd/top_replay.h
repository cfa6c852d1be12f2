/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_TOP_REPLAY_H
#define K8SDNS_CMD_TOP_REPLAY_H

#include "command.h"
#include <k8sdns/base/number.h>

/* A recording as it is played: one interval after another, at a speed. */
struct top_replay {
    struct recording_cursor *cursor;
    size_t index; /* of what is shown */
    size_t speed; /* of the table of speeds */
    char words[64];
};

/* Begin where `facts` are of; in run->arena. Ownership: top_replay_free(); NULL is allowed there. */
struct top_replay *top_replay_new(struct run *run, const struct facts *facts);
void top_replay_free(struct top_replay *replay);

/*
 * The facts of the next interval, or with `back` of the one before, in `arena`; NULL: there is none, or it
 * cannot be read, with a message.
 */
const struct facts *top_replay_step(struct top_replay *replay, struct run *run, bool back,
                                    struct arena *arena, struct err *err) MUST_USE;

/* A step slower or faster. */
void top_replay_change_speed(struct top_replay *replay, bool faster);

/* How long an interval is shown, and how that is told: "10 x". */
uint64_t top_replay_us(const struct top_replay *replay);
const char *top_replay_words(struct top_replay *replay);

#endif
