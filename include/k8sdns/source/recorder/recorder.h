/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_RECORDER_H
#define K8SDNS_SOURCE_RECORDER_H

#include <k8sdns/base/err.h>
#include <k8sdns/model/recorder/interval_facts.h>
#include <stdint.h>

/*
 * A flight recorder: the facts of each interval go to a folder of bounded size, and survive whatever ends
 * the process. Segments (wire/recorder/record_segment.h) are only appended to, with one write(2) a record,
 * and the oldest one goes first. Each begins with a whole interval and lasts five minutes or a sixteenth of
 * the bound, at most 4 MiB. After a SIGKILL all that recorder_add() has confirmed is there; a power loss
 * takes what the kernel had not written yet (half a minute). Nothing here waits for a disk on purpose (no
 * fsync).
 *
 * A full disk: the oldest segment goes, but no more than was written since, so that whoever else fills the
 * disk cannot bring it to eat itself; then the interval is dropped, counted, and the next one tries again.
 *
 *     struct recorder_options options = {.folder = "/var/lib/k8sdns"};
 *     r = recorder_keep_parse("512M,24h", &options, &err);
 *     r = recorder_open(&options, &recorder, &err);
 *     ... once an interval:
 *     r = recorder_add(recorder, &interval, &err);     (a negative one is no reason to end)
 *     recorder_close(recorder);
 */
struct recorder;

#define RECORDER_INTERVAL_US UINT64_C(10000000)
#define RECORDER_KEEP        "512M,24h"

struct recorder_options {
    const char *folder;  /* made with mode 0700 when it is not there */
    uint64_t keep_bytes; /* the files together are never larger; 0: 512 MiB */
    uint64_t keep_us;    /* what is older goes; 0: a day */
    const char *redact;  /* names and addresses are hidden by this word before they are written; NULL */
};

struct recorder_counts {
    uint64_t intervals, captures; /* written by this recorder */
    uint64_t dropped;             /* not written: the disk was full, or they were too large */
    uint64_t removed;             /* segments */
    uint64_t segments, bytes;     /* that are there now */
};

/*
 * "512M,24h", "512M" or "24h": how much is kept and how long, in any order; what is not named stays as it is.
 * Sizes are in K, M and G of 1024, from 64K on. Return 0, or -EINVAL with a message of kind ERR_USAGE.
 */
int recorder_keep_parse(const char *text, struct recorder_options *options, struct err *err) MUST_USE;

/*
 * Begin to record. What the folder has from before is kept, and never appended to. Return 0, or a negative
 * errno with a message: it cannot be made or written (ERR_OUTPUT), or another recorder has it (-EWOULDBLOCK).
 * Ownership: recorder_close().
 */
int recorder_open(const struct recorder_options *options, struct recorder **ret_recorder,
                  struct err *err) MUST_USE;

/*
 * Write one interval, or one capture (interval->is_capture), stamped with now. Return 0, or a negative errno
 * with a message when it was dropped (-ENOSPC: no room; -EFBIG: larger than half of what is kept).
 */
int recorder_add(struct recorder *recorder, const struct interval_facts *interval, struct err *err) MUST_USE;

struct recorder_counts recorder_counts(const struct recorder *recorder);

/*
 * In a process that was forked: close its files, and touch nothing else. The lock of the folder lasts until
 * all who have it close it, and would keep out whoever begins again after a sudden end.
 */
void recorder_forked(const struct recorder *recorder);

/* NULL is allowed. */
void recorder_close(struct recorder *recorder);

#endif
