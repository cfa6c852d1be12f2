/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_RECORD_H
#define K8SDNS_MODEL_LOG_RECORD_H

#include <k8sdns/model/logs/log_event_kind.h>
#include <k8sdns/model/logs/log_events.h>
#include <k8sdns/model/logs/log_pending.h>
#include <k8sdns/model/logs/log_queries.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <k8sdns/wire/logs/log_guess.h>

/*
 * Everything that is counted of CoreDNS's logs, in constant memory however long they are: histograms, the
 * most frequent of names and clients (heavy_hitters.h), fixed tables. What finds no place is counted, and is
 * a fact.
 */

/*
 * From this age on a query without an answer is unanswered. CoreDNS gives up a forward after 6 s at the
 * latest (seen: 1.6.9 to 1.14.7), and the rest of its plugins at once.
 */
#define LOG_UNANSWERED_NS UINT64_C(10000000000)
/* A slow answer; source: the threshold proposed for CoreDNS itself (coredns#4980). */
#define LOG_SLOW_NS UINT64_C(100000000)

#define LOG_PROBES_MAX   256
#define LOG_MESSAGES_MAX 20

struct log_record_options {
    const char *domain; /* the cluster's; NULL: cluster.local */
    uint64_t slow_ns, unanswered_ns;
    const struct log_template *log_template; /* or NULL */
};

/* One probe of the loop plugin: its name is new at each start. */
struct log_probe {
    uint64_t name, client;
    const struct log_source *source;
    bool answered;
};

struct log_record {
    struct arena *arena;
    struct log_record_options options;
    struct log_lines_facts lines;
    uint64_t first_ns, last_ns;
    struct log_queries queries;
    struct log_events events;
    struct log_pending *pending; /* NULL until there is a dump line */
    struct log_probe probes[LOG_PROBES_MAX];
    size_t probes_count;
    struct log_loop_facts loop;
    struct decoded_message *messages;
    size_t messages_count;
    uint64_t messages_total;
    struct log_guess guess; /* lines that may be queries in a format of their own */
};

void log_record_init(struct log_record *record, struct arena *arena,
                     const struct log_record_options *options);

/* Count a line. Return what it is (enum log_line_kind). */
int log_record_add(struct log_record *record, const struct log_entry *entry);

/* Decode the hex that `entry` ends. */
void log_record_decode(struct arena *arena, const struct log_entry *entry, struct decode_facts *ret_facts);

/* What is known by now; `stream` says whose lines they were. The texts are the arena's and the record's. */
void log_record_facts(const struct log_record *record, const struct log_stream *stream, struct arena *arena,
                      struct logs_facts *ret_facts);

/* One line for --lines --json. */
void log_line_facts_make(struct arena *arena, const struct log_entry *entry, int kind,
                         const struct log_template *format, struct log_line_facts *ret_facts);

#endif
