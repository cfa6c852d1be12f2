/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TOP_FLIGHT_RECORDER_H
#define K8SDNS_TOP_FLIGHT_RECORDER_H

#include <k8sdns/collect/collection.h>
#include <k8sdns/diag/threshold.h>
#include <k8sdns/source/recorder/recorder.h>
#include <k8sdns/top/subprocess.h>

/*
 * A recorder on somebody's event loop: it writes what it is given each interval, and when something begins
 * (record_trigger.h) it has everything looked at once, with what the kernel drops meanwhile, in a process of
 * its own, and writes that as a full capture.
 */
struct flight_recorder;

struct flight_recorder_options {
    struct recorder_options recorder;
    const struct collection_options *collection; /* of captures; NULL: none are taken */
    const struct thresholds *thresholds;
    const struct survey *survey; /* its names, and where it looks from; all three must outlive the recorder */
    struct event_base *base;
    /* For whoever has no facts but a sampling: a capture is taken at once, and so long after the last. 0: no.
     */
    uint64_t capture_every_us;
    bool keep_capture;                 /* the last one is kept in memory */
    void (*forked)(void *forked_user); /* in the process of a capture: as in struct subprocess; NULL */
    void *forked_user;
};

/* Return it, or NULL with a message in `err`. Ownership: flight_recorder_free(); NULL is allowed there. */
struct flight_recorder *flight_recorder_new(const struct flight_recorder_options *options, struct err *err);
void flight_recorder_free(struct flight_recorder *recorder);

/*
 * Write an interval. Return 0, or a negative errno with a message when it was dropped, which is no reason to
 * stop: the next one is tried again. interval->time may be NULL: it is now.
 */
int flight_recorder_add(struct flight_recorder *recorder, const struct interval_facts *interval,
                        struct err *err);

/* The last full capture, where it is kept; NULL: none has been taken. It is good until the next call of
 * anything here. */
const struct facts *flight_recorder_capture(const struct flight_recorder *recorder);

/* In a process that was forked by others: as recorder_forked(). Captures of its own need no call. */
void flight_recorder_forked(const struct flight_recorder *recorder);

struct recorder_counts flight_recorder_counts(const struct flight_recorder *recorder);

#endif
