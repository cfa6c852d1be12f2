/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_RECORD_READER_H
#define K8SDNS_SOURCE_RECORD_READER_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/recorder/interval_facts.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What recorder.h wrote, whoever still writes to it. Each segment is read up to its first damaged record; the
 * rest of it is left out and named, and all others are read. What follows each other is in the order in which
 * it was written, whatever the wall clock said.
 */
struct recorded_segment {
    uint64_t number;
    const char *name; /* of the file */
    const char *boot; /* the kernel's boot id; "" when it is not known */
    size_t intervals; /* good ones, captures included */
    uint64_t size, good_size;
    const char *damage; /* why it was left at good_size; NULL: it is whole */
};

struct recorded_interval {
    size_t segment;
    int kind;                  /* enum segment_kind: WHOLE, DELTA or CAPTURE */
    uint64_t real_ns, mono_ns; /* when it was written */
    int64_t step_ms;           /* so far the wall clock was set since the one before, in the same boot; 0 */
    uint64_t offset;           /* in its file */
};

struct recording {
    const char *folder;
    struct recorded_segment *segments;
    size_t segments_count, damaged;
    struct recorded_interval *intervals; /* with captures, as written */
    size_t intervals_count;
};

/*
 * Look through a folder. Return 0, or a negative errno with a message: it cannot be opened (ERR_INPUT), or
 * holds no segment (ERR_FORMAT). A recording without a good interval is one without intervals. All lives in
 * `arena`.
 */
int recording_open(struct arena *arena, const char *folder, struct recording *ret_recording,
                   struct err *err) MUST_USE;

/* Whether a path is a folder, which `--from` then takes for a recording. */
bool recording_is_at(const char *path);

/* Reads intervals; one after another is fast, since most are deltas. */
struct recording_cursor;
struct recording_cursor *recording_cursor_new(const struct recording *recording);
void recording_cursor_free(struct recording_cursor *cursor);

/*
 * Interval `index` into `arena`. Return 0, or a negative errno with a message: the recorder has removed it
 * meanwhile (-ENOENT), or it is not of its format (-EBADMSG).
 */
int recording_read(struct recording_cursor *cursor, size_t index, enum interval_parts parts,
                   struct arena *arena, struct interval_facts *ret_interval, struct err *err) MUST_USE;

#endif
