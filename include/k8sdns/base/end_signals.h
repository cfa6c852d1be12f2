/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_END_SIGNALS_H
#define K8SDNS_BASE_END_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * SIGINT, SIGTERM and SIGHUP while a write waits for a reader who may never come. Whoever takes these signals
 * by an event loop, a signalfd or between pauses does not get to them then: the first one that comes is kept
 * for them, and the second ends the program at once, as it would without them.
 */
struct end_signals {
    struct sigaction before[3];
    sigset_t mask;
    bool is_held[3];
};

/* Signals that end the program anyway, or that are ignored, stay as they are. */
void end_signals_hold(struct end_signals *signals);

/* As before; the one that came meanwhile comes now. */
void end_signals_release(const struct end_signals *signals);

#endif
