/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_RECORD_SEGMENT_H
#define K8SDNS_WIRE_RECORD_SEGMENT_H

#include <k8sdns/base/text.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A segment of a recording: records one behind another, each with a checksum of its own, so that a file that
 * was cut off or damaged tells up to where it is good. A record is a head of SEGMENT_HEAD_BYTES and JSON that
 * zlib has deflated (RFC 1950). All numbers are little-endian:
 *
 *     0  magic "K8R1"           4  CRC-32 of all that follows, and of the magic
 *     8  kind, three zeros     12  sequence within the segment, from 0
 *    16  bytes of data         20  bytes of the JSON
 *    24  ns since 1970         32  ns since boot
 *    40  data
 *
 * The first record is SEGMENT_BEGIN. Zeros, as a file system leaves after a power loss, are no record.
 */
enum segment_kind {
    SEGMENT_BEGIN,   /* whose recording it is: the boot id */
    SEGMENT_WHOLE,   /* an interval */
    SEGMENT_DELTA,   /* an interval, as what has changed since the WHOLE or DELTA before it (json_delta.h) */
    SEGMENT_CAPTURE, /* a full capture, whole; deltas pass over it */
    SEGMENT_KINDS,
};

#define SEGMENT_HEAD_BYTES 40
/* JSON of more than that is not recorded: a capture of a large cluster has a few megabytes. */
#define SEGMENT_JSON_MAX (16 * 1024 * 1024)

struct segment_record {
    int kind; /* enum segment_kind */
    uint32_t sequence;
    uint64_t real_ns, mono_ns;
    size_t json_len;
    const uint8_t *packed; /* the data, inside the bytes that were read */
    size_t packed_len;
};

/* Add a record of `json` (json_len bytes): of `record` the kind, the sequence and the times count. */
void record_segment_add(struct text *out, const struct segment_record *record, const char *json,
                        size_t json_len);

/*
 * The record at `bytes`. Return how many bytes it takes; 0 when `len` is 0; -1 when there is none that is
 * good, with why in *ret_why ("ends early", "the checksum is wrong", ...).
 */
ssize_t record_segment_read(const uint8_t *bytes, size_t len, struct segment_record *ret_record,
                            const char **ret_why);

/* The JSON of a record into `into`, which has room for record->json_len bytes. Return 0 or -EBADMSG. */
int record_segment_unpack(const struct segment_record *record, char *into) MUST_USE;

/* Put the right checksum into the record at `bytes`, which record_segment_add() made or something like it. */
void record_segment_seal(uint8_t *bytes, size_t len);

#endif
