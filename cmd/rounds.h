/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_ROUNDS_H
#define K8SDNS_CMD_ROUNDS_H

#include "command.h"

/* One look, or one each interval: for commands that show the change of counters. */
struct round_options {
    uint64_t interval_us; /* 0: one look */
    uint64_t count;       /* 0: until Ctrl-C */
};

/* The rows for a struct round_options that is the `member` of a config. */
#define ROUND_OPTION_ROWS(config, member)                             \
    {.name = "interval",                                              \
     .value = "DURATION",                                             \
     .min = 100000,                                                   \
     .max = UINT64_C(3600000000),                                     \
     OPTION_AT(DURATION, config, member.interval_us),                 \
     .help = "look again and again, and show the change per second"}, \
        COUNT_OPTION_ROW(config, member.count, "with --interval: stop after N (default: on Ctrl-C)")

/*
 * One look: fill `data`, with memory from run->arena. `before` is what was seen `seconds` ago, NULL in the
 * first. Return 0 or a negative errno with a message in run->err.
 */
typedef int round_collect(struct run *run, const void *config, bool first, const void *before, double seconds,
                          void *data);

/*
 * Look as often as asked for, report each but the last, and leave the last in `data`. Return an exit status.
 * The first look is one of those reported when `first_counts`; else it is what the next is compared with.
 */
int rounds_run(struct run *run, const struct round_options *options, round_collect *look, const void *config,
               bool first_counts, void *data) MUST_USE;

#endif
