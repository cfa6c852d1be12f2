/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_WATCH_RECORD_H
#define K8SDNS_MODEL_WATCH_RECORD_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/watch/watch_facts.h>
#include <k8sdns/wire/dns/dns_message.h>

/*
 * What a watch keeps: counts, histograms and a history for each target, in memory that does not grow with the
 * number of questions. The watcher writes, watch_record_facts() reads.
 */
#define WATCH_TYPES_MAX 16
#define WATCH_STATUSES  (PROBE_ERROR + 1)
/* Response codes up to BADVERS and its neighbours count on their own, all others together. Source: RFC 6895.
 */
#define WATCH_RCODES 25

/* A datagram that is no answer in time. */
enum watch_stray {
    STRAY_LATE,
    STRAY_DUPLICATE,
    STRAY_MISMATCH,
};

/* Counts of one target over a stretch of time. */
struct watch_tally {
    uint64_t sent[WATCH_TYPES_MAX], answered[WATCH_TYPES_MAX], lost[WATCH_TYPES_MAX];
    uint64_t statuses[WATCH_STATUSES], rcodes[WATCH_RCODES], unreachables[UNREACHABLE_KINDS];
    uint64_t bad, strays[STRAY_MISMATCH + 1], longest_streak;
    uint64_t first_bad_ns, last_bad_ns; /* realtime: when these were sent; 0: none was bad */
    uint64_t bad_by_type[WATCH_TYPES_MAX], us_by_type[WATCH_TYPES_MAX]; /* the latter: the sum */
    uint64_t rcodes_by_type[WATCH_TYPES_MAX][WATCH_RCODES];
    struct histogram latency;
};

struct watch_failure {
    bool set;
    struct clock_stamp sent;
    const char *name, *type; /* the caller's, which outlive the record */
    int status;
    int unreachable; /* enum unreachable or -1 */
    char detail[160];
    uint16_t source_port; /* 0: none */
};

struct watch_target {
    const struct target_facts *facts;
    struct watch_tally total, interval;
    uint64_t streak; /* bad ones in a row until now */
    uint32_t serial; /* the newest that it gave; 0: none */
    struct watch_failure first_failure, last_failure;
    char rejected_by[ADDRESS_TEXT]; /* who said first that the port is unreachable; "": nobody */
    struct series series;
};

struct watch_record {
    struct watch_target *targets;
    size_t targets_count;
    const char *types[WATCH_TYPES_MAX];
    size_t types_count;
    int ports;
    uint64_t skipped, skipped_in_interval;
    uint64_t began_ns, interval_began_ns; /* monotonic */
    uint64_t began_real_ns;               /* the former since 1970; 0: nothing was decided yet */
    uint64_t intervals;
};

/* What became of one question. */
struct watch_outcome {
    size_t target, type;
    struct clock_stamp sent;
    int status;
    int rcode;               /* -1: none */
    int unreachable;         /* enum unreachable; -1: no such error came */
    const char *reported_by; /* the address that sent the ICMP error; NULL or "": none did; copied */
    uint64_t rtt_us;         /* SHAPE_UNSET: nothing came */
    const char *name;
    const char *detail; /* or NULL; copied */
    uint16_t source_port;
    size_t candidate;
    uint32_t serial;      /* answer_service_serial() of the answer */
    const uint8_t *bytes; /* of the answer; NULL without, and gone when the call returns */
    size_t bytes_len;
};

void watch_record_init(struct watch_record *record, struct arena *arena, const struct target_facts *targets,
                       size_t targets_count, uint64_t now_ns);
void watch_record_sent(struct watch_record *record, size_t target, size_t type, uint64_t now_ns);
void watch_record_done(struct watch_record *record, const struct watch_outcome *outcome);
void watch_record_stray(struct watch_record *record, size_t target, enum watch_stray kind);
void watch_record_skipped(struct watch_record *record, uint64_t questions);

/* Whether anything was asked since the beginning. */
bool watch_record_has_sent(const struct watch_record *record);

/* Something was asked or decided since the last interval's facts. */
bool watch_record_interval_has_any(const struct watch_record *record);

/* The facts of the interval, which ends with this, or of the whole run. They live in `arena`. */
void watch_record_facts(struct watch_record *record, bool summary, uint64_t now_ns, struct arena *arena,
                        struct watch_facts *ret_facts);

#endif
