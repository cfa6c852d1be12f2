/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DNSTAP_TABLE_H
#define K8SDNS_MODEL_DNSTAP_TABLE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/dnstap/dnstap_facts.h>

/*
 * Frames of dnstap, put together into client queries and what became of them.
 *
 * The table holds the queries that are open, and no more of them than it was made for: the oldest is pushed
 * out, and counted. A query is known by its server, the id of its message, its question and its client. What
 * CoreDNS's versions send differs:
 *
 *     version         CLIENT_RESPONSE        FORWARDER_* say                 order of frames
 *     up to 1.8.1     no time of the query   no client, or the client        any
 *     up to 1.14.4    time of the query      the client's address and port   as it happened, but that both
 *     since 1.14.5    time of the query      CoreDNS's own towards upstream  FORWARDER_* come with the answer
 *
 * and FORWARDER_* keep the client's id in all of them. Without messages (`full` is off) there is no id and no
 * question: then clients' addresses and times pair what they can, and forwarder frames of new versions go to
 * the query that was open and came last.
 *
 * Time is the caller's (live), or the frames' own (files), of which one that leaps by more than an hour
 * counts when the next one confirms it.
 */
struct dnstap_table;

#define DNSTAP_SLOTS      65536
#define DNSTAP_SLOTS_MIN  16
#define DNSTAP_SLOTS_MAX  (1 << 20)
#define DNSTAP_TIMEOUT_US 10000000 /* longer than CoreDNS forwards: 6 s at most as seen */
#define DNSTAP_SLOW_US    1000000

struct dnstap_table_options {
    size_t slots;
    uint64_t timeout_us; /* after it a query without an answer is judged */
    uint64_t slow_us;    /* what is slower is an exception; 0: nothing is */
    bool all;            /* tell of all sessions, not of the exceptions alone */
    bool untold;         /* tell of none: only the summary is wanted */
};

/* What its facts point to is in the arena; the slots are not, and go with dnstap_table_free(). */
struct dnstap_table *dnstap_table_new(struct arena *arena, const struct dnstap_table_options *options);
void dnstap_table_free(struct dnstap_table *table);

/*
 * One frame's payload. `peer` names where it came from, for servers that give no identity. `now_us` is the
 * time of arrival since 1970, or 0 to go by the frames' times.
 * Return how many told sessions wait to be taken.
 */
size_t dnstap_table_frame(struct dnstap_table *table, const char *peer, const uint8_t *bytes, size_t len,
                          uint64_t now_us);

/* Judge what is older than the timeout. For live streams, which may be silent. */
void dnstap_table_expire(struct dnstap_table *table, uint64_t now_us);

/*
 * Frames were lost, so that what is open now may never be told to its end: without an answer it is
 * unfinished, and neither the upstream nor the server is blamed.
 */
void dnstap_table_lost(struct dnstap_table *table);

/*
 * The stream is at its end: judge all that is open, as far as can be told. With `stopped` its sender ended it
 * by itself, which CoreDNS does when it has finished: then what is not answered never will be.
 */
void dnstap_table_end(struct dnstap_table *table, bool stopped);

/*
 * The sessions told of since the last time; they last until the next frame. No call adds more of them than
 * there are slots.
 */
size_t dnstap_table_take(struct dnstap_table *table, struct dnstap_session_facts **ret_sessions);

/* What is known so far, into the arena; without `streams`. */
void dnstap_table_facts(const struct dnstap_table *table, struct arena *arena,
                        struct dnstap_facts *ret_facts);

#endif
