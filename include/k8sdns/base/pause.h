/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_PAUSE_H
#define K8SDNS_BASE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

/* Waits between looks, at absolute times so that they do not drift, until someone has enough. */
struct pause {
    uint64_t next_ns, interval_ns; /* monotonic */
};

/* The first wait ends one interval from now. From here on SIGINT, SIGTERM and SIGHUP end a wait, no more. */
void pause_begin(struct pause *pause, uint64_t interval_us);

/* Wait for the next time. Return false when one of these signals came instead. */
bool pause_wait(struct pause *pause);

/* Whether one of these signals has come since pause_begin(), for those who wait in other ways. It is taken.
 */
bool pause_is_enough(void);

/*
 * What is left to do may take its time: from here on one of these signals ends the program at once. Those
 * that have come before are taken, since they meant the end of the waiting.
 */
void pause_end(void);

#endif
