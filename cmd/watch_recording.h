/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_WATCH_RECORDING_H
#define K8SDNS_CMD_WATCH_RECORDING_H

#include "command.h"
#include <k8sdns/model/watch/watch_facts.h>
#include <k8sdns/source/recorder/recorder.h>
#include <k8sdns/top/flight_recorder.h>

/* The recording of a watch: its reports, put together to intervals of ten seconds, and full captures. */
struct watch_recording;

/*
 * `targets`: the watch's own, for the captures. Return it, or NULL with a message in run->err. Ownership:
 * watch_recording_end(); NULL is allowed there.
 */
struct watch_recording *watch_recording_begin(struct run *run, const struct recorder_options *options,
                                              const struct target_options *targets, struct event_base *base);

/* The facts of one report; copied. */
void watch_recording_add(struct watch_recording *recording, const struct watch_facts *facts);

/* Write what is left, and say what could not be written. */
void watch_recording_end(struct watch_recording *recording);

#endif
